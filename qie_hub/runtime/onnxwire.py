"""Reads an .onnx file's protobuf wire format by our own rules, without the onnx package.

Whoever decides what may run must see everything that the runtime will see. Invariants of what `read` accepts:

* only fields of the table below; a field that this reader does not know, or that a pack has no use for (training,
  local functions, device placement), is refused, so that a newer runtime cannot find something in it;
* a singular field at most once: protobuf would merge or overwrite a second one, and two readers might differ;
* wire types as the schema has them, no groups, varints of at most 10 bytes, at most 64 levels, at most a million
  messages.

Byte strings stay views of the mapped file, so a graph of gigabytes costs only its structure.

Example::

    model = read(memoryview(data))
    [graph] = model.messages("graph")
    [node.text("op_type") for node in graph.messages("node")]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

Value: TypeAlias = "int | memoryview | Message"

MAX_DEPTH: Final = 64
MAX_MESSAGES: Final = 1_000_000
MAX_NUMBERS: Final = 1 << 16
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIRE: Final = {"int": _VARINT, "double": _FIXED64, "float": _FIXED32}
_CONTINUED: Final = bytes(range(0x80, 0x100))

# Transcribed from onnx.proto of ONNX 1.23 (IR version 14): "number name type", "*" marks repeated fields. "refused"
# are fields that packs have no use for.
_TABLE: Final = """
Model: 1 ir_version int, 2 producer_name bytes, 3 producer_version bytes, 4 domain bytes, 5 model_version int,
  6 doc_string bytes, 7 graph Graph, 8 opset_import OperatorSet*, 14 metadata_props Entry*, 20 training_info refused*,
  25 functions refused*, 26 configuration refused*
OperatorSet: 1 domain bytes, 2 version int
Entry: 1 key bytes, 2 value bytes
Graph: 1 node Node*, 2 name bytes, 5 initializer Tensor*, 10 doc_string bytes, 11 input Value*, 12 output Value*,
  13 value_info Value*, 14 quantization_annotation Annotation*, 15 sparse_initializer Sparse*, 16 metadata_props Entry*
Annotation: 1 tensor_name bytes, 2 quant_parameter_tensor_names Entry*
Node: 1 input bytes*, 2 output bytes*, 3 name bytes, 4 op_type bytes, 5 attribute Attribute*, 6 doc_string bytes,
  7 domain bytes, 8 overload bytes, 9 metadata_props Entry*, 10 device_configurations refused*
Attribute: 1 name bytes, 2 f float, 3 i int, 4 s bytes, 5 t Tensor, 6 g Graph, 7 floats float*, 8 ints int*,
  9 strings bytes*, 10 tensors Tensor*, 11 graphs Graph*, 13 doc_string bytes, 14 tp Type, 15 type_protos Type*,
  20 type int, 21 ref_attr_name bytes, 22 sparse_tensor Sparse, 23 sparse_tensors Sparse*
Tensor: 1 dims int*, 2 data_type int, 3 segment refused, 4 float_data float*, 5 int32_data int*, 6 string_data bytes*,
  7 int64_data int*, 8 name bytes, 9 raw_data bytes, 10 double_data double*, 11 uint64_data int*, 12 doc_string bytes,
  13 external_data Entry*, 14 data_location int, 16 metadata_props Entry*
Sparse: 1 values Tensor, 2 indices Tensor, 3 dims int*
Value: 1 name bytes, 2 type Type, 3 doc_string bytes, 4 metadata_props Entry*
Type: 1 tensor_type TypedShape, 4 sequence_type Element, 5 map_type MapType, 6 denotation bytes, 7 opaque_type refused,
  8 sparse_tensor_type TypedShape, 9 optional_type Element
