"""Read flatbuffers: the container of .tflite files. Bounds are those of the buffer; what lies outside is an error.

Example::

    model = Table.root(data)
    [graph] = model.tables(2)
    graph.numbers(1, "i")
"""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a flatbuffer, by its position. Fields are asked for by their number in the schema.

    Every method raises ``ValueError`` where the buffer is cut short or points outside itself.
    """

    data: bytes
    at: int

    @classmethod
    def root(cls, data: bytes) -> Table:
        """The outermost table."""
        return cls(data, _read(data, "I", 0))

    def number(self, field: int, kind: str = "i", default: int = 0) -> int:
        """A scalar of a ``struct`` kind; fields with the default value are not stored."""
        at = self._field(field)
        return default if at is None else _read(self.data, kind, at)

    def table(self, field: int) -> Table | None:
        """A table below this one."""
        at = self._field(field)
        return None if at is None else Table(self.data, at + _read(self.data, "I", at))

    def tables(self, field: int) -> list[Table]:
        """A vector of tables."""
        start, count = self._vector(field)
        places = (start + 4 * number for number in range(count))
        return [Table(self.data, at + _read(self.data, "I", at)) for at in places]

    def numbers(self, field: int, kind: str) -> tuple[int, ...]:
        """A vector of scalars."""
        start, count = self._vector(field)
        try:
            return struct.unpack_from(f"<{count}{kind}", self.data, start)
        except struct.error as error:
            raise ValueError(str(error)) from None

    def raw(self, field: int) -> bytes:
        """A vector of bytes; a string is one too."""
        start, count = self._vector(field)
        if start + count > len(self.data):
            raise ValueError("a vector ends outside the buffer")
        return self.data[start : start + count]

    def _vector(self, field: int) -> tuple[int, int]:
        at = self._field(field)
        if at is None:
            return 0, 0
        start = at + _read(self.data, "I", at)
        return start + 4, _read(self.data, "I", start)

    def _field(self, field: int) -> int | None:
        """Where a field lies, None where it is not stored."""
        layout = self.at - _read(self.data, "i", self.at)
        entry = 4 + 2 * field
        offset = _read(self.data, "H", layout + entry) if entry < _read(self.data, "H", layout) else 0
        return self.at + offset if offset else None


def _read(data: bytes, kind: str, at: int) -> int:
    if at < 0:
        raise ValueError("an offset points before the buffer")
    try:
        value: int = struct.unpack_from(f"<{kind}", data, at)[0]
    except struct.error as error:
        raise ValueError(str(error)) from None
    return value
