"""Reading and writing a preallocated file by position, on every platform.

Tested on Linux; the branches for Windows and for file systems without preallocation are written from documentation.
"""

from __future__ import annotations

import errno
import os
import sys
import threading

_SEEKING = threading.Lock()  # only where the platform has no pwrite
_NO_FALLOCATE = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


def allocate(handle: int, written: int, size: int) -> None:
    """Give the file its size, and the disk's promise of it where the file system can make one."""
    if written > size:
        os.ftruncate(handle, size)
    if size == 0 or written >= size:
        return
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(handle, 0, size)
        except OSError as error:
            if error.errno not in _NO_FALLOCATE:
                raise
    os.ftruncate(handle, size)


def is_hole(handle: int, offset: int, length: int) -> bool:
    """Whether the file system knows that nothing was ever written there; False where it cannot tell."""
    if not hasattr(os, "SEEK_DATA"):
        return False
    try:
        return os.lseek(handle, offset, os.SEEK_DATA) >= offset + length
    except OSError as error:
        return error.errno == errno.ENXIO


def write_at(handle: int, data: bytes | bytearray | memoryview, offset: int) -> None:
    """Write all of ``data`` at ``offset``."""
    view = memoryview(data)
    while view:
        count = _pwrite(handle, view, offset)
        view, offset = view[count:], offset + count


def read_at(handle: int, length: int, offset: int) -> bytes:
    """Read ``length`` bytes at ``offset``; fewer at the end of the file."""
    parts = []
    while length:
        part = _pread(handle, length, offset)
        if not part:
            break
        parts.append(part)
        length, offset = length - len(part), offset + len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


if sys.platform == "win32":

    def _pwrite(handle: int, data: memoryview, offset: int) -> int:
        with _SEEKING:
            os.lseek(handle, offset, os.SEEK_SET)
            return os.write(handle, data)

    def _pread(handle: int, length: int, offset: int) -> bytes:
        with _SEEKING:
            os.lseek(handle, offset, os.SEEK_SET)
            return os.read(handle, length)

else:
    _pwrite = os.pwrite
    _pread = os.pread