TypedShape: 1 elem_type int, 2 shape Shape
Element: 1 elem_type Type
MapType: 1 key_type int, 2 value_type Type
Shape: 1 dim Dimension*
Dimension: 1 dim_value int, 2 dim_param bytes, 3 denotation bytes
"""


class WireError(ValueError):
    """The bytes are not what `read` accepts; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message kind."""

    name: str
    type: str
    many: bool


def _parse_table(text: str) -> dict[str, dict[int, Field]]:
    kinds: dict[str, dict[int, Field]] = {}
    for line in text.strip().replace("\n  ", " ").splitlines():
        kind, _, rows = line.partition(": ")
        kinds[kind] = {}
        for row in rows.split(","):
            number, name, type_ = row.split()
            kinds[kind][int(number)] = Field(name, type_.rstrip("*"), type_.endswith("*"))
    return kinds


SCHEMA: Final = _parse_table(_TABLE)


class Message:
    """One decoded message. Absent singular fields read as protobuf's defaults."""

    __slots__ = ("_values", "kind")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._values: dict[str, list[Value]] = {}

    def add(self, name: str, value: Value) -> None:
        """Note one occurrence of a field."""
        self._values.setdefault(name, []).append(value)

    def has(self, name: str) -> bool:
        """Whether the field occurs."""
        return name in self._values

    def messages(self, name: str) -> Iterator[Message]:
        """The messages of a field, in order."""
        return (value for value in self._values.get(name, ()) if isinstance(value, Message))

    def message(self, name: str) -> Message | None:
        """The message of a singular field, or None."""
        return next(self.messages(name), None)

    def raw(self, name: str) -> memoryview:
        """The bytes of a singular field."""
        for value in self._values.get(name, ()):
            if isinstance(value, memoryview):
                return value
        return memoryview(b"")

    def text(self, name: str) -> str:
        """The text of a singular field; what is not UTF-8 shows as U+FFFD and so matches no allowed name."""
        return _decode(self.raw(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a repeated field."""
        return tuple(_decode(value) for value in self._values.get(name, ()) if isinstance(value, memoryview))

    def integer(self, name: str) -> int:
        """The number of a singular field, as a signed 64-bit integer."""
        for value in self._values.get(name, ()):
            if isinstance(value, int):
                return _signed(value)
        return 0

    def integers(self, name: str) -> tuple[int, ...] | None:
        """The numbers of a repeated integer field; None when there are more than `MAX_NUMBERS`."""
        if self.count(name) > MAX_NUMBERS:
            return None
        found: list[int] = []
        for value in self._values.get(name, ()):
            if isinstance(value, int):
                found.append(_signed(value))
            elif isinstance(value, memoryview):
                found.extend(_signed(number) for number in _varints(value))
        return tuple(found)

    def count(self, name: str) -> int:
        """How many values a repeated field has, packed ones counted singly."""
        field = next(field for field in SCHEMA[self.kind].values() if field.name == name)
        return sum(_count(value, field.type) for value in self._values.get(name, ()))


def read(data: memoryview, kind: str = "Model") -> Message:
    """Decode ``data`` as a message of ``kind``.

    Raises:
        WireError: the bytes break a rule of the module's head.
    """
    return _Reader().message(data, kind, kind, 0)


class _Reader:
    def __init__(self) -> None:
        self._left = MAX_MESSAGES

    def message(self, data: memoryview, kind: str, path: str, depth: int) -> Message:
        if depth > MAX_DEPTH:
            raise WireError(f"{path[:200]}: nested deeper than {MAX_DEPTH}")
        self._left -= 1
        if self._left < 0:
            raise WireError(f"more than {MAX_MESSAGES} messages")
        found = Message(kind)
        fields = SCHEMA[kind]
        at = 0
        while at < len(data):
            tag, at = _varint(data, at)
            field = fields.get(tag >> 3)
            if field is None or field.type == "refused":
                name = tag >> 3 if field is None else field.name
                raise WireError(f"{path[:200]}: field {name} is not allowed in a pack")
            if not field.many and found.has(field.name):
                raise WireError(f"{path[:200]}: {field.name} is given twice")
            value, at = self._value(data, at, tag & 7, field, f"{path}.{field.name}", depth)
            found.add(field.name, value)
        return found

    def _value(self, data: memoryview, at: int, wire: int, field: Field, path: str, depth: int) -> tuple[Value, int]:
        scalar = _WIRE.get(field.type)
        if wire == _BYTES and (scalar is None or field.many):
            length, at = _varint(data, at)
            view = _cut(data, at, length, path)
            if field.type in SCHEMA:
                return self.message(view, field.type, path, depth + 1), at + length
            if scalar is not None:
                _check_packed(view, field.type, path)
            return view, at + length
        if wire != scalar:
            raise WireError(f"{path[:200]}: wire type {wire}")
        if scalar == _VARINT:
            return _varint(data, at)
        size = 8 if scalar == _FIXED64 else 4
        return int.from_bytes(_cut(data, at, size, path), "little"), at + size


def _cut(data: memoryview, at: int, length: int, path: str) -> memoryview:
    if length > len(data) - at:
        raise WireError(f"{path[:200]}: cut short")
    return data[at : at + length]


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise WireError("a number is cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & ((1 << 64) - 1), at
    raise WireError("a number of more than 10 bytes")


def _varints(data: memoryview) -> Iterator[int]:
    at = 0
    while at < len(data):
        number, at = _varint(data, at)
        yield number


def _check_packed(view: memoryview, type_: str, path: str) -> None:
    if type_ == "int":
        if len(view) and view[len(view) - 1] >= 0x80:
            raise WireError(f"{path[:200]}: a number is cut short")
    elif len(view) % (8 if type_ == "double" else 4):
        raise WireError(f"{path[:200]}: packed numbers are cut short")


def _count(value: Value, type_: str) -> int:
    if not isinstance(value, memoryview) or type_ == "bytes":
        return 1
    if type_ == "int":
        return len(bytes(value).translate(None, _CONTINUED))
    return len(value) // (8 if type_ == "double" else 4)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _decode(view: memoryview) -> str:
    return bytes(view[:4096]).decode("utf-8", "replace")
