"""One file on its way: what counts as here, after which accident."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.errors import BadPublish, IntegrityError
from qie_hub.formats.fileindex import FileIndex
from qie_hub.transfer.journal import DATA, JOURNAL, RECORD_SIZE, PartialFile, peek
from tests.support.transfer_lab import MIB, LabFile, make_file

FILE = make_file("weights.bin", random.Random(5).randbytes(6 * MIB + 77), shard=3 * MIB)
CHUNKS = FILE.index.chunks


def opened(folder: Path, *, boot: str | None = "monday", file: LabFile = FILE) -> PartialFile:
    return PartialFile(folder, file.index, file.digest, boot=boot)


def bytes_of(ordinal: int) -> bytes:
    chunk = CHUNKS[ordinal]
    return FILE.data[chunk.offset : chunk.offset + chunk.length]


def put(partial: PartialFile, *ordinals: int) -> None:
    for ordinal in ordinals:
        assert partial.put(CHUNKS[ordinal], bytes_of(ordinal))


def test_a_chunk_is_here_after_it_was_put_and_only_then(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    assert partial.verified() == frozenset()
    put(partial, 2)
    assert partial.verified() == {2}
    assert partial.verified_bytes == CHUNKS[2].length
    assert partial.read(CHUNKS[2]) == bytes_of(2)
    assert not partial.put(CHUNKS[2], bytes_of(2))
    partial.close()


@pytest.mark.parametrize("damage", ["bit", "short", "long", "other"])
def test_other_bytes_are_refused_and_nothing_is_written(tmp_path: Path, damage: str) -> None:
    partial = opened(tmp_path)
    wrong = {
        "bit": bytes([bytes_of(0)[0] ^ 1]) + bytes_of(0)[1:],
        "short": bytes_of(0)[:-1],
        "long": bytes_of(0) + b"x",
        "other": bytes_of(1),
    }[damage]
    with pytest.raises(IntegrityError) as caught:
        partial.put(CHUNKS[0], wrong)
    assert caught.value.data["found"] == Digest.of(wrong).hex
    assert partial.verified() == frozenset()
    assert not any((tmp_path / DATA).read_bytes())
    partial.close()


def test_a_killed_process_loses_nothing_it_put(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    put(partial, 0, 3, 1)
    partial.close()  # no checkpoint: as a kill leaves it
    assert opened(tmp_path).verified() == {0, 1, 3}
    assert peek(tmp_path, FILE.index, boot="monday") == {0, 1, 3}


def test_peeking_changes_nothing_and_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    assert peek(tmp_path / "absent", FILE.index, boot="monday") == frozenset()
    assert not (tmp_path / "absent").exists()


def test_after_another_boot_checkpointed_chunks_are_trusted_and_the_rest_is_hashed_again(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    put(partial, 0, 1)
    partial.checkpoint()
    put(partial, 2, 3)
    partial.close()
    lost = CHUNKS[3]
    with (tmp_path / DATA).open("r+b") as data:
        data.seek(lost.offset)
        data.write(bytes(lost.length))
    assert peek(tmp_path, FILE.index, boot="tuesday") == {0, 1}
    again = opened(tmp_path, boot="tuesday")
    assert again.verified() == {0, 1, 2}
    again.close()
    assert peek(tmp_path, FILE.index, boot="wednesday") == {0, 1, 2}, "what was hashed again is checkpointed"


def test_without_a_boot_id_only_checkpoints_and_hashes_count(tmp_path: Path) -> None:
    partial = opened(tmp_path, boot=None)
    put(partial, 0, 1)
    partial.close()
    assert peek(tmp_path, FILE.index) == frozenset()
    assert opened(tmp_path, boot=None).verified() == {0, 1}


@pytest.mark.parametrize("cut", [1, 7, RECORD_SIZE - 1, RECORD_SIZE + 3])
def test_a_torn_tail_costs_no_byte_of_the_network(tmp_path: Path, cut: int) -> None:
    partial = opened(tmp_path)
    put(partial, 0, 1, 2)
    partial.close()
    journal = tmp_path / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-cut])
    again = opened(tmp_path)
    assert again.verified() == {0, 1, 2}
    put(again, 4)
    again.close()
    assert opened(tmp_path).verified() == {0, 1, 2, 4}


@pytest.mark.parametrize("damage", [b"", b"garbage", bytes(1000), None])
def test_a_missing_or_foreign_journal_is_rebuilt_from_the_data(tmp_path: Path, damage: bytes | None) -> None:
    partial = opened(tmp_path)
    put(partial, 0, 2)
    partial.close()
    if damage is None:
        (tmp_path / JOURNAL).unlink()
    else:
        (tmp_path / JOURNAL).write_bytes(damage)
    assert opened(tmp_path).verified() == {0, 2}


def test_every_flipped_bit_in_the_journal_is_noticed(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    put(partial, 0, 1, 2)
    partial.close()
    good = (tmp_path / JOURNAL).read_bytes()
    with (tmp_path / DATA).open("r+b") as data:
        data.write(bytes(CHUNKS[0].length))  # chunk 0 is gone: whoever believes the journal blindly would claim it
    for position in range(44 * 8, (44 + RECORD_SIZE) * 8):
        bad = bytearray(good)
        bad[position // 8] ^= 1 << position % 8
        (tmp_path / JOURNAL).write_bytes(bad)
        assert 0 not in peek(tmp_path, FILE.index, boot="monday")


def test_a_journal_of_another_index_is_not_believed(tmp_path: Path) -> None:
    other = make_file("weights.bin", FILE.data, shard=3 * MIB, seed=9)
    assert other.index != FILE.index
    partial = opened(tmp_path)
    put(partial, *range(len(CHUNKS)))
    partial.close()
    assert opened(tmp_path, file=other).verified() == set(range(len(other.index.chunks)))


def test_a_data_file_that_was_cut_loses_only_what_is_gone(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    put(partial, 0, 1, len(CHUNKS) - 1)
    partial.close()
    os.truncate(tmp_path / DATA, CHUNKS[2].offset)
    again = opened(tmp_path)
    assert again.verified() == {0, 1}
    assert (tmp_path / DATA).stat().st_size == FILE.index.size


def test_a_whole_file_is_proved_by_its_digest(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    put(partial, *reversed(range(len(CHUNKS))))
    path = partial.finish()
    assert path.read_bytes() == FILE.data
    assert partial.finish() == path


def test_an_incomplete_file_cannot_be_finished(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    put(partial, 0)
    with pytest.raises(IntegrityError) as caught:
        partial.finish()
    assert caught.value.data["missing"] == len(CHUNKS) - 1
    partial.close()


def test_bytes_that_rot_on_the_disk_are_found_forgotten_and_can_be_put_again(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    put(partial, *range(len(CHUNKS)))
    with (tmp_path / DATA).open("r+b") as data:
        data.seek(CHUNKS[1].offset)
        data.write(b"rot")
    with pytest.raises(IntegrityError) as caught:
        partial.finish()
    assert caught.value.data["chunks"] == [1]
    assert partial.verified() == set(range(len(CHUNKS))) - {1}
    put(partial, 1)
    assert partial.finish().read_bytes() == FILE.data


def test_an_index_that_belongs_to_another_file_is_a_bad_publish(tmp_path: Path) -> None:
    partial = PartialFile(tmp_path, FILE.index, Digest.of(b"the file that was promised"), boot="monday")
    for chunk in CHUNKS:
        partial.put(chunk, bytes_of(chunk.ordinal))
    with pytest.raises(BadPublish):
        partial.finish()
    partial.close()


def test_an_empty_file_is_complete_at_once(tmp_path: Path) -> None:
    digest = Digest.of(b"")
    partial = PartialFile(tmp_path, FileIndex.of_small(0, digest), digest, boot="monday")
    assert partial.finish().read_bytes() == b""


def test_hashing_the_beginning_early_leaves_nothing_for_the_end(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    put(partial, 1)
    assert partial.advance() == 0
    put(partial, 0)
    assert partial.advance() == CHUNKS[0].length + CHUNKS[1].length
    put(partial, *range(2, len(CHUNKS)))
    assert sum(iter(partial.advance, 0)) == FILE.index.size - CHUNKS[2].offset
    partial.finish()
