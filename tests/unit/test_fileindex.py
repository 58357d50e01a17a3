import struct

import pytest

from qie_hub.digest import Digest
from qie_hub.errors import FormatError
from qie_hub.formats.fileindex import CHUNK_MAX, SHARD_MAX, FileIndex, Shard

A, B, C = (Digest.of(text) for text in (b"a", b"b", b"c"))
ROWS = [(CHUNK_MAX, 0, A), (5, 0, B), (7, 1, C)]
SHARDS = [Shard(CHUNK_MAX + 5, A), Shard(7, B)]


def test_offsets_follow_from_lengths() -> None:
    index = FileIndex.build(SHARDS, ROWS)
    assert index.size == CHUNK_MAX + 12
    assert [(c.ordinal, c.offset, c.shard, c.shard_offset) for c in index.chunks] == [
        (0, 0, 0, 0),
        (1, CHUNK_MAX, 0, CHUNK_MAX),
        (2, CHUNK_MAX + 5, 1, 0),
    ]


def test_an_index_survives_its_bytes() -> None:
    index = FileIndex.build(SHARDS, ROWS)
    assert FileIndex.from_bytes(index.to_bytes()) == index


def test_a_small_file_is_one_chunk_and_one_shard_and_an_empty_one_is_none() -> None:
    small = FileIndex.of_small(9, A)
    assert [(c.offset, c.length, c.digest) for c in small.chunks] == [(0, 9, A)]
    assert small.shards == (Shard(9, A),)
    assert FileIndex.of_small(0, A) == FileIndex(0, (), ())
    assert len(FileIndex.of_small(CHUNK_MAX, A).chunks) == 1
    with pytest.raises(FormatError):
        FileIndex.of_small(CHUNK_MAX + 1, A)


def test_a_shard_may_be_exactly_256_mib() -> None:
    rows = [(CHUNK_MAX, 0, A)] * (SHARD_MAX // CHUNK_MAX)
    assert FileIndex.build([Shard(SHARD_MAX, A)], rows).size == SHARD_MAX
    with pytest.raises(FormatError):
        FileIndex.build([Shard(SHARD_MAX + 1, A)], [*rows, (1, 0, B)])


@pytest.mark.parametrize(
    ("shards", "rows"),
    [
        ([Shard(0, A)], [(0, 0, A)]),
        ([Shard(CHUNK_MAX + 1, A)], [(CHUNK_MAX + 1, 0, A)]),
        ([Shard(5, A)], [(6, 0, A)]),
        ([Shard(5, A)], [(4, 0, A)]),
        ([Shard(5, A)], [(5, 1, A)]),
        ([Shard(5, A), Shard(5, B)], [(5, 0, A)]),
        ([Shard(5, A), Shard(5, B)], [(5, 1, A), (5, 0, B)]),
        ([Shard(5, A), Shard(5, B), Shard(5, C)], [(5, 0, A), (5, 2, C), (5, 1, B)]),
        ([Shard(10, A), Shard(5, B)], [(5, 0, A), (5, 1, B), (5, 0, A)]),
        ([], [(5, 0, A)]),
        ([Shard(5, A)], []),
    ],
)
def test_chunks_that_do_not_fill_the_shards_in_order_are_refused(
    shards: list[Shard], rows: list[tuple[int, int, Digest]]
) -> None:
    with pytest.raises(FormatError):
        FileIndex.build(shards, rows)


def _good() -> bytes:
    return FileIndex.build(SHARDS, ROWS).to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        _good()[:23],
        _good()[:-1],
        _good() + b"\0",
        b"XIEI" + _good()[4:],
        _good()[:4] + struct.pack("<I", 2) + _good()[8:],
        _good()[:8] + struct.pack("<Q", CHUNK_MAX + 13) + _good()[16:],
        _good()[:16] + struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF) + _good()[24:],
        _good()[:16] + struct.pack("<II", 3, 2) + _good()[24:],
    ],
    ids=["empty", "head", "short", "long", "magic", "version", "size", "counts", "swapped counts"],
)
def test_bytes_that_break_the_layout_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        FileIndex.from_bytes(data)
