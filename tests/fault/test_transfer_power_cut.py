"""A power cut: writes that were not synced are lost, in part or altogether, and nothing wrong is ever trusted."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.formats.fileindex import Chunk, FileIndex, Shard
from qie_hub.transfer import blockfile
from qie_hub.transfer.journal import DATA, JOURNAL, PartialFile

BODY = random.Random(21).randbytes(400_000)


def small_index() -> FileIndex:
    dice = random.Random(22)
    rows = []
    at = 0
    while at < len(BODY):
        length = min(len(BODY) - at, dice.randint(4_000, 20_000))
        rows.append((length, 0, Digest.of(BODY[at : at + length])))
        at += length
    return FileIndex.build([Shard(len(BODY), Digest.of(BODY))], rows)


INDEX = small_index()
SHA = Digest.of(BODY)


def bytes_of(chunk: Chunk) -> bytes:
    return BODY[chunk.offset : chunk.offset + chunk.length]


class Disk:
    """Records what the journal module writes and syncs, and can show what a power cut would leave.

    Data pages reach the disk in any order or not at all; appends reach it as a prefix, torn anywhere, or as zeros.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.durable: dict[str, bytearray] = {DATA: bytearray(), JOURNAL: bytearray()}
        self.pending: dict[str, list[tuple[int, bytes]]] = {DATA: [], JOURNAL: []}
        self.during_sync: list[Chunk] = []
        self.partial: PartialFile | None = None
        self._pwrite, self._write, self._fsync = blockfile._pwrite, os.write, os.fsync
        monkeypatch.setattr(blockfile, "_pwrite", self.pwrite)
        monkeypatch.setattr(os, "write", self.write)
        monkeypatch.setattr(os, "fsync", self.fsync)

    def pwrite(self, handle: int, data: memoryview, offset: int) -> int:
        count = self._pwrite(handle, data, offset)
        self.pending[DATA].append((offset, bytes(data[:count])))
        return count

    def write(self, handle: int, data: bytes) -> int:
        place = os.fstat(handle).st_size
        count = self._write(handle, data)
        if _name(handle) == JOURNAL:
            self.pending[JOURNAL].append((place, bytes(data[:count])))
        return count

    def fsync(self, handle: int) -> None:
        name = _name(handle)
        if ".tmp-" in name:  # a new journal, renamed into place: it replaces what there was
            self.durable[JOURNAL] = bytearray(Path(f"/proc/self/fd/{handle}").read_bytes())
            self.pending[JOURNAL].clear()
        if name not in self.pending:
            return
        caught = len(self.pending[name])
        while name == DATA and self.during_sync and self.partial is not None:
            chunk = self.during_sync.pop()  # another stream puts a chunk while this one waits for the disk
            self.partial.put(chunk, bytes_of(chunk))
        for offset, data in self.pending[name][:caught]:
            _apply(self.durable[name], offset, data)
        del self.pending[name][:caught]

    def cut(self, goal: Path, dice: random.Random) -> None:
        """Write to ``goal`` what a power cut may leave."""
        data = bytearray(self.durable[DATA].ljust(len(BODY), b"\0"))
        for offset, piece in self.pending[DATA]:
            for page in range(0, len(piece), 4096):
                if dice.random() < 0.5:
                    _apply(data, offset + page, piece[page : page + 4096])
        tail = b"".join(piece for _, piece in self.pending[JOURNAL])
        kept = dice.randint(0, len(tail))
        ghost = dice.choice([b"", bytes(len(tail) - kept), dice.randbytes(len(tail) - kept)])
        goal.mkdir()
        (goal / DATA).write_bytes(data)
        (goal / JOURNAL).write_bytes(self.durable[JOURNAL] + tail[:kept] + ghost)


def _name(handle: int) -> str:
    return Path(os.readlink(f"/proc/self/fd/{handle}")).name


def _apply(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


@pytest.mark.parametrize("seed", range(25))
def test_after_a_power_cut_everything_checkpointed_is_here_and_everything_here_is_right(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    disk = Disk(monkeypatch)
    partial = PartialFile(tmp_path / "before", INDEX, SHA, boot="monday")
    disk.partial = partial
    left = list(INDEX.chunks)
    dice.shuffle(left)
    safe: set[int] = set()
    for _ in range(dice.randint(1, len(left))):
        if not left:
            break
        chunk = left.pop()
        partial.put(chunk, bytes_of(chunk))
        if dice.random() < 0.15:
            before = partial.verified()
            disk.during_sync = [left.pop() for _ in range(min(len(left), dice.randint(0, 2)))]
            partial.checkpoint()
            safe = set(before)
    disk.cut(tmp_path / "after", dice)
    partial.close()
    monkeypatch.undo()
    again = PartialFile(tmp_path / "after", INDEX, SHA, boot="tuesday")
    assert again.verified() >= safe
    for ordinal in again.verified():
        assert again.read(INDEX.chunks[ordinal]) == bytes_of(INDEX.chunks[ordinal])
    for chunk in INDEX.chunks:
        again.put(chunk, bytes_of(chunk))
    assert again.finish().read_bytes() == BODY


def test_the_simulation_itself_would_catch_a_journal_that_trusts_without_syncing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    partial = PartialFile(tmp_path / "before", INDEX, SHA, boot="monday")
    partial.put(INDEX.chunks[0], bytes_of(INDEX.chunks[0]))
    disk.cut(tmp_path / "after", random.Random(3))
    partial.close()
    monkeypatch.undo()
    (tmp_path / "after" / JOURNAL).write_bytes((tmp_path / "before" / JOURNAL).read_bytes())
    believer = PartialFile(tmp_path / "after", INDEX, SHA, boot="monday")  # as if the machine had not been off
    assert believer.read(INDEX.chunks[0]) != bytes_of(INDEX.chunks[0])
    assert believer.verified() == {0}
    believer.close()
