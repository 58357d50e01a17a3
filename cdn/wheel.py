"""Pack wheels: an origin as a Python package, so that two ``pip install``s and no network give a working editor.

The wheel holds a folder in the CDN's layout (the chosen packs and the proof of them) and declares it under the entry
point group ``qie_hub.origins``. It is data: its only code is the function that says where the folder is. The same
origin folder gives the same wheel, byte for byte.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cdn.selection import Published
from qie_hub.errors import PublishError, UsageError
from qie_hub.formats.index import DEFAULT_CHANNEL
from qie_hub.formats.manifest import Manifest
from qie_hub.packref import PackRef

GROUP: Final = "qie_hub.origins"
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every member: the earliest that a zip can hold."""

_MODULE: Final = '''"""The pack {ref} as an origin of qie_hub: signed files, no code. Made by `python -m cdn wheel`."""

from pathlib import Path

ROOT_SHA256 = "{fingerprint}"


def origin() -> dict[str, object]:
    """Say where the origin's folder is and which root it is trusted by."""
    folder = Path(__file__).resolve().parent / "origin"
    return {{
        "api": 1,
        "name": "{name}",
        "path": str(folder),
        "url": folder.as_uri(),
        "root_sha256": ROOT_SHA256,
    }}
'''


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a wheel."""

    name: str
    data: bytes | Path

    def read(self) -> bytes:
        """Its bytes."""
        return self.data.read_bytes() if isinstance(self.data, Path) else self.data


def pack_wheel(origin: Path, publisher: str, wanted: PackRef, folder: Path) -> Path:
    """Write the wheel of a pack of a published origin into ``folder`` and return its path.

    Args:
        origin: a published folder, verified.
        publisher: whose pack.
        wanted: name, and optionally one resolution, a version or a channel.
        folder: where the wheel goes.

    Raises:
        NotFound: no such pack.
        UsageError: hint WHEEL_VERSION; the channel offers another version, so nobody could install this one by name.
    """
    state = Published(origin)
    rows = state.rows(publisher, wanted)
    channel = wanted.channel or DEFAULT_CHANNEL
    offered = state.index(publisher).channels.get(wanted.name, {}).get(channel)
    if rows[0].version != offered:
        raise UsageError(hint="WHEEL_VERSION", ref=str(rows[0].ref), channel=channel, offered=str(offered))
    manifests = [state.manifest(row) for row in rows]
    module = f"qie_hub_pack_{wanted.name.replace('-', '_')}"
    fingerprint = hashlib.sha256((origin / "metadata" / "1.root.json").read_bytes()).hexdigest()
    text = _MODULE.format(ref=f"{publisher}/{wanted.name}", name=module.replace("_", "-"), fingerprint=fingerprint)
    members = [Member(f"{module}/__init__.py", text.encode())]
    members += [Member(f"{module}/origin/{name}", origin / name) for name in state.names_for(rows)]
    texts = dict(_licence_texts(origin, manifests))
    return write_wheel(folder, module, str(rows[0].version), members, _facts(manifests[0], module), texts)


def write_wheel(
    folder: Path, module: str, version: str, members: Sequence[Member], facts: Mapping[str, Sequence[str]],
    licences: Mapping[str, bytes],
) -> Path:  # fmt: skip
    """Write a pure wheel: the members, then ``dist-info`` with RECORD last.

    Args:
        folder: where it goes.
        module: the distribution's name with underscores; its entry point is ``<module>:origin``.
        version: of the distribution.
        members: its files.
        facts: further METADATA headers.
        licences: licence files by name.
    """
    info = f"{module}-{version}.dist-info"
    headers = {"Metadata-Version": ["2.4"], "Name": [module.replace("_", "-")], "Version": [version], **facts}
    headers["License-File"] = sorted(licences)
    every = [
        *members,
        *(Member(f"{info}/licenses/{name}", data) for name, data in sorted(licences.items())),
        Member(f"{info}/METADATA", _headers(headers)),
        Member(f"{info}/WHEEL", _headers({
            "Wheel-Version": ["1.0"], "Generator": ["qie_hub"], "Root-Is-Purelib": ["true"], "Tag": ["py3-none-any"],
        })),
        Member(f"{info}/entry_points.txt", f"[{GROUP}]\n{module.replace('_', '-')} = {module}:origin\n".encode()),
    ]  # fmt: skip
    goal = folder / f"{module}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    temp = goal.with_suffix(".part")
    with zipfile.ZipFile(temp, "w", zipfile.ZIP_STORED) as archive:
        rows = [_add(archive, member.name, member.read()) for member in every]
        record = f"{info}/RECORD"
        _add(archive, record, "".join([*rows, f"{record},,\n"]).encode())
    temp.replace(goal)
    return goal


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> str:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def _headers(headers: Mapping[str, Sequence[str]]) -> bytes:
    return "".join(f"{name}: {value}\n" for name, values in headers.items() for value in values).encode()


def _facts(manifest: Manifest, module: str) -> dict[str, list[str]]:
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    facts = {"Summary": [manifest.title.get("en", module)], "Requires-Dist": ["qie-hub"], "Requires-Python": [">=3.11"]}
    expression = " AND ".join(sorted({licence.id for licence in manifest.licences}))
    try:
        return {**facts, "License-Expression": [str(canonicalize_license_expression(expression))]}
    except InvalidLicenseExpression:  # an id that SPDX does not know: the licence files say it all
        return facts


def _licence_texts(origin: Path, manifests: Sequence[Manifest]) -> Iterator[tuple[str, bytes]]:
    for manifest in manifests:
        for licence in manifest.licences:
            file = manifest.file(licence.text)
            if file.index is not None:
                raise PublishError(hint="LICENCE_TOO_LONG", path=file.path)
            yield Path(file.path).name, (origin / f"o/sha256/{file.sha256.fan_out}").read_bytes()
