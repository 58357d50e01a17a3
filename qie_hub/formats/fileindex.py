"""The file index: how one file is cut into chunks, and in which shards they lie.

Layout (docs/format.md section 5), little endian::

    magic  b"QIEI"   u32 version=1   u64 file_size   u32 shards   u32 chunks
    shards x { u64 length, 32 bytes sha256 }
    chunks x { u32 length, u32 shard ordinal, 32 bytes sha256 }

Invariants: chunk lengths sum to the file size; chunks of a shard are consecutive and fill it exactly; a chunk is at
most 1 MiB, a shard at most 256 MiB. A file of at most 1 MiB has no index: it is one chunk and one shard, whose
digest is the file's (`FileIndex.of_small`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from qie_hub.digest import Digest
from qie_hub.errors import FormatError

MAGIC: Final = b"QIEI"
CHUNK_MAX: Final = 1 << 20
SHARD_MAX: Final = 256 << 20
_HEAD = struct.Struct("<4sIQII")
_SHARD = struct.Struct("<Q32s")
_CHUNK = struct.Struct("<II32s")


@dataclass(frozen=True, slots=True)
class Shard:
    """An immutable object on the CDN: consecutive chunks of one file."""

    length: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit of hash, journal and reuse. Offsets are derived, never stored."""

    ordinal: int
    offset: int
    length: int
    digest: Digest
    shard: int
    shard_offset: int


@dataclass(frozen=True, slots=True)
class FileIndex:
    """Chunks and shards of one file, in file order."""

    size: int
    shards: tuple[Shard, ...]
    chunks: tuple[Chunk, ...]

    @classmethod
    def of_small(cls, size: int, digest: Digest) -> FileIndex:
        """The index of a file of at most `CHUNK_MAX` bytes, which needs no bytes of its own."""
        if size > CHUNK_MAX:
            raise FormatError(what="file index", issues=[f"{size} bytes need an index of their own"])
        if size == 0:
            return cls(0, (), ())
        return cls(size, (Shard(size, digest),), (Chunk(0, 0, size, digest, 0, 0),))

    @classmethod
    def build(cls, shards: Sequence[Shard], rows: Sequence[tuple[int, int, Digest]]) -> FileIndex:
        """Build from shards and rows (length, shard ordinal, digest) in file order.

        Raises:
            FormatError: the rows do not fill the shards.
        """
        chunks = tuple(_place(rows))
        index = cls(sum(row[0] for row in rows), tuple(shards), chunks)
        problem = _problem(index)
        if problem is not None:
            raise FormatError(what="file index", issues=[problem])
        return index

    @classmethod
    def from_bytes(cls, data: bytes) -> FileIndex:
        """Read the layout above.

        Raises:
            FormatError: the bytes break it.
        """
        try:
            magic, version, size, shard_count, chunk_count = _HEAD.unpack_from(data)
        except struct.error:
            raise FormatError(what="file index", issues=["shorter than its header"]) from None
        if magic != MAGIC or version != 1:
            raise FormatError(what="file index", issues=[f"not a file index of version 1: {magic!r} {version}"])
        if len(data) != _HEAD.size + shard_count * _SHARD.size + chunk_count * _CHUNK.size:
            raise FormatError(what="file index", issues=["length differs from its header"])
        at = _HEAD.size
        shard_end = at + shard_count * _SHARD.size
        shards = [Shard(length, Digest(raw.hex())) for length, raw in _SHARD.iter_unpack(data[at:shard_end])]
        rows = [(length, shard, Digest(raw.hex())) for length, shard, raw in _CHUNK.iter_unpack(data[shard_end:])]
        index = cls.build(shards, rows)
        if index.size != size:
            raise FormatError(what="file index", issues=["chunk lengths do not sum to the file size"])
        return index

    def to_bytes(self) -> bytes:
        """Write the layout above."""
        parts = [_HEAD.pack(MAGIC, 1, self.size, len(self.shards), len(self.chunks))]
        parts += [_SHARD.pack(shard.length, shard.digest.raw) for shard in self.shards]
        parts += [_CHUNK.pack(chunk.length, chunk.shard, chunk.digest.raw) for chunk in self.chunks]
        return b"".join(parts)


def _place(rows: Sequence[tuple[int, int, Digest]]) -> Iterator[Chunk]:
    offset = shard_offset = 0
    current = 0
    for ordinal, (length, shard, digest) in enumerate(rows):
        if shard != current:
            current, shard_offset = shard, 0
        yield Chunk(ordinal, offset, length, digest, shard, shard_offset)
        offset += length
        shard_offset += length


def _problem(index: FileIndex) -> str | None:
    filled = [0] * len(index.shards)
    last = 0
    for chunk in index.chunks:
        if not 0 < chunk.length <= CHUNK_MAX:
            return f"chunk {chunk.ordinal} has {chunk.length} bytes"
        if chunk.shard >= len(filled) or chunk.shard not in (last, last + 1):
            return f"chunk {chunk.ordinal} names shard {chunk.shard} out of order"
        last = chunk.shard
        filled[last] += chunk.length
    for ordinal, (shard, total) in enumerate(zip(index.shards, filled, strict=True)):
        if shard.length != total or not 0 < total <= SHARD_MAX:
            return f"shard {ordinal} has {shard.length} bytes but chunks of {total}"
    return None
