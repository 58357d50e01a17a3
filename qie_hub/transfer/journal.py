"""One file on its way: its data, and the journal of its verified chunks.

Layout of ``journal`` (docs/format.md section 13), little endian::

    magic b"QIEJ"   u32 version=1   32 bytes sha256 of the file index   u32 crc32 of all before
    records x { u32 kind, u32 value, 16 bytes boot, u32 crc32 of the first 24 }

    kind 1 CHUNK       value = ordinal of a chunk that was verified and written
    kind 2 CHECKPOINT  value = how many records before it were on disk, data included, when it was written

Invariants:

* `PartialFile.put` is the only way in: it hashes before it writes, so a bit that is set means right bytes.
* A record counts if it was made in this boot (the page cache outlives a killed process), or if a checkpoint covers it
  (data was synced before the checkpoint was written). Everything else is hashed again, never fetched again.
* A torn, missing or foreign journal is rebuilt from the data: a transfer never restarts.
* Only `PartialFile.finish` hands the file out, after the SHA-256 of all of it was compared: chunk digests prove the
  bytes to the file's index, this one proves the index to the file's name.

Disk errors leave as ``OSError``; the caller knows what the directory means.

Example::

    partial = PartialFile(directory, index, file_digest, boot="…")
    partial.put(index.chunks[0], data)
    partial.finish()   # directory / "data"
"""

from __future__ import annotations

import hashlib
import os
import struct
import threading
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.digest import Digest
from qie_hub.errors import BadPublish, IntegrityError
from qie_hub.formats.fileindex import Chunk, FileIndex
from qie_hub.transfer.blockfile import allocate, is_hole, read_at, write_at

DATA: Final = "data"
JOURNAL: Final = "journal"
MAGIC: Final = b"QIEJ"

_HEAD = struct.Struct("<4sI32s")
_RECORD = struct.Struct("<II16s")
_CRC = struct.Struct("<I")
_HEAD_SIZE = _HEAD.size + _CRC.size
RECORD_SIZE: Final = _RECORD.size + _CRC.size
_CHUNK, _CHECKPOINT = 1, 2
_NO_BOOT = bytes(16)
_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class JournalView:
    """What a journal says: the ordinals to trust, and where its whole records end (None: not for this index)."""

    trusted: frozenset[int]
    end: int | None
    boots: frozenset[bytes]


def read_journal(data: bytes, index_digest: Digest, boot: bytes) -> JournalView:
    """Judge the bytes of a journal. Pure; never raises: what is not understood is not trusted."""
    head = _HEAD.pack(MAGIC, 1, index_digest.raw)
    if data[:_HEAD_SIZE] != head + _CRC.pack(zlib.crc32(head)):
        return JournalView(frozenset(), None, frozenset())
    records = list(_records(data))
    covered = max((value for kind, value, _ in records if kind == _CHECKPOINT), default=0)
    trusted = frozenset(
        value
        for place, (kind, value, made) in enumerate(records)
        if kind == _CHUNK and (place < covered or (made == boot and boot != _NO_BOOT))
    )
    return JournalView(trusted, _HEAD_SIZE + len(records) * RECORD_SIZE, frozenset(made for _, _, made in records))


def peek(directory: Path, index: FileIndex, *, boot: str | None = None) -> frozenset[int]:
    """The ordinals that `PartialFile` would trust without hashing anything. Looks only; the folder may be in use."""
    try:
        journal = (directory / JOURNAL).read_bytes()
        written = (directory / DATA).stat().st_size
    except OSError:
        return frozenset()
    view = read_journal(journal, Digest.of(index.to_bytes()), _boot_mark(boot))
    return frozenset(n for n in view.trusted if n < len(index.chunks) and _end(index.chunks[n]) <= written)


def _boot_mark(boot: str | None) -> bytes:
    return _NO_BOOT if boot is None else hashlib.sha256(boot.encode()).digest()[:16]


def _end(chunk: Chunk) -> int:
    return chunk.offset + chunk.length


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    for at in range(_HEAD_SIZE, len(data) - RECORD_SIZE + 1, RECORD_SIZE):
        body = data[at : at + _RECORD.size]
        if _CRC.pack(zlib.crc32(body)) != data[at + _RECORD.size : at + RECORD_SIZE]:
            return
        yield _RECORD.unpack(body)


def _record(kind: int, value: int, boot: bytes) -> bytes:
    body = _RECORD.pack(kind, value, boot)
    return body + _CRC.pack(zlib.crc32(body))


