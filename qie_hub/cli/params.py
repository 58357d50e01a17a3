"""Types of arguments: words of the shell become values, with errors of our own tree and completion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from qie_hub.errors import QieHubError, UsageError
from qie_hub.packref import PackRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from qie_hub.hub import Hub

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # generic for checkers alone: older releases of click are not

_BOX: Final = re.compile(r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})\Z")


class RefType(ParamType):
    """A pack's name; completed from what is installed."""

    name = "ref"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> PackRef:
        """Parse the name.

        Raises:
            UsageError: it is none.
        """
        del param, ctx
        return value if isinstance(value, PackRef) else PackRef.parse(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the installed packs."""
        del param
        return _complete(ctx, incomplete, lambda hub: {str(item.ref.unversioned) for item in hub.installed()})


class OriginType(ParamType):
    """An origin's name."""

    name = "origin"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the known origins."""
        del param
        return _complete(ctx, incomplete, lambda hub: {origin.name for origin in hub.origins()})


class BoxType(ParamType):
    """``x,y,width,height`` in pixels."""

    name = "box"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int, int, int]:
        """Parse the rectangle.

        Raises:
            UsageError: it is none, or it is empty.
        """
        del param, ctx
        if isinstance(value, tuple):
            return value  # click converts a default twice
        match = _BOX.match(value.replace(" ", ""))
        if match is None or "0" in {match[3].lstrip("0") or "0", match[4].lstrip("0") or "0"}:
            raise UsageError(hint="BAD_BOX", text=value)
        x, y, width, height = (int(part) for part in match.groups())
        return x, y, width, height


REF: Final = RefType()
ORIGIN: Final = OriginType()
BOX: Final = BoxType()


def _complete(ctx: click.Context, incomplete: str, names: Callable[[Hub], Iterable[str]]) -> list[CompletionItem]:
    try:
        with ctx.find_root().obj.hub() as hub:
            return [CompletionItem(name) for name in sorted(names(hub)) if name.startswith(incomplete)]
    except QieHubError:
        return []  # a shell that waits for a TAB gets no error page
