"""Generations: numbered, immutable installations, and how one comes to be.

Invariants:

* A generation exists exactly when ``<N>/receipt.json`` is there, can be read and names this pack and this number.
* It is made under a hidden name, its receipt is written last, every byte and name is synced, and one rename makes it
  visible. Before that rename nothing is there, after it everything is.
* Numbers only rise while anything of the pack remembers them. Two writers at once get two numbers.
* The one thing that may change in a generation is its receipt (`rewrite`), by one atomic replace.

Example::

    with generations.staging(ref) as staged:
        assemble.adopt(staged, "model.onnx", data, digest)
        number = generations.commit(staged, receipt).generation
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.digest import Digest
from qie_hub.errors import FormatError, NotInstalled, Tampered
from qie_hub.formats.fields import path_problem
from qie_hub.formats.receipt import FileStamp, Receipt, RefState
from qie_hub.packref import PackRef
from qie_hub.store import home
from qie_hub.store.layout import DOOMED, STAGED, Layout, number_of, ref_of

_INT64_MAX: Final = (1 << 63) - 1
_TAKEN: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EACCES})


@dataclass(frozen=True, slots=True)
class Staged:
    """A generation in the making: a hidden folder that no listing shows."""

    ref: PackRef
    path: Path

    @property
    def files(self) -> Path:
        """The folder of the pack's files."""
        return self.path / "files"

    @property
    def proof(self) -> Path:
        """The folder of the signed metadata."""
        return self.path / "proof"

    def goal(self, name: str) -> Path:
        """Where the file ``name`` of the manifest belongs.

        Raises:
            FormatError: the name may not name a file of a pack.
        """
        return self.files / safe_name(name)