class PartialFile:
    """The data and the journal of one file, in a directory of its own. Thread-safe.

    Args:
        directory: created if absent; the caller sees to it that it has one owner. Two owners by accident do no harm:
            both write the same verified bytes to the same places.
        index: how the file is cut.
        sha256: the file's digest.
        boot: an id of this boot of the machine; None where it is unknown, then only checkpoints are trusted.
    """

    def __init__(self, directory: Path, index: FileIndex, sha256: Digest, *, boot: str | None = None) -> None:
        self.directory = directory
        self.index = index
        self.sha256 = sha256
        self._boot = _boot_mark(boot)
        self._lock = threading.Condition()
        self._users = 0
        self._closing = False
        self._have: set[int] = set()
        self._bytes = 0
        self._unsynced = 0
        self._records = 0
        self._prefix = hashlib.sha256()
        self._hashed = 0
        self._proved = False
        self._data: int | None = None
        self._journal: int | None = None
        self._open()

    # -- what is known ------------------------------------------------------------------------------------------

    def verified(self) -> frozenset[int]:
        """The ordinals of the chunks that are here."""
        with self._lock:
            return frozenset(self._have)

    @property
    def verified_bytes(self) -> int:
        """Bytes of the chunks that are here."""
        return self._bytes

    @property
    def unsynced(self) -> int:
        """Bytes put since the last checkpoint."""
        return self._unsynced

    @property
    def complete(self) -> bool:
        """Whether every chunk is here."""
        return len(self._have) == len(self.index.chunks)

    # -- what changes it ----------------------------------------------------------------------------------------

    def put(self, chunk: Chunk, data: bytes | bytearray | memoryview) -> bool:
        """Verify, write in place and note one chunk; return False if it was here already.

        Raises:
            IntegrityError: the bytes are not the chunk's (``actual`` is their digest); nothing was written.
            OSError: the disk refused.
        """
        actual = Digest.of(data)
        if len(data) != chunk.length or actual != chunk.digest:
            raise IntegrityError(path=self.sha256.hex, chunk=chunk.ordinal, expected=chunk.digest.hex, found=actual.hex)
        if chunk.ordinal in self._have:
            return False
        with self._in_use() as handle:
            write_at(handle, data, chunk.offset)
            with self._lock:
                if chunk.ordinal in self._have:
                    return False
                self._append(_CHUNK, chunk.ordinal)
                self._note(chunk)
                self._unsynced += chunk.length
        return True

    def checkpoint(self) -> None:
        """Sync the data, then say so in the journal: what was put before survives a power cut."""
        with self._lock:
            covered, pending = self._records, self._unsynced
        if not pending:
            return
        with self._in_use() as handle:
            os.fsync(handle)
            with self._lock:
                self._append(_CHECKPOINT, covered)
                self._unsynced -= pending
            atomic.sync_file(self.directory / JOURNAL)

    def read(self, chunk: Chunk) -> bytes:
        """The bytes of a chunk that is here. They are not hashed again: `put` of the receiver does that."""
        if self._data is None:
            with (self.directory / DATA).open("rb") as file:
                file.seek(chunk.offset)
                return file.read(chunk.length)
        with self._in_use() as handle:
            return read_at(handle, chunk.length, chunk.offset)

    def advance(self, limit: int = 64 << 20) -> int:
        """Hash up to ``limit`` more bytes of the verified beginning of the file; return how many there were.

        Called while other bytes are still on their way, it leaves `finish` little to do. One thread at a time.
        """
        before = self._hashed
        chunks = self.index.chunks
        for ordinal in range(bisect_left(chunks, before, key=lambda chunk: chunk.offset), len(chunks)):
            chunk = chunks[ordinal]
            if chunk.ordinal not in self._have or self._hashed - before >= limit:
                break
            self._prefix.update(self.read(chunk))
            self._hashed += chunk.length
        return self._hashed - before

    def finish(self) -> Path:
        """Prove the whole file and return its path; the file is synced and its handles closed. Twice is fine.

        Raises:
            IntegrityError: chunks are missing, or some went bad on this disk; those are forgotten, plan again.
            BadPublish: all chunks are right but the file is not: the index does not belong to the file.
        """
        if self._proved:
            return self.directory / DATA
        if not self.complete:
            missing = len(self.index.chunks) - len(self._have)
            raise IntegrityError(path=self.sha256.hex, missing=missing, hint="INCOMPLETE_FILE")
        while self.advance():
            pass
        if self._prefix.hexdigest() != self.sha256.hex:
            raise self._blame()
        self.checkpoint()
        os.fsync(self._data_handle)
        self.close()
        self._proved = True
        return self.directory / DATA

    def close(self) -> None:
        """Give the files back, once nobody writes any more. What is verified stays. May be called twice."""
        with self._lock:
            self._closing = True  # a number that is closed under a writer may already mean another file
            self._lock.wait_for(lambda: self._users == 0)
            handles = (self._data, self._journal)
            self._data = self._journal = None
        for handle in handles:
            if handle is not None:
                os.close(handle)

    # -- opening ------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._data = os.open(self.directory / DATA, _FLAGS | os.O_CREAT, 0o644)
        try:
            written = os.fstat(self._data).st_size
            allocate(self._data, written, self.index.size)
            self._adopt(written)
        except BaseException:
            self.close()
            raise

    def _adopt(self, written: int) -> None:
        path = self.directory / JOURNAL
        old = path.read_bytes() if path.exists() else b""
        view = read_journal(old, Digest.of(self.index.to_bytes()), self._boot)
        for ordinal in view.trusted:
            if ordinal < len(self.index.chunks) and _end(self.index.chunks[ordinal]) <= written:
                self._note(self.index.chunks[ordinal])
        if view.end == len(old) and view.boots <= {self._boot} and self._boot != _NO_BOOT:
            self._records = (len(old) - _HEAD_SIZE) // RECORD_SIZE
            self._journal = os.open(path, _FLAGS | os.O_APPEND)
            return
        for chunk in self._unproved(written):
            if Digest.of(self.read(chunk)) == chunk.digest:
                self._note(chunk)
        self._rewrite()

    def _rewrite(self) -> None:
        """Start a journal that says in this boot's words what is known; the data is synced before it claims so."""
        if self._have:
            os.fsync(self._data_handle)
        head = _HEAD.pack(MAGIC, 1, Digest.of(self.index.to_bytes()).raw)
        records = [_record(_CHUNK, ordinal, self._boot) for ordinal in sorted(self._have)]
        if records:
            records.append(_record(_CHECKPOINT, len(records), self._boot))
        path = self.directory / JOURNAL
        atomic.write(path, head + _CRC.pack(zlib.crc32(head)) + b"".join(records))
        if self._journal is not None:
            os.close(self._journal)
        self._journal = os.open(path, _FLAGS | os.O_APPEND)
        self._records = len(records)

    def _unproved(self, written: int) -> list[Chunk]:
        """Chunks that may have been written but that nothing vouches for."""
        return [
            chunk
            for chunk in self.index.chunks
            if chunk.ordinal not in self._have
            and _end(chunk) <= written
            and not is_hole(self._data_handle, chunk.offset, chunk.length)
        ]

    def _blame(self) -> IntegrityError:
        """The whole is wrong: find the chunks that went bad on the disk and forget them, or blame the index."""
        bad = [chunk for chunk in self.index.chunks if Digest.of(self.read(chunk)) != chunk.digest]
        self._prefix, self._hashed = hashlib.sha256(), 0
        if not bad:
            return BadPublish(path=self.sha256.hex, hint="INDEX_OF_ANOTHER_FILE")
        with self._lock:
            for chunk in bad:
                self._have.discard(chunk.ordinal)
                self._bytes -= chunk.length
            self._rewrite()
        return IntegrityError(path=self.sha256.hex, chunks=[chunk.ordinal for chunk in bad], hint="BAD_ON_DISK")

    def _append(self, kind: int, value: int) -> None:
        if self._journal is None:
            raise ValueError("this partial file is closed")
        os.write(self._journal, _record(kind, value, self._boot))
        self._records += 1

    @contextmanager
    def _in_use(self) -> Iterator[int]:
        with self._lock:
            if self._closing:
                raise ValueError("this partial file is closed")
            self._users += 1
        try:
            yield self._data_handle
        finally:
            with self._lock:
                self._users -= 1
                self._lock.notify_all()

    def _note(self, chunk: Chunk) -> None:
        if chunk.ordinal not in self._have:
            self._have.add(chunk.ordinal)
            self._bytes += chunk.length

    @property
    def _data_handle(self) -> int:
        if self._data is None:
            raise ValueError("this partial file is closed")
        return self._data
