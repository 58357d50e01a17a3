"""Values that a person sets in place of what was detected, and device files.

Invariants: an override always wins, also with "unknown"; a malformed one is refused with the field, what stood
there and what would do, before any probe runs.

Example::

    parse({"memory_effective": "4GiB", "isa": "avx2,fma", "accelerators": "none", "battery": "unknown"})
    # {'memory_effective': 4294967296, 'isa': ('avx2', 'fma'), 'accelerators': (), 'battery': None}
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from qie_hub.errors import FormatError, SettingsError
from qie_hub.formats.device import KINDS, SCHEMA, THERMAL, DeviceProfile, Kind

UNKNOWN: Final = "unknown"
WANTED: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "a text of at most 200 characters",
    Kind.BYTES: "bytes, as 4GiB, 512MB or 1000000",
    Kind.COUNT: "a whole number",
    Kind.PERMILLE: "a whole number from 0 to 1000",
    Kind.TRUTH: "true or false",
    Kind.TEXTS: "names with commas between them, or none",
    Kind.ACCELERATORS: "none, or a JSON list of objects as in a device file",
}
_TRUTHS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_SIZE = re.compile(r"(\d{1,15})(?:\.(\d{1,3}))?\s*(?:([kmgt])(i?)b?|b)?\Z", re.IGNORECASE)


def parse(overrides: Mapping[str, str]) -> dict[str, Any]:
    """Turn texts into values of the fields of `DeviceProfile`.

    Raises:
        SettingsError: an unknown field (``closest`` offers names) or a malformed value.
    """
    values: dict[str, Any] = {}
    for name, text in overrides.items():
        kind = KINDS.get(name)
        if kind is None:
            closest = difflib.get_close_matches(name, KINDS, 3, 0.3)
            raise SettingsError(hint="DEVICE_FIELD", field=name, closest=closest)
        try:
            values[name] = None if text.strip().lower() == UNKNOWN else _parser(name, kind)(text.strip())
        except (ValueError, FormatError):
            wanted = f"one of {', '.join(THERMAL)}" if name == "thermal" else WANTED[kind]
            raise SettingsError(hint="DEVICE_OVERRIDE", field=name, text=text[:200], wanted=wanted) from None
    return values


def load(path: Path) -> DeviceProfile:
    """Read a device file: the whole device, so that what the file leaves out is unknown, not this machine's.

    Raises:
        SettingsError: no such file, not a device report, or one of a newer schema.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(hint="DEVICE_FILE", path=str(path), problem=error.strerror or str(error)) from None
    schema = _schema(data)
    if schema is not None and schema > SCHEMA:
        raise SettingsError(hint="DEVICE_FILE_NEWER", path=str(path), schema=schema, known=SCHEMA)
    try:
        profile = DeviceProfile.from_bytes(data)
    except FormatError as error:
        raise SettingsError(hint="DEVICE_FILE_FORMAT", path=str(path), issues=error.data["issues"]) from None
    known = {name for name in KINDS if getattr(profile, name) is not None}
    return profile.with_values({name: getattr(profile, name) for name in known - set(profile.sources)}, "file")


def size(text: str) -> int:
    """Read bytes: ``4GiB`` (binary with the i), ``4GB`` or ``4G`` (decimal), ``1.5GiB``, ``123``.

    Raises:
        ValueError: anything else.
    """
    match = _SIZE.match(text)
    if match is None:
        raise ValueError(text)
    whole, fraction, unit, binary = match.groups()
    factor = (1024 if binary else 1000) ** (" kmgt".index(unit.lower()) if unit else 0)
    scale = 10 ** len(fraction or "")
    return int(int(whole + (fraction or "")) * factor // scale)


def _schema(data: bytes) -> int | None:
    try:
        document = json.loads(data)
    except ValueError:
        return None
    schema = document.get("schema") if isinstance(document, dict) else None
    return schema if isinstance(schema, int) else None


def _parser(name: str, kind: Kind) -> Callable[[str], Any]:
    return _thermal if name == "thermal" else _PARSERS[kind]


def _thermal(text: str) -> str:
    if text not in THERMAL:
        raise ValueError(text)
    return text


def _text(text: str) -> str:
    if not text or len(text) > 200:
        raise ValueError(text)
    return text


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise ValueError(text)
    return _TRUTHS[text.lower()]


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise ValueError(text)
    return int(text)


def _permille(text: str) -> int:
    number = _count(text)
    if number > 1000:
        raise ValueError(text)
    return number


def _texts(text: str) -> tuple[str, ...]:
    return () if text.lower() == "none" else tuple(part.strip() for part in text.split(",") if part.strip())


def _accelerators(text: str) -> Any:
    if text.lower() == "none":
        return ()
    document = b'{"schema":1,"accelerators":' + text.encode() + b"}"
    return DeviceProfile.from_bytes(document).accelerators


_PARSERS: Final[Mapping[Kind, Callable[[str], Any]]] = {
    Kind.TEXT: _text,
    Kind.BYTES: size,
    Kind.COUNT: _count,
    Kind.PERMILLE: _permille,
    Kind.TRUTH: _truth,
    Kind.TEXTS: _texts,
    Kind.ACCELERATORS: _accelerators,
}
