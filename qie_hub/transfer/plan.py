"""What has to move: wanted chunks minus verified ones minus chunks that lie elsewhere on this device.

Pure. Invariants:

* Every wanted chunk is either verified, or a target of exactly one piece of one span or copy. A chunk that occurs
  several times (in one file or in several) is fetched once and written to all its targets.
* A span lies inside one shard, is asked for with one single-range request and holds at most `SPAN_MAX` bytes.
* Spans keep the order of stages, then of files, then of offsets: what is loaded first arrives first.

*Resume means planning again*: there is no other state than what was verified.

Example::

    todo = plan(files, verified={file.sha256: partial.verified()}, have={})
    todo.net       # bytes that the network has to deliver
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from qie_hub.digest import Digest
from qie_hub.formats.fileindex import FileIndex

SPAN_MAX: Final = 64 << 20
"""Upper end of the 4 to 10 seconds that one request should last on a fast stream."""

BRIDGE: Final = 256 << 10
"""A gap up to this is fetched and thrown away: cheaper than another request on any line above 10 Mbit/s."""


@dataclass(frozen=True, slots=True)
class WantedFile:
    """One file of the pack. ``stage`` orders the fetch: lower comes first."""

    path: str
    size: int
    sha256: Digest
    index: FileIndex
    stage: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Bytes in a file of this device, offset in bytes. They are hashed again before they count."""

    path: Path
    offset: int


@dataclass(frozen=True, slots=True)
class Target:
    """Where a chunk belongs: the file's digest and the chunk's ordinal in its index."""

    file: Digest
    ordinal: int


Source: TypeAlias = Place | Target


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk to have: its digest, where it lies in its shard, and every place it is wanted."""

    digest: Digest
    length: int
    shard_offset: int
    targets: tuple[Target, ...]

    @property
    def stop(self) -> int:
        """The offset after the last byte in the shard."""
        return self.shard_offset + self.length


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive pieces of one shard, got by one single-range request."""

    shard: Digest
    shard_length: int
    pieces: tuple[Piece, ...]

    @property
    def start(self) -> int:
        """The first byte's offset in the shard."""
        return self.pieces[0].shard_offset

    @property
    def stop(self) -> int:
        """The offset after the last byte."""
        return self.pieces[-1].stop

    @property
    def length(self) -> int:
        """Bytes that the request delivers, bridged gaps included."""
        return self.stop - self.start

    def cut(self, limit: int) -> tuple[Span, Span | None]:
        """Split so that the first part has at most ``limit`` bytes, but at least one piece."""
        for count, piece in enumerate(self.pieces):
            if count and piece.stop - self.start > limit:
                return self.of(self.pieces[:count]), self.of(self.pieces[count:])
        return self, None

    def of(self, pieces: Sequence[Piece]) -> Span:
        """The span of other pieces of the same shard."""
        return Span(self.shard, self.shard_length, tuple(pieces))


@dataclass(frozen=True, slots=True)
class Copy:
    """A chunk that lies on this device already. ``span`` holds its one piece, for when the source is not true."""

    source: Source
    span: Span

    @property
    def piece(self) -> Piece:
        """The piece to fill."""
        return self.span.pieces[0]


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """What a transfer will do; all sizes in bytes.

    ``net`` from the network, ``reused`` copied on this device, ``verified`` already there from an earlier run,
    ``disk`` still to be written, ``total`` of all files (each digest once).
    """

    spans: tuple[Span, ...]
    copies: tuple[Copy, ...]
    net: int
    reused: int
    verified: int
    disk: int
    total: int


@dataclass(slots=True)
class _Wanted:
    """A chunk digest on its way to becoming a piece; the first occurrence names the shard to fetch it from."""

    shard: Digest
    shard_length: int
    shard_offset: int
    length: int
    targets: list[Target]

    def span(self, digest: Digest) -> Span:
        piece = Piece(digest, self.length, self.shard_offset, tuple(self.targets))
        return Span(self.shard, self.shard_length, (piece,))


def plan(
    files: Sequence[WantedFile],
    verified: Mapping[Digest, Collection[int]],
    have: Mapping[Digest, Place],
) -> TransferPlan:
    """Decide what to fetch and what to copy.

    Args:
        files: the wanted files; a digest that occurs twice is wanted once.
        verified: by file digest, the ordinals of chunks that its partial file already holds.
        have: by chunk digest, where such bytes lie in installed packs.
    """
    unique = _unique(files)
    seeds = _own_seeds(unique, verified)
    wanted = _wanted(unique, verified)
    copies: list[Copy] = []
    fetched: list[Span] = []
    for digest, item in wanted.items():
        source = seeds.get(digest) or have.get(digest)
        if source is None:
            fetched.append(item.span(digest))
        else:
            copies.append(Copy(source, item.span(digest)))
    spans = tuple(_joined(fetched))
    total = sum(file.size for file in unique)
    missing = sum(item.length * len(item.targets) for item in wanted.values())
    net = sum(span.length for span in spans)
    once = sum(piece.length for span in spans for piece in span.pieces)
    return TransferPlan(
        spans=spans, copies=tuple(copies), net=net, reused=missing - once, verified=total - missing, disk=missing,
        total=total,
    )  # fmt: skip


def _unique(files: Sequence[WantedFile]) -> list[WantedFile]:
    unique: dict[Digest, WantedFile] = {}
    for file in sorted(files, key=lambda file: file.stage):  # stable: the caller's order stays within a stage
        unique.setdefault(file.sha256, file)
    return list(unique.values())


def _own_seeds(files: Sequence[WantedFile], verified: Mapping[Digest, Collection[int]]) -> dict[Digest, Target]:
    return {
        file.index.chunks[ordinal].digest: Target(file.sha256, ordinal)
        for file in files
        for ordinal in verified.get(file.sha256, ())
    }


def _wanted(files: Sequence[WantedFile], verified: Mapping[Digest, Collection[int]]) -> dict[Digest, _Wanted]:
    wanted: dict[Digest, _Wanted] = {}
    for file in files:
        done = frozenset(verified.get(file.sha256, ()))
        for chunk in file.index.chunks:
            if chunk.ordinal in done:
                continue
            target = Target(file.sha256, chunk.ordinal)
            known = wanted.get(chunk.digest)
            if known is not None:
                known.targets.append(target)
                continue
            shard = file.index.shards[chunk.shard]
            wanted[chunk.digest] = _Wanted(shard.digest, shard.length, chunk.shard_offset, chunk.length, [target])
    return wanted


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Join spans of one piece each, in their order, where they follow each other in the same shard."""
    pieces: list[Piece] = []
    first: Span | None = None
    for span in spans:
        piece = span.pieces[0]
        if first is not None and not _continues(first, pieces, span):
            yield first.of(pieces)
            first = None
        if first is None:
            first, pieces = span, []
        pieces.append(piece)
    if first is not None:
        yield first.of(pieces)


def _continues(first: Span, pieces: Sequence[Piece], span: Span) -> bool:
    gap = span.start - pieces[-1].stop
    return span.shard == first.shard and 0 <= gap <= BRIDGE and span.stop - first.start <= SPAN_MAX
