"""Canonical JSON: one value, one byte string.

Rules (docs/format.md): UTF-8, keys sorted by code point, no white space, no floats, integers within int64, no NaN,
nothing escaped that need not be. The reader is strict about what could be read in two ways: duplicate keys, other
encodings, numbers out of range, deep nesting, halves of surrogate pairs are refused.

Example::

    dumps({"b": 1, "a": "价"})  # b'{"a":"价","b":1}'
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from qie_hub.errors import FormatError

MAX_DEPTH: Final = 32
MAX_BYTES: Final = 4 << 20
_INT64: Final = range(-(1 << 63), 1 << 63)


def dumps(value: object) -> bytes:
    """Write ``value`` canonically.

    Raises:
        FormatError: the value holds a float, a foreign type or an integer beyond int64.
    """
    _check(value, "$", 0)
    return _encode(value)


def loads(data: bytes, *, what: str, limit: int = MAX_BYTES) -> Any:
    """Read strict JSON, canonical or not (signatures cover bytes, so the form need not be canonical).

    Raises:
        FormatError: with ``what`` and the issue.
    """
    if len(data) > limit:
        raise FormatError(what=what, issues=[f"{len(data)} bytes, more than the {limit} allowed"])
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise FormatError(what=what, issues=[f"not strict JSON: {error}"]) from None
    try:
        _check(value, "$", 0)
        if b"\\u" in data:
            _encode(value)
    except FormatError as error:
        raise FormatError(what=what, issues=error.data["issues"]) from None
    return value


def _encode(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # JSON can escape what UTF-8 cannot write
        raise FormatError(what="json", issues=["half of a surrogate pair in a text"]) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"a number that is not an integer: {text:.40}")


def _check(value: object, path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise FormatError(what="json", issues=[f"{path:.200}: nested deeper than {MAX_DEPTH}"])
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise FormatError(what="json", issues=[f"{path:.200}: key is not a text"])
            _check(item, f"{path}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            _check(item, f"{path}[{position}]", depth + 1)
    elif isinstance(value, int) and not isinstance(value, bool):
        if value not in _INT64:
            raise FormatError(what="json", issues=[f"{path:.200}: integer beyond 64 bits"])
    elif value is not None and not isinstance(value, str | bool):
        raise FormatError(what="json", issues=[f"{path:.200}: {type(value).__name__} is not allowed"])
