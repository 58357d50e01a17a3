"""Generations: numbered, immutable installations, and how one comes to be.

Invariants:

* A generation exists exactly when ``<N>/receipt.json`` is there, can be read and names this pack and this number.
* It is made under a hidden name (`staged`), its receipt is written last, every byte and name is synced, and one rename
  makes it visible. Before that rename nothing is there, after it everything is.
* It holds exactly the files that `assemble` put there, looking as they did then.
* Numbers only rise while anything of the pack remembers them. Two writers at once get two numbers.
* The one thing that may change in a generation is its receipt (`rewrite`), by one atomic replace.

Example::

    with generations.staging(ref) as staged:
        stamp = assemble.adopt(staged, "model.onnx", data, digest).stamp
        number = generations.commit(staged, receipt).generation
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from qie_hub import atomic
from qie_hub.errors import FormatError, NotInstalled, Tampered
from qie_hub.formats.receipt import FileStamp, Receipt, RefState
from qie_hub.packref import PackRef
from qie_hub.store import home, staged
from qie_hub.store.layout import DOOMED, Layout, number_of, ref_of
from qie_hub.store.staged import Staged
from qie_hub.store.stamps import matches, stamp

__all__ = ["Generations", "Staged", "stamp"]

_TAKEN: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EACCES})


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
        atomic.make_dirs(self.layout.slot(ref))
        return staged.begin(self.layout, ref)

    @contextmanager
    def staging(self, ref: PackRef) -> Iterator[Staged]:
        """`stage`; what was not committed at the end is undone: verified files go back to ``partial/``.

        Where even that fails (a disk that went away), `recover` or `gc` does it later: the error that led here counts.
        """
        folder = self.stage(ref)
        try:
            yield folder
        finally:
            with suppress(OSError):
                staged.undo(self.layout, folder.path)

    def recover(self, ref: PackRef) -> None:
        """Undo what a writer that died left staged, so that its verified files are found in ``partial/`` again.

        Only the pack's writer may call this; `Writers` does, for every new writer, before it plans.

        Raises:
            OSError: the home cannot be written.
        """
        for path in staged.abandoned(self.layout, ref):
            staged.undo(self.layout, path)

    def commit(self, folder: Staged, receipt: Receipt) -> Receipt:
        """Make a staged generation visible, under the next number.

        The receipt's number is filled in here.

        Returns:
            The receipt as it was written; ``generation`` is the new number.

        Raises:
            FormatError: the receipt's files are not those that were placed.
            Tampered: a placed file has changed since.
            OSError: the home refused; nothing became visible.
        """
        folder.close(receipt.files)
        number = self._next_number(folder.ref)
        while True:
            final = replace(receipt, generation=number)
            atomic.write(folder.path / "receipt.json", final.to_bytes())
            if _rename_new(folder.path, self.layout.generation(folder.ref, number)):
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


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _bad_receipt(ref: PackRef, path: Path, problem: str) -> Tampered:
    return Tampered(hint="RECEIPT_UNREADABLE", ref=str(ref.unversioned), path=str(path), problem=problem)


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
