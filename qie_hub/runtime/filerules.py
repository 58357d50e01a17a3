"""What files beside graphs may look like. Pure: bytes in, issues out.

JSON here may hold floats (model configurations do), unlike signed documents; everything that could be read in two
ways is refused all the same.
"""

from __future__ import annotations

import json
import struct
from math import prod
from typing import Any, Final, NoReturn

MAX_TEXT: Final = 64 << 20
MAX_DEPTH: Final = 32
MAX_PIXELS: Final = 1 << 24
MAX_HEADER: Final = 16 << 20
_INT64: Final = range(-(1 << 63), 1 << 63)
_FONTS: Final = (b"OTTO", b"\0\1\0\0", b"true")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SIZES: Final = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip


def text_issues(data: memoryview) -> list[str]:
    """UTF-8 text without NUL, of bounded size."""
    if len(data) > MAX_TEXT:
        return [f"more than {MAX_TEXT} bytes of text"]
    try:
        text = bytes(data).decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"not UTF-8: {error.reason} at byte {error.start}"]
    return ["holds a NUL character"] if "\0" in text else []


def json_issues(data: memoryview) -> list[str]:
    """Strict JSON: UTF-8, no duplicate keys, no NaN or infinity, integers within int64, bounded depth and size."""
    return strict_json(bytes(data))[1] if len(data) <= MAX_TEXT else [f"more than {MAX_TEXT} bytes of JSON"]


def strict_json(data: bytes) -> tuple[Any, list[str]]:
    """The value and the issues; the value is None if there are any."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        return None, [f"not strict JSON: {error}"]
    problem = _value_problem(value, 0)
    return (value, []) if problem is None else (None, [f"not strict JSON: {problem}"])


def font_issues(data: memoryview) -> list[str]:
    """An OpenType or TrueType font whose table directory stays inside the file."""
    if len(data) < 12 or bytes(data[:4]) not in _FONTS:
        return ["not an OpenType or TrueType font"]
    tables = struct.unpack_from(">H", data, 4)[0]
    if not tables or 12 + 16 * tables > len(data):
        return ["the font's table directory is cut short"]
    for number in range(tables):
        offset, length = struct.unpack_from(">II", data, 12 + 16 * number + 8)
        if offset + length > len(data):
            return [f"font table {number} reaches beyond the file"]
    return []


def png_issues(data: memoryview) -> list[str]:
    """A PNG picture whose header states a bounded size."""
    if len(data) < 33 or bytes(data[:8]) != _PNG or bytes(data[12:16]) != b"IHDR":
        return ["not a PNG picture"]
    width, height = struct.unpack_from(">II", data, 16)
    if not width or not height or width * height > MAX_PIXELS:
        return [f"a picture of {width} x {height} pixels exceeds {MAX_PIXELS}"]
    return []


def safetensors_issues(data: memoryview) -> list[str]:
    """A safetensors file: strict JSON header, tensors that fill the rest exactly, in order, without overlap."""
    if len(data) < 8:
        return ["cut short"]
    size = struct.unpack_from("<Q", data)[0]
    if size > MAX_HEADER or 8 + size > len(data):
        return [f"a header of {size} bytes does not fit"]
    header, issues = strict_json(bytes(data[8 : 8 + size]))
    if issues or not isinstance(header, dict):
        return issues or ["the header is not an object"]
    header.pop("__metadata__", None)
    spans = []
    for name, entry in header.items():
        span = _span(entry)
        if span is None:
            issues.append(f"tensor {name!r:.100}: type, shape and offsets do not agree")
        else:
            spans.append(span)
    at = 0
    for start, stop in sorted(spans):
        if start != at:
            issues.append(f"bytes {at} to {start} belong to no tensor or to two")
        at = stop
    if at != len(data) - 8 - size:
        issues.append(f"the tensors end at {at}, the file at {len(data) - 8 - size}")
    return issues


def _span(entry: object) -> tuple[int, int] | None:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        return None
    width, shape, offsets = _SIZES.get(str(entry["dtype"])), entry["shape"], entry["data_offsets"]
    if width is None or not _counts(shape) or not _counts(offsets) or len(offsets) != 2:
        return None
    start, stop = offsets
    return (start, stop) if stop - start == width * prod(shape) else None


def _counts(value: object) -> bool:
    return isinstance(value, list) and len(value) <= 16 and all(type(item) is int and item >= 0 for item in value)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _value_problem(value: object, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"nested deeper than {MAX_DEPTH}"
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return next((problem for item in value if (problem := _value_problem(item, depth + 1))), None)
    if type(value) is int and value not in _INT64:
        return "an integer beyond 64 bits"
    if isinstance(value, float) and abs(value) == float("inf"):
        return "a number beyond the range of floats"
    return None
