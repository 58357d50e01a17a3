"""An origin that cannot be asked anew: a folder, a USB stick, or the data of a pack wheel.

Such a medium was fresh when it was made and never will be again, so its expired timestamp is recorded and shown, not
enforced. Everything else counts: signatures, the ledger's floors, and the revocations known here. python-tuf's
client has no way to ask for that, therefore the documents are collected here and verified by `verify_chain`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tuf.api.exceptions import DownloadError
from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from qie_hub.errors import MissingEverywhere, MixAndMatch, NotFound
from qie_hub.trust import chain
from qie_hub.trust.faults import translate
from qie_hub.trust.fetcher import Fetcher
from qie_hub.trust.origins import Origin

ROLE_LIMIT: Final = 5_000_000
"""Bytes; python-tuf's own cap for a targets role."""


def read_bundle(
    fetcher: Fetcher, base: str, root: bytes, choose: Callable[[tuple[str, ...]], Origin]
) -> tuple[Origin, dict[str, bytes]]:
    """Collect the documents of a bundle, unverified, in the order of the TUF specification.

    Raises:
        QieHubError: a document is absent or malformed.
    """
    files = _roots(fetcher, base, root)
    files["timestamp.json"] = _read(fetcher, f"{base}/metadata/timestamp.json", "timestamp")
    timestamp = chain.parse(Timestamp, files["timestamp.json"], "timestamp").signed
    files["snapshot.json"] = _role(fetcher, base, "snapshot", timestamp.snapshot_meta.version)
    snapshot = chain.parse(Snapshot, files["snapshot.json"], "snapshot").signed
    files["targets.json"] = _listed(fetcher, base, "targets", snapshot)
    delegated = chain.delegated(chain.parse(Targets, files["targets.json"], "targets").signed)
    origin = choose(delegated)
    for publisher in origin.publishers:
        if publisher in delegated:
            with suppress(MissingEverywhere):  # a medium may carry some publishers' packs only
                files[chain.role_file(publisher)] = _listed(fetcher, base, publisher, snapshot)
    return origin, files


def _roots(fetcher: Fetcher, base: str, root: bytes) -> dict[str, bytes]:
    version = chain.parse(Root, root, "root").signed.version
    files: dict[str, bytes] = {}
    for number in range(version + 1, version + chain.MAX_ROOTS):
        try:
            files[f"{number}.root.json"] = fetcher.read(f"{base}/metadata/{number}.root.json", ROLE_LIMIT)
        except NotFound:
            break
        except DownloadError as error:
            raise translate(error, role="root", url=fetcher.url) from error
    return files


def _listed(fetcher: Fetcher, base: str, role: str, snapshot: Snapshot) -> bytes:
    meta = snapshot.meta.get(f"{role}.json")
    if meta is None:
        raise MixAndMatch(role=role, got=None, detail="not part of the snapshot")
    return _role(fetcher, base, role, meta.version)


def _role(fetcher: Fetcher, base: str, role: str, version: int) -> bytes:
    return _read(fetcher, f"{base}/metadata/{version}.{role}.json", role)


def _read(fetcher: Fetcher, url: str, role: str) -> bytes:
    try:
        return fetcher.download_bytes(url, ROLE_LIMIT)
    except DownloadError as error:
        raise translate(error, role=role, url=url) from error
