"""Tiny ONNX models as bytes, without the onnx package: what a probe needs must not need a publisher's tools.

Only the messages and field numbers of onnx.proto3 that the probes use are written here (ModelProto, GraphProto,
NodeProto, AttributeProto, TensorProto, ValueInfoProto). Pure.

Example::

    model([node("Relu", ("x",), ("y",))], inputs=[value("x", FLOAT, (1, 4))], outputs=[value("y", FLOAT, (1, 4))])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

FLOAT: Final = 1
UINT8: Final = 2
INT8: Final = 3
INT32: Final = 6
_IR_VERSION: Final = 8
_OPSET: Final = 17
_INT, _INTS = 2, 7


def model(
    nodes: Sequence[bytes], *, inputs: Sequence[bytes], outputs: Sequence[bytes], weights: Sequence[bytes] = ()
) -> bytes:
    """Return a ModelProto of IR 8, opset 17: old enough for every supported runtime."""
    graph = b"".join(
        [_block(1, item) for item in nodes]
        + [_block(2, b"probe")]
        + [_block(5, item) for item in weights]
        + [_block(11, item) for item in inputs]
        + [_block(12, item) for item in outputs]
    )
    opset = _block(1, b"") + _number(2, _OPSET)
    return _number(1, _IR_VERSION) + _block(2, b"qie_hub") + _block(7, graph) + _block(8, opset)


def node(
    kind: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    attributes: Mapping[str, int | Sequence[int]] | None = None,
) -> bytes:
    """Return a NodeProto with integer attributes."""
    parts = [_block(1, name.encode()) for name in inputs] + [_block(2, name.encode()) for name in outputs]
    parts += [_block(3, f"{kind}_{outputs[0]}".encode()), _block(4, kind.encode())]
    parts += [_block(5, _attribute(name, given)) for name, given in (attributes or {}).items()]
    return b"".join(parts)


def tensor(name: str, kind: int, shape: Sequence[int], raw: bytes) -> bytes:
    """Return a TensorProto from little-endian raw data."""
    return b"".join([*(_number(1, size) for size in shape), _number(2, kind), _block(8, name.encode()), _block(9, raw)])


def value(name: str, kind: int, shape: Sequence[int]) -> bytes:
    """Return a ValueInfoProto of a dense tensor with a fixed shape."""
    dims = b"".join(_block(1, _number(1, size)) for size in shape)
    return _block(1, name.encode()) + _block(2, _block(1, _number(1, kind) + _block(2, dims)))


def _attribute(name: str, given: int | Sequence[int]) -> bytes:
    if isinstance(given, int):
        return _block(1, name.encode()) + _number(3, given) + _number(20, _INT)
    return _block(1, name.encode()) + b"".join(_number(8, item) for item in given) + _number(20, _INTS)


def _number(field: int, given: int) -> bytes:
    return _varint(field << 3) + _varint(given)


def _block(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(given: int) -> bytes:
    out = bytearray()
    while given > 0x7F:
        out.append(given & 0x7F | 0x80)
        given >>= 7
    return bytes([*out, given])
