"""Cutting files into chunks and shards: whatever the file, the pieces are the file."""

from __future__ import annotations

import hashlib
import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cdn.shard import CHUNK_MIN, Piece, cut, pieces_of, shards_of
from cdn.tensors import Span
from qie_hub.formats.fileindex import CHUNK_MAX, SHARD_MAX, FileIndex

KIB = 1 << 10
MIB = 1 << 20


@st.composite
def layouts(draw: st.DrawFn) -> tuple[int, tuple[Span, ...]]:
    """A file size and tensors that lie apart in it, with gaps and small tensors between."""
    at, spans = draw(st.integers(0, 200)), []
    for number in range(draw(st.integers(0, 12))):
        length = draw(
            st.one_of(st.integers(1, 200), st.integers(CHUNK_MIN - 2, CHUNK_MIN + 2), st.integers(1, 3 * MIB))
        )
        spans.append(Span(at, at + length, f"block.{number // 3}.weight{number}"))
        at += length + draw(st.one_of(st.just(0), st.integers(0, 70 * KIB)))
    return at + draw(st.integers(0, 2 * MIB)), tuple(spans)


@given(layouts())
def test_pieces_fill_the_file_and_begin_at_every_large_tensor(layout: tuple[int, tuple[Span, ...]]) -> None:
    size, spans = layout
    lengths = [piece.length for piece in pieces_of(size, spans)]
    starts = {sum(lengths[:number]) for number in range(len(lengths))}
    assert sum(lengths) == size
    assert all(0 < length <= CHUNK_MAX for length in lengths)
    assert {span.start for span in spans if span.stop - span.start >= CHUNK_MIN} <= starts


@given(layouts())
def test_only_what_is_before_the_first_large_tensor_may_be_a_small_piece(layout: tuple[int, tuple[Span, ...]]) -> None:
    size, spans = layout
    large = [span.start for span in spans if span.stop - span.start >= CHUNK_MIN]
    at = 0
    for piece in pieces_of(size, spans):
        if large and at >= large[0]:
            assert piece.length >= CHUNK_MIN
        at += piece.length


@settings(max_examples=25, deadline=None)
@given(layouts(), st.integers(0, 1 << 32))
def test_the_chunks_and_the_shards_of_a_file_are_its_bytes(layout: tuple[int, tuple[Span, ...]], seed: int) -> None:
    size, spans = layout
    data = random.Random(seed).randbytes(size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.bin"
        path.write_bytes(data)
        index, digest = cut(path, spans)
    assert digest.hex == hashlib.sha256(data).hexdigest()
    assert FileIndex.from_bytes(index.to_bytes()) == index
    parts = [data[chunk.offset : chunk.offset + chunk.length] for chunk in index.chunks]
    assert b"".join(parts) == data
    assert [hashlib.sha256(part).hexdigest() for part in parts] == [chunk.digest.hex for chunk in index.chunks]
    at = 0
    for shard in index.shards:
        assert hashlib.sha256(data[at : at + shard.length]).hexdigest() == shard.digest.hex
        at += shard.length
    assert at == size


@given(st.integers(0, 1 << 32), st.integers(0, 1500))
@settings(max_examples=30, deadline=None)
def test_shards_keep_the_order_and_never_exceed_their_size(seed: int, count: int) -> None:
    dice = random.Random(seed)
    pieces = [Piece(dice.randint(CHUNK_MIN, CHUNK_MAX), dice.random() < 0.05) for _ in range(count)]
    groups = list(shards_of(pieces))
    assert [piece for group in groups for piece in group] == pieces
    assert all(0 < sum(piece.length for piece in group) <= SHARD_MAX for group in groups)


def test_inserting_a_block_leaves_the_shards_behind_it_as_they_were() -> None:
    def shards(blocks: list[int]) -> list[tuple[int, ...]]:
        at, spans = 0, []
        for block in blocks:
            spans.append(Span(at, at + 9 * MIB + block, f"transformer_blocks.{block}.ff.weight"))
            at = spans[-1].stop
        return [tuple(piece.length for piece in group) for group in shards_of(pieces_of(at, spans))]

    before, after = shards(list(range(60))), shards([*range(20), 900, *range(20, 60)])
    assert len(before) > 4
    assert before[-1] == after[-1]
    changed = [group for group in after if group not in before]
    assert len(changed) <= 2
