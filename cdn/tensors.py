"""Where the tensors of a weights file lie, so that chunks can be cut at their edges.

Three layouts are known: safetensors (a JSON header with offsets), ONNX external data (offsets in the .onnx beside the
file) and ONNX with its weights inside (the protobuf wire format is walked over a memory map, nothing is decoded).
Everything else has no known tensors, and so does a file that only pretends: cutting is a matter of reuse, never of
correctness, so a malformed header means "no tensors" and not an error.
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

MAX_HEADER: Final = 100 << 20

# Field numbers of onnx.proto: ModelProto.graph, GraphProto.initializer, TensorProto.name, .raw_data
_GRAPH, _INITIALIZER, _NAME, _RAW_DATA = 7, 5, 8, 9
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One tensor's bytes within a file: start and stop (half-open), and the tensor's name."""

    start: int
    stop: int
    name: str


def spans_of(path: Path, graphs: Sequence[Path] = ()) -> tuple[Span, ...]:
    """Return the tensors of a file in file order, without overlaps.

    Args:
        path: the weights file.
        graphs: .onnx files that may name ``path`` as their external data.
    """
    size = path.stat().st_size
    if path.suffix == ".safetensors":
        found = _safetensors(path)
    elif path.suffix == ".onnx":
        found = _embedded(path)
    else:
        found = [span for graph in graphs for span in _external(graph, path)]
    return tuple(_apart(sorted(set(found)), size))


def _apart(spans: Sequence[Span], size: int) -> Iterator[Span]:
    """Drop what is empty, overlaps its predecessor (shared tensors) or lies outside the file."""
    at = 0
    for span in spans:
        if at <= span.start < span.stop <= size:
            yield span
            at = span.stop


def _safetensors(path: Path) -> list[Span]:
    with path.open("rb") as stream:
        head = stream.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else MAX_HEADER + 1
        if length > MAX_HEADER:
            return []
        try:
            table = json.loads(stream.read(length))
            rows = [(name, row["data_offsets"]) for name, row in table.items() if name != "__metadata__"]
            return [Span(8 + length + int(start), 8 + length + int(stop), name) for name, (start, stop) in rows]
        except (ValueError, TypeError, KeyError, AttributeError):
            return []


def _external(graph: Path, weights: Path) -> Iterator[Span]:
    import onnx
    from onnx.external_data_helper import uses_external_data

    model = onnx.load(str(graph), load_external_data=False)
    for tensor in model.graph.initializer:
        if not uses_external_data(tensor):
            continue
        facts = {entry.key: entry.value for entry in tensor.external_data}
        if (graph.parent / facts.get("location", "")) == weights and "length" in facts:
            start = int(facts.get("offset", "0"))
            yield Span(start, start + int(facts["length"]), tensor.name)


def _embedded(path: Path) -> list[Span]:
    if path.stat().st_size == 0:
        return []
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return list(_initializers(data))
        except (IndexError, ValueError):
            return []


def _initializers(data: Any) -> Iterator[Span]:
    for number, start, stop in _fields(data, 0, len(data)):
        if number != _GRAPH:
            continue
        for inner, first, last in _fields(data, start, stop):
            if inner == _INITIALIZER:
                yield from _tensor(data, first, last)


def _tensor(data: Any, start: int, stop: int) -> Iterator[Span]:
    parts = {number: (first, last) for number, first, last in _fields(data, start, stop)}
    if _RAW_DATA in parts:
        first, last = parts.get(_NAME, (0, 0))
        yield Span(*parts[_RAW_DATA], bytes(data[first:last]).decode("utf-8", "replace"))


def _fields(data: Any, at: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Yield (field number, start, stop) of every length-delimited field of one message."""
    while at < stop:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            _, at = _varint(data, at)
        elif wire == _BYTES:
            length, at = _varint(data, at)
            if at + length > stop:
                raise ValueError("a field is longer than its message")
            yield number, at, at + length
            at += length
        elif wire in (_FIXED64, _FIXED32):
            at += 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: Any, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a varint of more than 64 bits")
