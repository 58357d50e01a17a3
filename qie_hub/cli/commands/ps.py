"""``qie-hub ps``: which processes hold or change packs now."""

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
    from qie_hub.packref import PackRef
    from qie_hub.store.claims import Seen
    from qie_hub.store.store import Store
    from qie_hub.store.writers import Other


@dataclass(frozen=True, slots=True)
class Working:
    """One process at one pack. ``pid`` None: its claim cannot be read. ``progress`` is verified and total bytes."""

    pack: str
    pid: int | None
    host: str | None
    purpose: str | None
    since: str | None
    generation: int | None = None
    step: str | None = None
    progress: tuple[int, int] | None = None


@click.command("ps", cls=HubCommand)
@click.pass_obj
def command(call: Call) -> None:
    """Show who is at work."""
    from qie_hub.clock import SystemClock
    from qie_hub.store.store import Store

    store = Store(call.settings.home, SystemClock(call.settings.clock_skew))
    call.render.page(working_page(working(store), call.render.say))


def working(store: Store) -> tuple[Working, ...]:
    """Who holds a generation, and who changes a pack."""
    from qie_hub.store.layout import ref_of

    holders = [_at(holder.ref, holder.seen, holder.number) for holder in store.holds.everybody() if holder.seen.alive]
    refs = {ref for folder in store.layout.writers.glob("*/*") if (ref := ref_of(folder.parent.name, folder.name))}
    writers = [_writing(ref, other) for ref in sorted(refs, key=str) if (other := store.writers.other(ref)) is not None]
    return (*holders, *writers)


def working_page(items: Sequence[Working], say: Say) -> Page:
    """Lay them out."""
    if not items:
        return Page([], (Line(say("PS.nobody")),))
    rows = tuple(
        (str(item.pid or "?"), item.pack, item.purpose or "?", item.since or "?", _way(item)) for item in items
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


def _way(item: Working) -> str:
    if item.progress is None:
        return item.step or ""
    return f"{item.step or ''} {size_text(item.progress[0])} / {size_text(item.progress[1])}".strip()
