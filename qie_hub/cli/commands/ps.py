"""``qie-hub ps``: which processes hold, change or have loaded packs now, and the memory that these take by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page, Say, Table
from qie_hub.messages import size_text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.formats.notice import LoadedNote, Notice
    from qie_hub.packref import PackRef
    from qie_hub.store.claims import Seen
    from qie_hub.store.store import Store
    from qie_hub.store.writers import Other


@dataclass(frozen=True, slots=True)
class Working:
    """One process at one pack. ``pid`` None: its claim cannot be read.

    ``progress`` is verified and total bytes; ``loaded`` what that process says of a pack in its memory.
    """

    pack: str
    pid: int | None
    host: str | None
    purpose: str | None
    since: str | None
    generation: int | None = None
    step: str | None = None
    progress: tuple[int, int] | None = None
    loaded: LoadedNote | None = None


@click.command("ps", cls=HubCommand)
@click.pass_obj
def command(call: Call) -> None:
    """Show who is at work."""
    from qie_hub.clock import SystemClock
    from qie_hub.store.store import Store

    store = Store(call.settings.home, SystemClock(call.settings.clock_skew))
    call.render.page(working_page(working(store), call.render.say))


def working(store: Store) -> tuple[Working, ...]:
    """Who holds a generation, who changes a pack, and what is loaded where."""
    from qie_hub.store.layout import ref_of
    from qie_hub.store.notices import everybody

    holders = [_at(holder.ref, holder.seen, holder.number) for holder in store.holds.everybody() if holder.seen.alive]
    refs = {ref for folder in store.layout.writers.glob("*/*") if (ref := ref_of(folder.parent.name, folder.name))}
    writers = [_writing(ref, other) for ref in sorted(refs, key=str) if (other := store.writers.other(ref)) is not None]
    loaded = [item for notice in everybody(store.layout) for item in _loaded(notice)]
    return (*holders, *writers, *loaded)


def working_page(items: Sequence[Working], say: Say) -> Page:
    """Lay them out."""
    if not items:
        return Page([], (Line(say("PS.nobody")),))
    rows = tuple(
        (str(item.pid or "?"), item.pack, item.purpose or "?", item.since or "?", _way(item, say)) for item in items
    )
    headings = tuple(say(f"HEAD.{name}") for name in ("process", "pack", "purpose", "since", "progress"))
    table = Table(headings, rows, right=frozenset({0}), spare=(3, 4))
    return Page([asdict(item) for item in items], (table,), tuple(str(item.pid or "?") for item in items))


def _at(ref: PackRef, seen: Seen, number: int | None) -> Working:
    claim = seen.claim
    if claim is None:
        return Working(str(ref), None, None, None, None, number)
    return Working(str(ref), claim.process.pid, claim.process.host, claim.purpose, claim.since, number)


def _writing(ref: PackRef, other: Other) -> Working:
    found = _at(ref, other.seen, None)
    if other.work is None:
        return found
    return replace(found, step=other.work.step, progress=(other.work.verified, other.work.total))


def _loaded(notice: Notice) -> list[Working]:
    process, since = notice.claim.process, notice.claim.since
    return [
        Working(note.pack, process.pid, process.host, "loaded", since, note.generation, loaded=note)
        for note in notice.packs
    ]


def _way(item: Working, say: Say) -> str:
    if item.loaded is not None:
        return _memory_text(item.loaded, say)
    if item.progress is None:
        return item.step or ""
    return f"{item.step or ''} {size_text(item.progress[0])} / {size_text(item.progress[1])}".strip()


def _memory_text(note: LoadedNote, say: Say) -> str:
    """``ready, serves; understand 34 MB, locate ?``: what is known, and a question mark for what is not."""
    words = [say(f"PS.{note.state}")]
    words += [say(f"PS.{name}") for name, holds in (("serves", note.serving), ("kept", note.kept)) if holds]
    if note.error is not None:
        words.append(note.error)
    stages = [f"{stage} {'?' if size is None else size_text(size)}" for stage, size in note.memory.items()]
    return "; ".join([", ".join(words), *([", ".join(stages)] if stages else [])])
