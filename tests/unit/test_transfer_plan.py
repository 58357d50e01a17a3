"""What a plan decides."""

from __future__ import annotations

from pathlib import Path

from qie_hub.digest import Digest
from qie_hub.formats.fileindex import FileIndex, Shard
from qie_hub.transfer.plan import BRIDGE, SPAN_MAX, Place, Target, WantedFile, plan

MIB = 1 << 20


def digest(text: str) -> Digest:
    return Digest.of(text.encode())


def file_of(name: str, chunks: list[tuple[str, int]], *, per_shard: int = 1 << 10, stage: int = 0) -> WantedFile:
    """A file of named chunks (same name, same bytes), ``per_shard`` chunks to a shard."""
    shards = []
    rows = []
    for number, start in enumerate(range(0, len(chunks), per_shard)):
        group = chunks[start : start + per_shard]
        shards.append(Shard(sum(length for _, length in group), digest(f"{name} shard {number}")))
        rows += [(length, number, digest(chunk)) for chunk, length in group]
    index = FileIndex.build(shards, rows)
    return WantedFile(name, index.size, digest(name), index, stage)


def names(*numbers: int) -> list[tuple[str, int]]:
    return [(f"chunk {number}", MIB) for number in numbers]


def test_everything_is_fetched_when_nothing_is_here() -> None:
    file = file_of("a", names(*range(10)))
    todo = plan([file], {}, {})
    assert (todo.net, todo.reused, todo.verified, todo.disk, todo.total) == (10 * MIB, 0, 0, 10 * MIB, 10 * MIB)
    assert [(span.start, span.stop) for span in todo.spans] == [(0, 10 * MIB)]


def test_what_is_verified_is_not_asked_for_again() -> None:
    file = file_of("a", names(*range(10)))
    todo = plan([file], {file.sha256: {0, 1, 9}}, {})
    assert [(span.start, span.stop) for span in todo.spans] == [(2 * MIB, 9 * MIB)]
    assert (todo.net, todo.verified) == (7 * MIB, 3 * MIB)


def test_a_complete_download_plans_nothing() -> None:
    file = file_of("a", names(*range(3)))
    todo = plan([file], {file.sha256: {0, 1, 2}}, {})
    assert (todo.spans, todo.copies, todo.net, todo.disk) == ((), (), 0, 0)


def test_chunks_of_installed_packs_are_copied() -> None:
    file = file_of("a", names(*range(4)))
    place = Place(Path("old.bin"), 5 * MIB)
    todo = plan([file], {}, {digest("chunk 2"): place})
    assert [(copy.source, copy.piece.targets) for copy in todo.copies] == [(place, (Target(file.sha256, 2),))]
    assert (todo.net, todo.reused) == (3 * MIB, MIB)
    assert [(span.start, span.stop) for span in todo.spans] == [(0, 2 * MIB), (3 * MIB, 4 * MIB)]


def test_a_chunk_that_occurs_twice_is_fetched_once_for_both_places() -> None:
    one = file_of("a", names(1, 2))
    two = file_of("b", names(2, 3, 3))
    todo = plan([one, two], {}, {})
    assert todo.net == 3 * MIB
    assert todo.reused == 2 * MIB
    shared = next(piece for span in todo.spans for piece in span.pieces if piece.digest == digest("chunk 2"))
    assert shared.targets == (Target(one.sha256, 1), Target(two.sha256, 0))


def test_a_chunk_that_another_file_on_its_way_has_is_copied_from_there() -> None:
    one = file_of("a", names(1, 2))
    two = file_of("b", names(2, 3))
    todo = plan([one, two], {one.sha256: {1}}, {})
    assert [copy.source for copy in todo.copies] == [Target(one.sha256, 1)]
    assert todo.net == 2 * MIB


def test_a_file_that_is_listed_twice_is_wanted_once() -> None:
    file = file_of("a", names(1, 2))
    again = WantedFile("copy", file.size, file.sha256, file.index)
    assert plan([file, again], {}, {}).total == 2 * MIB


def test_small_gaps_are_bridged_and_large_ones_are_not() -> None:
    rows = [("head", MIB), ("gap", BRIDGE), ("tail", MIB), ("wide", BRIDGE + 1), ("end", MIB)]
    file = file_of("a", rows)
    todo = plan([file], {file.sha256: {1, 3}}, {})
    ends = 2 * MIB + BRIDGE
    assert [(span.start, span.stop) for span in todo.spans] == [(0, ends), (ends + BRIDGE + 1, file.size)]
    assert todo.net == 3 * MIB + BRIDGE
    assert [len(span.pieces) for span in todo.spans] == [2, 1]


def test_spans_stay_inside_shards_and_below_their_limit() -> None:
    file = file_of("a", names(*range(100)), per_shard=80)
    todo = plan([file], {}, {})
    assert [(span.start, span.length) for span in todo.spans] == [(0, SPAN_MAX), (SPAN_MAX, 16 * MIB), (0, 20 * MIB)]


def test_stages_come_in_order_and_files_keep_their_order_within() -> None:
    files = [file_of("late", names(1), stage=3), file_of("b", names(2), stage=0), file_of("a", names(3), stage=0)]
    todo = plan(files, {}, {})
    assert [span.pieces[0].targets[0].file for span in todo.spans] == [digest("b"), digest("a"), digest("late")]


def test_an_empty_file_needs_nothing() -> None:
    empty = WantedFile("empty", 0, Digest.of(b""), FileIndex.of_small(0, Digest.of(b"")))
    todo = plan([empty], {}, {})
    assert (todo.spans, todo.total) == ((), 0)


def test_a_span_is_cut_at_a_piece_and_never_to_nothing() -> None:
    (span,) = plan([file_of("a", names(*range(5)))], {}, {}).spans
    head, rest = span.cut(2 * MIB + 5)
    assert rest is not None
    assert [(head.start, head.stop), (rest.start, rest.stop)] == [(0, 2 * MIB), (2 * MIB, 5 * MIB)]
    assert span.cut(1)[0].length == MIB
    assert span.cut(5 * MIB) == (span, None)
