"""Cut a file into chunks and shards: the plan of its file index, made in one streaming pass.

Rules, in this order:

* a tensor of at least 64 KiB begins a new chunk; smaller ones stay with what is before them;
* then every 1 MiB, where a last piece under 64 KiB shares evenly with the piece before it;
* a shard is closed before it would exceed 256 MiB; and, once it holds 32 MiB, after a tensor group (the tensors of
  one block of the network) whose name's hash says so. Such names stay where they are when another block is changed
  or inserted, so the shards behind it find back to their old edges and keep their digests.

Invariants: the pieces fill the file without gaps; one buffer holds one chunk; the same bytes give the same cut.

Example::

    index, digest = cut(Path("model.onnx.data"), spans_of(path, [Path("model.onnx")]))
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from cdn.tensors import Span
from qie_hub.digest import Digest
from qie_hub.errors import PublishError
from qie_hub.formats.fileindex import CHUNK_MAX, SHARD_MAX, FileIndex, Shard

CHUNK_MIN: Final = 64 << 10
SHARD_SOFT: Final = 32 << 20
_BLOCK_NAME = re.compile(r"^(.*?\d+)(?=\D|$)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk to be: its length, and whether a shard may end behind it because a tensor group does."""

    length: int
    ends_group: bool = False


def pieces_of(size: int, spans: Sequence[Span]) -> Iterator[Piece]:
    """Cut ``size`` bytes at the edges of ``spans`` (sorted, apart), then at 1 MiB."""
    large = [span for span in spans if span.stop - span.start >= CHUNK_MIN]
    edges = [0, *(span.start for span in large if span.start > 0), size]
    groups = [_group(span.name) for span in large]
    if large and large[0].start > 0:
        groups.insert(0, "")
    for number, (start, stop) in enumerate(pairwise(edges)):
        lengths = list(_steps(stop - start))
        ends = number + 1 < len(groups) and groups[number] != groups[number + 1] and _closes(groups[number])
        for step, length in enumerate(lengths):
            yield Piece(length, ends and step + 1 == len(lengths))


def cut(path: Path, spans: Sequence[Span] = ()) -> tuple[FileIndex, Digest]:
    """Read a file once and return its index and its digest.

    Raises:
        PublishError: hint FILE_CHANGED; the file changed while it was read.
    """
    size = path.stat().st_size
    whole = hashlib.sha256()
    rows: list[tuple[int, int, Digest]] = []
    shards: list[Shard] = []
    with path.open("rb") as stream:
        for group in shards_of(pieces_of(size, spans)):
            shard = hashlib.sha256()
            for piece in group:
                block = stream.read(piece.length)
                if len(block) != piece.length:
                    raise PublishError(hint="FILE_CHANGED", path=path.name)
                whole.update(block)
                shard.update(block)
                rows.append((piece.length, len(shards), Digest.of(block)))
            shards.append(Shard(sum(piece.length for piece in group), Digest(shard.hexdigest())))
    return FileIndex.build(shards, rows), Digest(whole.hexdigest())


def shards_of(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Group pieces into shards."""
    group: list[Piece] = []
    filled = 0
    for piece in pieces:
        if filled + piece.length > SHARD_MAX:
            yield group
            group, filled = [], 0
        group.append(piece)
        filled += piece.length
        if piece.ends_group and filled >= SHARD_SOFT:
            yield group
            group, filled = [], 0
    if group:
        yield group


def _steps(length: int) -> Iterator[int]:
    while length > CHUNK_MAX:
        rest = length - CHUNK_MAX
        if rest < CHUNK_MIN:
            yield length - length // 2
            yield length // 2
            return
        yield CHUNK_MAX
        length = rest
    if length:
        yield length


def _group(name: str) -> str:
    """The block that a tensor belongs to: its name up to and with the first number (``blocks.12``)."""
    match = _BLOCK_NAME.match(name)
    return match[1] if match else name


def _closes(group: str) -> bool:
    return hashlib.sha256(group.encode()).digest()[0] < 64
