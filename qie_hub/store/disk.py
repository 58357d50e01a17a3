"""What the disk can do, and what its errors mean.

Invariant: `translated` is the one place where the store turns an ``OSError`` into an error of the tree; edges wrap
their work in it, inner functions let ``OSError`` pass.

Example::

    with disk.translated(home):
        atomic.write(path, data)      # ENOSPC leaves as DiskFull(home=..., free=...)
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qie_hub.atomic import TEMP_MARK
from qie_hub.errors import DiskFull, QieHubError, ReadOnlyHome, StoreError

FICLONE: Final = 0x40049409
"""``_IOW(0x94, 9, int)`` of linux/fs.h: share all blocks of one file with another."""

BLOCK: Final = 1 << 20

_FULL: Final = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Abilities:
    """Which ways the home's file system has of sharing one file's blocks between two names."""

    links: bool
    reflinks: bool

    @property
    def shares(self) -> bool:
        """Whether a file that is already installed costs no further space."""
        return self.links or self.reflinks


@dataclass(frozen=True, slots=True)
class DiskNeed:
    """What an installation takes from the disk, in bytes.

    ``fetch`` is what is still to be written for files on their way (a verified file is renamed into its generation,
    so it is never there twice); ``reuse`` is the size of files that other generations hold already, and costs
    nothing where the file system can share them; ``reserve`` stays free.
    """

    fetch: int
    reuse: int
    shares: bool
    reserve: int = 0

    @property
    def copies(self) -> int:
        """Bytes of reused files that must be written again."""
        return 0 if self.shares else self.reuse

    @property
    def saved(self) -> int:
        """Bytes that sharing saves."""
        return self.reuse - self.copies

    @property
    def total(self) -> int:
        """Bytes that must be free before the first one is fetched."""
        return self.fetch + self.copies + self.reserve

    def require(self, home: Path) -> None:
        """Check that the home's disk has `total` bytes free.

        Raises:
            DiskFull: it has not; nothing was written.
        """
        free = free_bytes(home)
        if free < self.total:
            raise DiskFull(home=str(home), need=self.total, free=free, missing=self.total - free)


def free_bytes(path: Path) -> int:
    """Bytes that this user may still write below ``path``, which need not exist yet."""
    return shutil.disk_usage(_existing(path)).free


def probe(folder: Path) -> Abilities:
    """Find out by trying, in ``folder``, with two small files that are gone afterwards.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    end = f"{TEMP_MARK}{secrets.token_hex(6)}"  # a probe that is killed is cleaned up like any temporary file
    source, linked, cloned = (folder / f"probe-{which}{end}" for which in "abc")
    try:
        source.write_bytes(bytes(4096))
        return Abilities(links=_try_link(source, linked), reflinks=reflink(source, cloned))
    finally:
        for path in (source, linked, cloned):
            path.unlink(missing_ok=True)


def reflink(source: Path, goal: Path) -> bool:
    """Make ``goal`` share all blocks of ``source``; return False, with no ``goal``, where that cannot be had.

    Raises:
        OSError: the source cannot be read or the goal cannot be created.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    with source.open("rb") as reader, goal.open("xb") as writer:
        try:
            fcntl.ioctl(writer.fileno(), FICLONE, reader.fileno())
        except OSError as error:
            goal.unlink()
            if error.errno in _FULL:
                raise
            return False
    return True


def is_writable(home: Path) -> bool:
    """Whether this process may write below ``home`` (or create it). Asks by permission, writes nothing."""
    place = _existing(home)
    return os.access(place, os.W_OK | os.X_OK) and not _mounted_read_only(place)


@contextmanager
def translated(home: Path, *, need: int | None = None) -> Iterator[None]:
    """Turn what the file system refuses into what a person can act on.

    Raises:
        DiskFull: no space or quota left; ``need`` is passed on where the caller knows it.
        ReadOnlyHome: the home cannot be written.
        StoreError: any other refusal, with the system's name for it.
    """
    try:
        yield
    except QieHubError:
        raise
    except OSError as error:
        raise explain(error, home, need=need) from error


def explain(error: OSError, home: Path, *, need: int | None = None) -> StoreError:
    """Return the error of the tree that says what ``error`` means for this home."""
    if error.errno in _FULL:
        return DiskFull(hint=None if need else "DISK_FILLED", home=str(home), need=need, free=free_bytes(home))
    if error.errno in _READ_ONLY and not is_writable(home):
        return ReadOnlyHome(home=str(home))
    name = errno.errorcode.get(error.errno or 0, "unknown")
    hint = "FILE_TOO_LARGE_FOR_DISK" if error.errno == errno.EFBIG else None
    return StoreError(hint=hint, home=str(home), path=str(error.filename or ""), problem=name)


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _mounted_read_only(path: Path) -> bool:
    if not hasattr(os, "statvfs"):
        return False
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _try_link(source: Path, goal: Path) -> bool:
    try:
        os.link(source, goal)
    except OSError:
        return False
    return True
