"""What may go, decided as a value; and how it goes.

Invariants:

* `plan` is pure. It never names what a ref uses, what is held, what is younger than an hour, or anything of a pack
  whose ref cannot be read.
* A generation is hidden by one rename before it is deleted, and holds and refs are read again while it is hidden:
  whoever took it in between gets it back. A kill at any point leaves it whole and visible, or hidden, and hidden
  things are finished by the next run.
* Deleting may fail (Windows keeps open files): what is hidden stays hidden and is tried again by the next run.
  `_discard` is the only place that knows.

Example::

    report = gc.act(store, gc.plan(survey.look(store), budget=20_000_000_000))
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, TypeAlias

from qie_hub import atomic
from qie_hub.clock import from_text
from qie_hub.errors import Busy, NotInstalled, Pinned, Tampered
from qie_hub.formats.receipt import Receipt, RefState
from qie_hub.packref import PackRef
from qie_hub.store import claims, disk, staged
from qie_hub.store.layout import DOOMED, hidden_names, number_of, ref_of
from qie_hub.store.store import Store
from qie_hub.store.survey import Orphan, Survey

GRACE: Final = timedelta(hours=1)
PARTIAL_LIFE: Final = timedelta(days=14)

Why: TypeAlias = Literal["current", "previous", "pinned", "held", "young", "ref_unreadable"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation that stays, and the strongest reason."""

    ref: PackRef
    number: int
    why: Why


@dataclass(frozen=True, slots=True)
class GcPlan:
    """What goes and what stays. ``freed`` counts a file that several generations share once, when the last goes."""

    remove: tuple[tuple[PackRef, int], ...] = ()
    orphans: tuple[Orphan, ...] = ()
    kept: tuple[Kept, ...] = ()
    freed: int = 0
    left: int = 0


@dataclass(slots=True)
class GcReport:
    """What `act` did. ``postponed`` is hidden but could not be deleted yet; ``returned`` was taken in between."""

    removed: list[tuple[PackRef, int]] = field(default_factory=list)
    returned: list[tuple[PackRef, int]] = field(default_factory=list)
    postponed: list[Path] = field(default_factory=list)
    orphans: int = 0


def plan(survey: Survey, *, budget: int | None = None) -> GcPlan:
    """Decide what goes.

    Without a budget: every generation that nothing keeps, and orphans past their time. With a budget in bytes: while
    more than that would be left, first what was derived, then previous generations, the oldest first.
    """
    reasons = {(receipt.ref.unversioned, receipt.generation): _why(receipt, survey) for receipt in survey.generations}
    going = [key for key, why in reasons.items() if why is None]
    orphans = [orphan for orphan in survey.orphans if orphan.age >= _life(orphan)]
    derived = [orphan for orphan in survey.orphans if orphan.kind == "derived"]
    if budget is not None:
        _shrink(survey, budget, reasons, going, orphans)
    sizes = _Sizes(survey.generations)
    kept = [Kept(ref, number, why) for (ref, number), why in reasons.items() if why and (ref, number) not in going]
    left = sizes.left(going) + sum(orphan.size for orphan in derived if orphan not in orphans)
    freed = sizes.left(()) - sizes.left(going) + sum(orphan.size for orphan in orphans)
    return GcPlan(tuple(going), tuple(orphans), tuple(kept), freed, left)


def _why(receipt: Receipt, survey: Survey) -> Why | None:
    """The strongest reason to keep a generation, or None."""
    ref, number = receipt.ref.unversioned, receipt.generation
    state = survey.refs.get(ref, RefState())
    if state is None:
        return "ref_unreadable"
    if number == state.current:
        return "current"
    if (ref, number) in survey.held:
        return "held"
    if survey.now - from_text(receipt.installed) < GRACE:
        return "young"
    if number == state.previous:
        return "pinned" if state.pinned else "previous"
    return None


