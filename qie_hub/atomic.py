"""The one home of durable writes.

Invariant: a reader sees the whole old file or the whole new file, also after a power cut. The order is always:
temporary file beside the goal, write, check the length, fsync, rename, fsync the directory.

Example::

    atomic.write(home / "refs" / "default.json", canonical.dumps(value))
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

TEMP_MARK = ".tmp-"


def write(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace ``path`` by ``data``.

    Raises:
        OSError: the file system refused; ``path`` is as it was.
    """
    make_dirs(path.parent)
    temp = path.with_name(f"{path.name}{TEMP_MARK}{secrets.token_hex(6)}")
    try:
        _write_synced(temp, data, mode)
        os.replace(temp, path)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    sync_dir(path.parent)


def create(path: Path, data: bytes, *, mode: int = 0o644) -> bool:
    """Create ``path`` with ``data``; return False and change nothing if it exists.

    A hard link from the temporary file makes creation exclusive and atomic at once; file systems without links
    fall back to a rename, where two creators at the same instant both write: callers that need one winner
    write equal bytes or compare afterwards.
    """
    make_dirs(path.parent)
    if path.exists():
        return False
    temp = path.with_name(f"{path.name}{TEMP_MARK}{secrets.token_hex(6)}")
    try:
        _write_synced(temp, data, mode)
        try:
            os.link(temp, path)
        except FileExistsError:
            return False
        except OSError:
            os.replace(temp, path)
    finally:
        temp.unlink(missing_ok=True)
    sync_dir(path.parent)
    return True


def append(path: Path, line: bytes, *, mode: int = 0o644) -> None:
    """Add a line to a journal and flush it; after a cut the last line may be torn, earlier ones never are.

    ``line`` must not hold a line break; one is added. A torn line is ended first, so that it stays alone.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), mode)
    try:
        size = os.fstat(handle).st_size
        torn = False
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
            torn = os.read(handle, 1) != b"\n"
        view = memoryview((b"\n" if torn else b"") + line + b"\n")
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    if size == 0:
        sync_dir(path.parent)


def rename(source: Path, goal: Path) -> None:
    """Rename a file or directory durably: both parents are synced."""
    os.replace(source, goal)
    sync_dir(goal.parent)
    if source.parent != goal.parent:
        sync_dir(source.parent)


def make_dirs(path: Path) -> None:
    """Create a directory and its missing parents durably: each new name is synced into its parent."""
    if path.is_dir():
        return
    make_dirs(path.parent)
    path.mkdir(exist_ok=True)
    sync_dir(path.parent)


def sync_file(path: Path) -> None:
    """Flush a file's bytes to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_dir(path: Path) -> None:
    """Flush a directory's names to the disk, where the platform can (Windows cannot open directories)."""
    if os.name == "nt":
        return
    sync_file(path)


def _write_synced(temp: Path, data: bytes, mode: int) -> None:
    exact = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | exact, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        if os.fstat(handle).st_size != len(data):
            raise OSError(f"short write to {temp}")
        os.fsync(handle)
    finally:
        os.close(handle)
