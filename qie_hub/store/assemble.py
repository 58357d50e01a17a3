"""Puts verified files into a staged generation, in the cheapest way that this disk has.

Invariants:

* A file name below ``packs/`` means *verified*: the bytes hash to the digest that the receipt will list. That holds
  across publishers, because a digest that one publisher's pack brought is linked into another's: a file from
  ``partial/`` is therefore hashed as a whole, not only chunk by chunk against its own publisher's index.
* A file of another generation is shared only while it still looks as its receipt says (size, time, inode, device),
  looked at again after the link or clone was made. Anything else is copied, and the copy is hashed.
* Files are mode 0444 and never symbolic links (ONNX Runtime refuses those).

Example::

    have = have_files(generations)
    placed = reuse(staged, "weights.bin", have[digest])     # Placed(how="linked", ...)
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from qie_hub import atomic
from qie_hub.digest import Digest
from qie_hub.errors import IntegrityError, Tampered
from qie_hub.formats.receipt import FileStamp
from qie_hub.store.disk import BLOCK, reflink
from qie_hub.store.generations import Generations
from qie_hub.store.staged import MODE, Staged, seal
from qie_hub.store.stamps import matches, stamp

How: TypeAlias = Literal["moved", "linked", "reflinked", "copied"]

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


@dataclass(frozen=True, slots=True)
class Have:
    """A file that an installed generation lists: below ``folder``, looking as ``known`` says."""

    folder: Path
    known: FileStamp

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.known.path


@dataclass(frozen=True, slots=True)
class Placed:
    """A file in its staged generation, how it came there, and the bytes of disk that it newly takes."""

    stamp: FileStamp
    how: How
    written: int


def have_files(generations: Generations) -> Mapping[Digest, Have]:
    """Every digest that an installed generation holds, where the file still looks as it did when it was hashed."""
    found: dict[Digest, Have] = {}
    for receipt in generations.installed():
        folder = generations.layout.files(receipt.ref, receipt.generation)
        for item in receipt.files:
            if item.sha256 not in found and matches(folder, item):
                found[item.sha256] = Have(folder, item)
    return found


def adopt(staged: Staged, name: str, data: Path, digest: Digest, *, hashed: Digest | None = None) -> Placed:
    """Move a complete file from ``partial/`` into a staged generation.

    Where ``partial/`` is on another disk the file is copied and stays there. ``hashed`` is the SHA-256 of the whole
    file where the caller computed it over exactly these bytes on their way; without it the file is read once more.

    Raises:
        IntegrityError: the file's digest is another one; the file stays where it is.
        FormatError: the name may not name a file of a pack.
        OSError: the disk refused.
    """
    goal = staged.goal(name)
    found = hashed or Digest.of_stream(_blocks(data))
    if found != digest:
        raise IntegrityError(path=name, expected=str(digest), found=str(found))
    _clear(goal)
    atomic.sync_file(data)
    staged.will_move(data, name)
    try:
        os.replace(data, goal)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(data, goal, digest)
        return _placed(staged, name, digest, "copied")
    return _placed(staged, name, digest, "moved")


def create(staged: Staged, name: str, data: bytes, digest: Digest) -> Placed:
    """Write a small file from memory into a staged generation.

    Raises:
        IntegrityError: the bytes' digest is another one.
        FormatError: the name may not name a file of a pack.
        OSError: the disk refused.
    """
    found = Digest.of(data)
    if found != digest:
        raise IntegrityError(path=name, expected=str(digest), found=str(found))
    goal = staged.goal(name)
    _clear(goal)
    atomic.write(goal, data, mode=MODE)
    return _placed(staged, name, digest, "copied")


def reuse(staged: Staged, name: str, have: Have) -> Placed:
    """Share a file of another generation: hard link, else reflink, else a copy that is hashed while it is written.

    Raises:
        Tampered: the file is not what its receipt says; fetch it instead.
        FormatError: the name may not name a file of a pack.
        OSError: the disk refused.
    """
    goal = staged.goal(name)
    _clear(goal)
    digest = have.known.sha256
    if _link(have.path, goal):
        return _checked(staged, name, have, "linked")
    if _reflink(have.path, goal):
        seal(goal)
        atomic.sync_file(goal)
        return _checked(staged, name, have, "reflinked")
    try:
        _copy(have.path, goal, digest)
    except FileNotFoundError:
        raise _vanished(have) from None
    return _placed(staged, name, digest, "copied")


def _checked(staged: Staged, name: str, have: Have, how: How) -> Placed:
    """Keep a shared file only if its source still looks verified; a change before now would have shown by now."""
    if not matches(have.folder, have.known):
        staged.goal(name).unlink()
        raise _vanished(have)
    return _placed(staged, name, have.known.sha256, how)


def _placed(staged: Staged, name: str, digest: Digest, how: How) -> Placed:
    known = stamp(staged.files, name, digest)
    staged.note(known)
    return Placed(known, how, known.size if how in ("moved", "copied") else 0)


def _vanished(have: Have) -> Tampered:
    return Tampered(path=str(have.path), sha256=str(have.known.sha256))


def _clear(goal: Path) -> None:
    goal.parent.mkdir(parents=True, exist_ok=True)
    goal.unlink(missing_ok=True)


def _link(source: Path, goal: Path) -> bool:
    """False where this pair cannot be linked (other disk, no links, too many links, or no source)."""
    try:
        os.link(source, goal, follow_symlinks=False)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise
        return False
    return True


def _reflink(source: Path, goal: Path) -> bool:
    try:
        return reflink(source, goal)
    except FileNotFoundError:
        return False


def _copy(source: Path, goal: Path, digest: Digest) -> None:
    """Copy and hash in one pass; a goal with wrong bytes does not stay."""
    state = hashlib.sha256()
    try:
        with goal.open("xb") as writer:
            for block in _blocks(source):
                state.update(block)
                writer.write(block)
            writer.flush()
            os.fsync(writer.fileno())
        _require(state.hexdigest(), digest, source)
        seal(goal)
    except BaseException:
        goal.unlink(missing_ok=True)
        raise


def _require(found: str, digest: Digest, source: Path) -> None:
    if found != digest.hex:
        raise Tampered(path=str(source), sha256=str(digest), found=found)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as reader:
        while block := reader.read(BLOCK):
            yield block
