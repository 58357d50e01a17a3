"""What is in a home, as one value: what `gc` decides by and what ``list --verbose`` and ``doctor`` may show.

Invariant: looking changes nothing, and what vanishes while it is looked at is simply not there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, TypeAlias

from qie_hub import atomic
from qie_hub.formats.receipt import Receipt, RefState
from qie_hub.packref import PackRef
from qie_hub.store.claims import CLAIM
from qie_hub.store.layout import DOOMED, STAGED, ref_of
from qie_hub.store.store import Store

_TEMP: Final = re.compile(re.escape(atomic.TEMP_MARK) + r"[0-9a-f]{12}\Z")

Kind: TypeAlias = Literal["staged", "doomed", "partial", "temporary", "claim", "broken", "ref", "derived", "empty"]


@dataclass(frozen=True, slots=True)
class Orphan:
    """Something that belongs to no generation. ``age`` since it was last touched; ``size`` in bytes."""

    path: Path
    kind: Kind
    size: int
    age: timedelta


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in a home: all that `plan` looks at. ``refs`` has None for a ref that cannot be read."""

    now: datetime
    generations: tuple[Receipt, ...]
    refs: Mapping[PackRef, RefState | None]
    held: frozenset[tuple[PackRef, int]]
    orphans: tuple[Orphan, ...]


def look(store: Store) -> Survey:
    """Look at a home. Reads only."""
    return Survey(
        now=store.clock.now(),
        generations=store.generations.installed(),
        refs=store.refs.everything(),
        held=frozenset((holder.ref, holder.number) for holder in store.holds.everybody()),
        orphans=tuple(_orphans(store)),
    )


def _orphans(store: Store) -> Iterator[Orphan]:
    layout = store.layout
    now = store.clock.now().timestamp()
    yield from _each(_abandoned(store), "staged", now)
    yield from _each(layout.packs.glob(f"*/{DOOMED}*"), "doomed", now)
    yield from _each(layout.packs.glob(f"*/*/{DOOMED}*"), "doomed", now)
    empty = set(_empty_partials(layout.partial))
    yield from _each((path for path in layout.partial.glob("[!.]*") if path not in empty), "partial", now)
    yield from _each(sorted(empty), "empty", now)
    yield from _each(layout.partial.glob(f"{DOOMED}*"), "doomed", now)
    yield from _each(layout.derived.glob("*"), "derived", now)
    yield from _each((*store.holds.stale(), *store.writers.stale()), "claim", now)
    yield from _each(_temporaries(layout.home), "temporary", now)
    yield from _each(_broken(store), "broken", now)
    yield from _each(_dangling(store), "ref", now)


def _abandoned(store: Store) -> Iterator[Path]:
    """Staged folders, and records of moves, of packs that nobody works on."""
    for path in store.layout.packs.glob(f"*/*/{STAGED}*"):
        ref = ref_of(path.parent.parent.name, path.parent.name)
        if ref is None or store.writers.other(ref) is None:
            yield path


def _empty_partials(partial: Path) -> Iterator[Path]:
    """Folders of files on their way in which nothing is: their owner died before the first byte, or after the move."""
    for path in partial.glob("[!.]*"):
        with suppress(FileNotFoundError, NotADirectoryError):
            if set(os.listdir(path)) <= {CLAIM}:
                yield path


def _temporaries(home: Path) -> Iterator[Path]:
    for path, _, names in os.walk(home):
        for name in names:
            if _TEMP.search(name):
                yield Path(path) / name


def _broken(store: Store) -> Iterator[Path]:
    """Folders with a generation's number but no receipt that can be read, unless a ref names them."""
    refs = store.refs.everything()
    for slot in store.layout.packs.glob("*/*"):
        ref = ref_of(slot.parent.name, slot.name)
        state = refs.get(ref, RefState()) if ref is not None else None
        if ref is None or state is None:
            continue
        whole = {receipt.generation for receipt in store.generations.of(ref)}
        for number in set(store.generations.numbers(ref)) - whole - {state.current, state.previous}:
            yield store.layout.generation(ref, number)


def _dangling(store: Store) -> Iterator[Path]:
    """Ref files of packs that have nothing installed: what a kill in `remove_pack` leaves."""
    for ref, state in store.refs.everything().items():
        if state is not None and not store.generations.numbers(ref):
            yield store.layout.ref_file(ref)


def _each(paths: Iterable[Path], kind: Kind, now: float) -> Iterator[Orphan]:
    for path in paths:
        try:
            size, touched = _measure(path)
        except FileNotFoundError:
            continue
        yield Orphan(path, kind, size, timedelta(seconds=now - touched))


def _measure(path: Path) -> tuple[int, float]:
    """Bytes of all files below, and when anything below was last touched."""
    facts = path.lstat()
    size, touched = facts.st_size, facts.st_mtime
    if not path.is_dir() or path.is_symlink():
        return size, touched
    size = 0
    for folder, folders, names in os.walk(path):
        for name in (*folders, *names):
            inner = (Path(folder) / name).lstat()
            touched = max(touched, inner.st_mtime)
            size += inner.st_size if name in names else 0
    return size, touched