def _life(orphan: Orphan) -> timedelta:
    if orphan.kind == "derived":
        return timedelta.max
    return PARTIAL_LIFE if orphan.kind == "partial" else GRACE


def _shrink(
    survey: Survey,
    budget: int,
    reasons: Mapping[tuple[PackRef, int], Why | None],
    going: list[tuple[PackRef, int]],
    orphans: list[Orphan],
) -> None:
    """Add to ``going`` and ``orphans`` until the budget is met or nothing more may go."""
    sizes = _Sizes(survey.generations)
    derived = sorted((one for one in survey.orphans if one.kind == "derived"), key=lambda one: -one.age)
    left = sizes.left(going) + sum(one.size for one in derived)
    for one in derived:
        if left <= budget:
            return
        orphans.append(one)
        left -= one.size
    oldest_first = sorted(survey.generations, key=lambda receipt: (receipt.installed, receipt.generation))
    for receipt in oldest_first:
        if sizes.left(going) <= budget:
            return
        key = (receipt.ref.unversioned, receipt.generation)
        if reasons[key] == "previous":
            going.append(key)


class _Sizes:
    """Bytes on disk of sets of generations, an inode counted once."""

    def __init__(self, generations: Sequence[Receipt]) -> None:
        self._files: dict[tuple[PackRef, int], dict[tuple[object, ...], int]] = {
            (receipt.ref.unversioned, receipt.generation): {
                (item.device, item.inode) if item.inode else (receipt.ref, receipt.generation, item.path): item.size
                for item in receipt.files
            }
            for receipt in generations
        }

    def left(self, without: Collection[tuple[PackRef, int]]) -> int:
        union: dict[tuple[object, ...], int] = {}
        for key, files in self._files.items():
            if key not in without:
                union |= files
        return sum(union.values())


def act(store: Store, plan: GcPlan) -> GcReport:
    """Carry a plan out. Safe to repeat, and beside other processes.

    Raises:
        ReadOnlyHome: the home cannot be written.
    """
    report = GcReport()
    with disk.translated(store.layout.home):
        for ref, number in plan.remove:
            _remove_generation(store, ref, number, report)
        for orphan in plan.orphans:
            with suppress(FileNotFoundError):  # another collector was faster
                _remove_orphan(store, orphan, report)
    return report


def remove(store: Store, ref: PackRef) -> GcReport:
    """Remove a pack: hide the folder of all its generations by one rename, forget its ref, delete.

    Raises:
        NotInstalled: there is nothing of it.
        Pinned: it is pinned.
        Busy: an edit holds it, or another process works on it; it stays as it is.
        ReadOnlyHome: the home cannot be written.
    """
    ref = ref.unversioned
    if not store.generations.numbers(ref):
        raise NotInstalled(ref=str(ref))
    if _is_pinned(store, ref):
        raise Pinned(ref=str(ref))
    if store.holds.holders(ref):
        raise _held(store, ref)
    with disk.translated(store.layout.home), store.writers.only(ref, purpose="remove"):
        report = _remove_slot(store, ref)
    if report.returned:
        raise _held(store, ref)
    return report


def _is_pinned(store: Store, ref: PackRef) -> bool:
    try:
        return store.refs.state(ref).pinned
    except Tampered:
        return False


def _held(store: Store, ref: PackRef) -> Busy:
    names = [holder.seen.name for holder in store.holds.holders(ref)]
    return Busy(hint="PACK_HELD", ref=str(ref), by=names or ["?"])


def _remove_slot(store: Store, ref: PackRef) -> GcReport:
    """``returned`` names the generations if somebody took hold of one in between."""
    report = GcReport()
    slot = store.layout.slot(ref)
    numbers = [(ref.unversioned, number) for number in store.generations.numbers(ref)]
    if slot.is_dir():
        hidden = _hide(slot, store.clock.now())
        if store.holds.holders(ref):
            _unhide(hidden, slot)
            report.returned += numbers
            return report
        store.refs.forget(ref)
        _discard(hidden, report)
    store.refs.forget(ref)
    report.removed += numbers
    return report


