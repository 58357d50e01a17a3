"""Bare ``qie-hub``: where one stands and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qie_hub.cli.layout import Line, Page, Pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from qie_hub.cli.call import Call


def show_state(call: Call) -> None:
    """Print the state."""
    with call.hub() as hub:
        installed, origins = hub.installed(), hub.origins()
    call.render.page(state_page(installed, origins, str(call.settings.home), call.render.say))


def state_page(installed, origins, home: str, say: Callable[..., str]) -> Page:
    """Lay the state out: the next step follows from what is missing."""
    return Page({"home": home}, (Pairs((("home", home),)), Line("")))
