"""Plans and cuts over all shapes of files."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from qie_hub.digest import Digest
from qie_hub.formats.fileindex import FileIndex, Shard
from qie_hub.transfer.plan import SPAN_MAX, Piece, Place, Target, WantedFile, plan
from qie_hub.transfer.stream import cut


@st.composite
def wanted_files(draw: st.DrawFn) -> list[WantedFile]:
    """Files whose chunks come from a small pool, so that digests repeat within and between files."""
    files = []
    for number in range(draw(st.integers(1, 4))):
        pool = draw(st.lists(st.integers(0, 12), min_size=1, max_size=30))
        rows = [(1000 * (chunk + 1) * (chunk + 1), chunk) for chunk in pool]
        cuts = sorted(draw(st.sets(st.integers(1, len(rows)), max_size=4)) | {len(rows)})
        shards, table, start = [], [], 0
        for ordinal, stop in enumerate(cuts):
            group = rows[start:stop]
            shards.append(Shard(sum(length for length, _ in group), Digest.of(f"{number} {ordinal}".encode())))
            table += [(length, ordinal, Digest.of(bytes([chunk]))) for length, chunk in group]
            start = stop
        index = FileIndex.build(shards, table)
        stage = draw(st.integers(0, 3))
        files.append(WantedFile(f"f{number}", index.size, Digest.of(f"file {number}".encode()), index, stage))
    return files


@given(wanted_files(), st.data())
def test_every_missing_chunk_is_a_target_exactly_once_and_no_byte_is_fetched_twice(
    files: list[WantedFile], data: st.DataObject
) -> None:
    verified = {
        file.sha256: data.draw(st.sets(st.integers(0, len(file.index.chunks) - 1)), label=file.path) for file in files
    }
    have = {
        Digest.of(bytes([chunk])): Place(Path("old"), chunk) for chunk in data.draw(st.sets(st.integers(0, 12)), "have")
    }
    todo = plan(files, verified, have)
    pieces = [piece for span in todo.spans for piece in span.pieces]
    targets = Counter(target for piece in [*pieces, *(copy.piece for copy in todo.copies)] for target in piece.targets)
    missing = {
        Target(file.sha256, chunk.ordinal)
        for file in files
        for chunk in file.index.chunks
        if chunk.ordinal not in verified[file.sha256]
    }
    assert set(targets) == missing
    assert set(targets.values()) <= {1}
    assert len({piece.digest for piece in pieces}) == len(pieces)
    assert all(piece.digest not in have for piece in pieces)
    assert todo.verified + todo.disk == todo.total == sum(file.size for file in files)
    assert todo.net >= sum(piece.length for piece in pieces)


@given(wanted_files())
def test_spans_lie_in_their_shards_in_stage_order_and_their_pieces_where_the_index_says(
    files: list[WantedFile],
) -> None:
    by_digest = {file.sha256: file for file in files}
    todo = plan(files, {}, {})
    stages = [by_digest[span.pieces[0].targets[0].file].stage for span in todo.spans]
    assert stages == sorted(stages)
    for span in todo.spans:
        assert 0 <= span.start < span.stop <= span.shard_length
        assert span.length <= SPAN_MAX
        for piece in span.pieces:
            first = piece.targets[0]
            chunk = by_digest[first.file].index.chunks[first.ordinal]
            assert (piece.digest, piece.length, piece.shard_offset) == (chunk.digest, chunk.length, chunk.shard_offset)


@given(st.data())
def test_cutting_a_body_gives_every_piece_its_bytes_however_the_network_splits_it(data: st.DataObject) -> None:
    body = bytes(range(256)) * 8
    start = data.draw(st.integers(0, 500))
    edges = sorted(data.draw(st.sets(st.integers(start, len(body)), max_size=12)))
    spans = [pair for pair in pairwise(edges) if data.draw(st.booleans())]
    pieces = [Piece(Digest.of(body[a:b]), b - a, a, ()) for a, b in spans]
    splits = [start, *sorted(data.draw(st.sets(st.integers(start, len(body)), max_size=12))), len(body)]
    blocks = [body[a:b] for a, b in pairwise(splits)]
    got = [(piece, bytes(view)) for piece, view in cut(blocks, start, pieces)]
    assert got == [(piece, body[piece.shard_offset : piece.stop]) for piece in pieces]
