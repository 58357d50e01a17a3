"""Bare ``qie-hub``: where one stands and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qie_hub.cli.layout import Line, Page, Pairs, Say
from qie_hub.messages import size_text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.hub import Hub
    from qie_hub.install.installed import Installation
    from qie_hub.trust.origins import Origin


def show_state(call: Call) -> None:
    """Print the state."""
    with call.hub() as hub:
        page = state_page(hub, call.render.say)
    call.render.page(page)


def state_page(hub: Hub, say: Say) -> Page:
    """Lay the state out; the next step follows from what is missing."""
    home, origins, unfinished = str(hub.settings.home), hub.origins(), [str(job.ref) for job in hub.paused()]
    current = [item for item in hub.installed() if item.current]
    default = next((item for item in current if item.default), None)
    step = next_step(origins, current, unfinished, say)
    document = {
        "home": home,
        "origins": [origin.name for origin in origins],
        "installed": [str(item.ref) for item in current],
        "unfinished": unfinished,
        "default": None if default is None else str(default.ref),
        "next": step,
    }
    facts = [
        (say("WHERE.home"), home),
        (say("WHERE.origins"), "\n".join(f"{origin.name}  {origin.url}" for origin in origins) or say("WORD.none")),
        (say("WHERE.packs"), _packs(current, say)),
        (say("WHERE.default"), say("WORD.none") if default is None else str(default.ref)),
    ]
    if unfinished:
        facts.append((say("WHERE.unfinished"), "\n".join(unfinished)))
    blocks = (Pairs(tuple(facts)), Line(""), Line(say("WHERE.next")), Line(step, "bold", indent=2))
    return Page(document, blocks, tuple(str(item.ref) for item in current))


def next_step(origins: Sequence[Origin], current: Sequence[Installation], unfinished: Sequence[str], say: Say) -> str:
    """The command that brings one further."""
    if unfinished:
        return f"qie-hub install {unfinished[0]}"
    if current:
        return say("NEXT.run")
    return say("NEXT.install" if origins else "NEXT.origin")


def _packs(current: Sequence[Installation], say: Say) -> str:
    if not current:
        return say("WORD.none")
    return "\n".join(f"{item.ref}  {size_text(item.size)}" for item in current)