def _remove_generation(store: Store, ref: PackRef, number: int, report: GcReport) -> None:
    path = store.layout.generation(ref, number)
    try:
        hidden = _hide(path, store.clock.now())
    except FileNotFoundError:
        return  # somebody else was faster
    if _wanted(store, ref, number):
        _unhide(hidden, path)
        report.returned.append((ref, number))
        return
    _discard(hidden, report)
    report.removed.append((ref, number))


def _wanted(store: Store, ref: PackRef, number: int) -> bool:
    """Whether a hidden generation was taken into use after the plan was made."""
    if store.holds.holders(ref, number):
        return True
    state = store.refs.everything().get(ref.unversioned, RefState())
    return state is None or number == state.current


def _remove_orphan(store: Store, orphan: Orphan, report: GcReport) -> None:
    """Remove one orphan, after a last look at whether somebody took it in between."""
    path = orphan.path
    if orphan.kind == "ref":
        _forget_dangling(store, path, report)
        return
    if (orphan.kind == "doomed" and _restore(store, path)) or (orphan.kind == "claim" and _is_claimed(store, path)):
        return
    report.orphans += 1
    if orphan.kind == "empty":
        _remove_empty(store, path)
    elif orphan.kind == "staged":
        staged.undo(store.layout, path.with_name(path.name.removesuffix(staged.RECORD_END)))
    elif not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        _discard(path if orphan.kind == "doomed" else _hide(path, store.clock.now()), report)


def _remove_empty(store: Store, path: Path) -> None:
    """Remove a folder only while it is empty: a file that comes back into it in between stays."""
    if not _is_claimed(store, path / claims.CLAIM):
        (path / claims.CLAIM).unlink(missing_ok=True)
        with suppress(OSError):
            path.rmdir()


def _is_claimed(store: Store, path: Path) -> bool:
    """Whether a living claim took the place of a dead one."""
    seen = claims.see(path, store.clock.now())
    return seen is not None and seen.claim is not None and seen.alive


def _forget_dangling(store: Store, path: Path, report: GcReport) -> None:
    """Remove the ref of a pack that has nothing installed, unless somebody is installing it right now."""
    ref = ref_of(path.parent.name, path.stem)
    writer = None if ref is None else store.writers.claim(ref, purpose="gc")
    if ref is None or writer is None:
        return
    with writer:
        if not store.generations.numbers(ref):
            store.refs.forget(ref)
            report.orphans += 1


def _restore(store: Store, hidden: Path) -> bool:
    """Give back what was hidden by somebody who died before looking for holds."""
    name = hidden.name.removeprefix(DOOMED).rpartition("-")[0]
    goal = hidden.with_name(name)
    number = number_of(name)
    ref = ref_of(hidden.parent.name, name) if number is None else ref_of(hidden.parent.parent.name, hidden.parent.name)
    if ref is None or goal.exists():
        return False
    wanted = _wanted(store, ref, number) if number is not None else bool(store.holds.holders(ref))
    if not wanted:
        return False
    _unhide(hidden, goal)
    return True


def _hide(path: Path, now: datetime) -> Path:
    """Hide a folder, touched first: what was hidden just now is not yet an orphan for another collector."""
    hidden = path.with_name(hidden_names(path).replace("*", secrets.token_hex(6)))
    os.utime(path, (now.timestamp(), now.timestamp()))
    atomic.rename(path, hidden)
    return hidden


def _unhide(hidden: Path, path: Path) -> None:
    atomic.rename(hidden, path)


def _discard(hidden: Path, report: GcReport) -> None:
    """Delete a hidden folder as far as the system lets us; the rest is for the next run."""
    shutil.rmtree(hidden, ignore_errors=True)
    if hidden.exists():
        report.postponed.append(hidden)
