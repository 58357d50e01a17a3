"""The documents of a proof bundle as the files of an origin: what a bundle on a USB stick serves.

Pure: names and bytes in, paths and bytes out. Nothing is verified here; whoever reads the bundle does that.

Example::

    dict(metadata_paths(proof))  # {'metadata/1.root.json': ..., 'metadata/timestamp.json': ..., ...}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from tuf.api.metadata import Snapshot, Targets, Timestamp

from qie_hub.digest import Digest
from qie_hub.packref import PackRef
from qie_hub.trust import chain
from qie_hub.trust.proof import target_path

FIRST_ROOT: Final = re.compile(r"([1-9][0-9]{0,5})\.root\.json\Z")
_ROLE = re.compile(r"role\.(.+)\.json\Z")


def metadata_paths(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield each metadata document with its path below an origin; ``timestamp.json`` comes last.

    Raises:
        FormatError: a document is not TUF metadata.
    """
    for name, data in files.items():
        if FIRST_ROOT.match(name):
            yield f"metadata/{name}", data
    snapshot = chain.parse(Snapshot, files["snapshot.json"], "snapshot").signed
    yield f"metadata/{snapshot.version}.snapshot.json", files["snapshot.json"]
    for name, data in files.items():
        match = _ROLE.match(name)
        role = match[1] if match else "targets" if name == "targets.json" else None
        if role is not None:
            yield f"metadata/{snapshot.meta[f'{role}.json'].version}.{role}.json", data
    yield "metadata/timestamp.json", files["timestamp.json"]


def timestamp_version(files: Mapping[str, bytes]) -> int:
    """How new the documents are.

    Raises:
        FormatError: the timestamp is not one.
    """
    return int(chain.parse(Timestamp, files["timestamp.json"], "timestamp").signed.version)


def lists(files: Mapping[str, bytes], publisher: str, ref: PackRef, manifest: Digest) -> bool:
    """Whether the publisher's role in these documents states exactly this manifest.

    Raises:
        FormatError: the role is not one.
    """
    data = files.get(chain.role_file(publisher))
    if data is None:
        return False
    target = chain.parse(Targets, data, publisher).signed.targets.get(target_path(ref))
    return target is not None and target.hashes.get("sha256") == manifest.hex


def first_root(files: Mapping[str, bytes]) -> tuple[int, bytes]:
    """The lowest root and its version."""
    versions = sorted(int(match[1]) for match in map(FIRST_ROOT.match, files) if match)
    return versions[0], files[f"{versions[0]}.root.json"]