class Generations:
    """All generations of a home."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def installed(self) -> tuple[Receipt, ...]:
        """The receipts of everything that is installed, by publisher, pack and number."""
        found: list[Receipt] = []
        for slot in sorted(self.layout.packs.glob("*/*")):
            ref = ref_of(slot.parent.name, slot.name)
            if ref is not None:
                found += self.of(ref)
        return tuple(found)

    def of(self, ref: PackRef) -> tuple[Receipt, ...]:
        """The receipts of one pack, oldest first; what has none, or a torn one, is no generation."""
        found = []
        for number in self.numbers(ref):
            try:
                found.append(self.receipt(ref, number))
            except (NotInstalled, Tampered):
                continue
        return tuple(found)

    def numbers(self, ref: PackRef) -> tuple[int, ...]:
        """The numbers of all folders that look like generations, whole or not, lowest first."""
        numbers = (number_of(name) for name in _names(self.layout.slot(ref)))
        return tuple(sorted(number for number in numbers if number is not None))

    def receipt(self, ref: PackRef, number: int) -> Receipt:
        """The receipt of one generation.

        Raises:
            NotInstalled: there is none.
            Tampered: there is one, but it cannot be read or speaks of something else.
        """
        path = self.layout.receipt(ref, number)
        try:
            receipt = Receipt.from_bytes(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise NotInstalled(ref=str(ref.unversioned), generation=number) from None
        except FormatError as error:
            raise _bad_receipt(ref, path, str(error.data["issues"])) from None
        if receipt.ref.unversioned != ref.unversioned or receipt.generation != number:
            raise _bad_receipt(ref, path, f"it speaks of {receipt.ref} generation {receipt.generation}")
        return receipt

    def path(self, ref: PackRef, number: int) -> Path:
        """The folder of a generation that exists.

        Raises:
            NotInstalled: it does not.
        """
        if not self.layout.receipt(ref, number).exists():
            raise NotInstalled(ref=str(ref.unversioned), generation=number)
        return self.layout.generation(ref, number)

    def stage(self, ref: PackRef) -> Staged:
        """Begin a generation.

        Raises:
            NewerHome: the home belongs to a newer program.
            OSError: the home cannot be written.
        """
        home.prepare(self.layout)
        slot = self.layout.slot(ref)
        path = slot / f"{STAGED}{secrets.token_hex(8)}"
        atomic.make_dirs(slot)
        path.mkdir()
        (path / "files").mkdir()
        (path / "proof").mkdir()
        return Staged(ref.unversioned, path)

    @contextmanager
    def staging(self, ref: PackRef) -> Iterator[Staged]:
        """`stage`, with whatever was not committed removed at the end."""
        staged = self.stage(ref)
        try:
            yield staged
        finally:
            shutil.rmtree(staged.path, ignore_errors=True)

    def commit(self, staged: Staged, receipt: Receipt) -> Receipt:
        """Make a staged generation visible, under the next number.

        The receipt's own number and stamps are filled in here: the stamps from the files as they lie in ``staged``,
        which must be exactly those that the receipt lists.

        Returns:
            The receipt as it was written; ``generation`` is the new number.

        Raises:
            FormatError: the staged files are not those of the receipt.
            OSError: the home refused; nothing became visible.
        """
        stamps = tuple(stamp(staged.files, item.path, item.sha256) for item in receipt.files)
        _check_files(staged, receipt.files, stamps)
        _sync_tree(staged.path)
        number = self._next_number(staged.ref)
        while True:
            final = replace(receipt, generation=number, files=stamps)
            atomic.write(staged.path / "receipt.json", final.to_bytes())
            if _rename_new(staged.path, self.layout.generation(staged.ref, number)):
                return final
            number += 1

    def rewrite(self, receipt: Receipt) -> None:
        """Replace the receipt of an existing generation (fresh stamps, a later canary).

        Raises:
            NotInstalled: the generation is gone.
        """
        folder = self.path(receipt.ref, receipt.generation)
        atomic.write(folder / "receipt.json", receipt.to_bytes())

    def changed(self, receipt: Receipt) -> tuple[FileStamp, ...]:
        """The files of a generation that no longer look as they did when they were last hashed."""
        folder = self.layout.files(receipt.ref, receipt.generation)
        return tuple(item for item in receipt.files if not matches(folder, item))

    def _next_number(self, ref: PackRef) -> int:
        doomed = (name.removeprefix(DOOMED).partition("-")[0] for name in _names(self.layout.slot(ref)))
        known = [0, *self.numbers(ref), *(number_of(name) or 0 for name in doomed)]
        try:
            state = RefState.from_bytes(self.layout.ref_file(ref).read_bytes())
        except (OSError, FormatError):
            state = RefState()
        return max(*known, state.current or 0, state.previous or 0) + 1


def stamp(folder: Path, name: str, sha256: Digest) -> FileStamp:
    """Describe a file that was just verified. Inode and device are folded into 63 bits: receipts hold int64."""
    facts = os.lstat(folder / safe_name(name))
    return FileStamp(
        path=name,
        size=facts.st_size,
        sha256=sha256,
        mtime_ns=facts.st_mtime_ns,
        inode=facts.st_ino & _INT64_MAX,
        device=facts.st_dev & _INT64_MAX,
    )


def matches(folder: Path, known: FileStamp) -> bool:
    """Whether the file still looks as it did when it was last hashed."""
    try:
        return stamp(folder, known.path, known.sha256) == known
    except OSError:
        return False


def safe_name(name: str) -> str:
    """Return ``name`` if it may name a file of a pack.

    Raises:
        FormatError: it may not.
    """
    problem = path_problem(name)
    if problem is not None:
        raise FormatError(what="file name", issues=[problem])
    return name


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _bad_receipt(ref: PackRef, path: Path, problem: str) -> Tampered:
    return Tampered(hint="RECEIPT_UNREADABLE", ref=str(ref.unversioned), path=str(path), problem=problem)


def _check_files(staged: Staged, listed: Sequence[FileStamp], found: Sequence[FileStamp]) -> None:
    issues = [f"{a.path}: {b.size} bytes, not {a.size}" for a, b in zip(listed, found, strict=True) if a.size != b.size]
    present = {path.relative_to(staged.files).as_posix() for path in staged.files.rglob("*") if not path.is_dir()}
    issues += [f"{name}: not in the receipt" for name in sorted(present - {item.path for item in listed})]
    if issues:
        raise FormatError(what="staged generation", issues=issues)


def _sync_tree(folder: Path) -> None:
    """Sync every directory below, innermost first, and the files of the proof (pack files are synced on arrival)."""
    for path, _, names in os.walk(folder, topdown=False):
        if Path(path) == folder / "proof" or folder / "proof" in Path(path).parents:
            for name in names:
                atomic.sync_file(Path(path) / name)
        atomic.sync_dir(Path(path))


def _rename_new(source: Path, goal: Path) -> bool:
    """Rename a folder to a name that must be free; False if it is not."""
    if goal.exists():
        return False
    try:
        atomic.rename(source, goal)
    except OSError as error:
        if error.errno in _TAKEN and goal.exists():
            return False
        raise
    return True
