r"""Regular expressions that are compiled when they are first used.

The grammar has a thousand, and compiling them takes a second; one sentence needs a few dozen. `Pattern` has the
methods of `re.Pattern` that the rules use. An invalid expression is an error at its first use, so a unit test compiles
all of them.

Example::

    PLACE = Pattern(r"\b(left|right)\b")
    PLACE.search("the left one")
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any


class Pattern:
    """See `re.Pattern`. Immutable but for the compiled form; two threads that make it at once make the same."""

    __slots__ = ("_made", "flags", "pattern")

    def __init__(self, pattern: str, flags: int = 0) -> None:
        """Note an expression; nothing is compiled yet."""
        self.pattern = pattern
        self.flags = flags
        self._made: re.Pattern[str] | None = None

    @property
    def made(self) -> re.Pattern[str]:
        """The compiled expression."""
        if self._made is None:
            self._made = re.compile(self.pattern, self.flags)
        return self._made

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """See `re.Pattern.search`."""
        return self.made.search(text, start, end)

    def match(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """See `re.Pattern.match`."""
        return self.made.match(text, start, end)

    def fullmatch(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """See `re.Pattern.fullmatch`."""
        return self.made.fullmatch(text, start, end)

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        """See `re.Pattern.finditer`."""
        return self.made.finditer(text, start, end)

    def findall(self, text: str) -> list[str]:
        """See `re.Pattern.findall`."""
        return self.made.findall(text)

    def sub(self, new: str | Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
        """See `re.Pattern.sub`."""
        return self.made.sub(new, text, count)

    def split(self, text: str, maxsplit: int = 0) -> list[str | Any]:
        """See `re.Pattern.split`: parts, and groups between them, None where a group took no part."""
        return self.made.split(text, maxsplit)

    def gave(self, found: re.Match[str]) -> bool:
        """Whether a match is of this pattern: ``found.re`` is the compiled form, never the pattern itself."""
        return found.re is self._made

    def __repr__(self) -> str:
        return f"Pattern({self.pattern!r})"


def gave(patterns: Iterable[Pattern], found: re.Match[str]) -> bool:
    """Whether a match is of one of these patterns."""
    return any(one.gave(found) for one in patterns)
