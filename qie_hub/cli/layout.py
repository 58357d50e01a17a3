"""What a command says, as a value, and how it becomes lines of text. Pure: nothing here prints.

Invariants:

* A `Page` answers all three formats: ``document`` is the JSON, ``ids`` the quiet lines, ``blocks`` the human text.
* Widths are terminal cells (a Chinese character takes two); ``width`` 0 means that nothing is cut (no terminal).
* A table that is too wide first loses its columns of lowest priority, then cuts its widest cells.

Example::

    to_lines((Table(("REF", "SIZE"), (("ultra-lite", "63 MB"),), right=frozenset({1})),), width=80, color=False)
    # ['REF          SIZE', 'ultra-lite  63 MB']
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Say: TypeAlias = Callable[..., str]
"""``say(key, **data)``: a sentence of the table in the language of the call."""

_ANSI: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_GAP: Final = "  "
_NARROWEST: Final = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence; wrapped to the width. ``style`` is a name of the palette or None."""

    text: str
    style: str | None = None
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labels and values, one pair a line; a value of several lines stays in its column."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. ``right`` columns are right-aligned; ``spare`` ones are left out first, last one first."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    spare: tuple[int, ...] = ()


Block: TypeAlias = Line | Pairs | Table


@dataclass(frozen=True, slots=True)
class Page:
    """The answer of one command."""

    document: object
    blocks: tuple[Block, ...] = ()
    ids: tuple[str, ...] = field(default=())


def cells(text: str) -> int:
    """The number of terminal cells that ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def cut(text: str, width: int) -> str:
    """Shorten ``text`` to ``width`` cells; a cut is marked by ``…``."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _cell(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def wrap(text: str, width: int) -> list[str]:
    """Break ``text`` into lines of at most ``width`` cells: at spaces, and between Chinese characters."""
    if width <= 0 or cells(text) <= width:
        return [text]
    lines, line = [], ""
    for word in _words(text):
        if line and cells(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def to_lines(blocks: Sequence[Block], *, width: int, color: bool) -> list[str]:
    """Lay the blocks out."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Table):
            lines += _table_lines(block, width, color=color)
        elif isinstance(block, Pairs):
            lines += _pair_lines(block, width, color=color)
        else:
            lines += _line_lines(block, width, color=color)
    return lines


def paint(text: str, style: str | None, *, color: bool) -> str:
    """Wrap ``text`` in the style's escape codes."""
    return f"\x1b[{_ANSI[style]}m{text}\x1b[0m" if color and style and text else text


def safe(text: str) -> str:
    """Return ``text`` without control characters: names and error pages from outside must not drive a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _words(text: str) -> list[str]:
    """Pieces that may not be broken; spaces stay at the end of their word."""
    words, word = [], ""
    for character in text:
        if word and _may_break(word[-1], character):
            words.append(word)
            word = ""
        word += character
    return [*words, word] if word else words


def _may_break(before: str, after: str) -> bool:
    if before == " ":
        return after != " "
    # Closing punctuation never begins a line.
    return 2 in (_cell(before), _cell(after)) and after != " " and unicodedata.category(after) not in {"Pe", "Pf", "Po"}


def _line_lines(block: Line, width: int, *, color: bool) -> list[str]:
    room = max(width - block.indent, _NARROWEST) if width else 0
    wrapped = [part for paragraph in block.text.split("\n") for part in wrap(paragraph, room)]
    return [" " * block.indent + paint(part, block.style, color=color) for part in wrapped or [""]]


def _pair_lines(block: Pairs, width: int, *, color: bool) -> list[str]:
    label_width = max((cells(label) for label, _ in block.items), default=0)
    room = max(width - label_width - len(_GAP), _NARROWEST * 2) if width else 0
    lines = []
    for label, value in block.items:
        head = paint(_pad(label, label_width), "dim", color=color)
        values = [part for paragraph in value.split("\n") for part in wrap(paragraph, room)] or [""]
        lines.append(f"{head}{_GAP}{values[0]}".rstrip())
        lines += [" " * label_width + _GAP + part for part in values[1:]]
    return lines


def _table_lines(block: Table, width: int, *, color: bool) -> list[str]:
    columns = list(range(len(block.headings)))
    widths = {c: max([cells(block.headings[c]), *(cells(row[c]) for row in block.rows)]) for c in columns}
    for spare in reversed(block.spare):
        if width and _total(widths) > width:
            widths.pop(spare)
    while width and _total(widths) > width and max(widths.values()) > _NARROWEST:
        widest = max(widths, key=lambda c: widths[c])
        widths[widest] -= min(_total(widths) - width, widths[widest] - _NARROWEST)
    heading = _row_line(block.headings, widths, block.right)
    return [paint(heading, "dim", color=color), *(_row_line(row, widths, block.right) for row in block.rows)]


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _row_line(row: Sequence[str], widths: dict[int, int], right: frozenset[int]) -> str:
    parts = [_pad(cut(row[c], width), width, right=c in right) for c, width in widths.items()]
    return _GAP.join(parts).rstrip()


def _pad(text: str, width: int, *, right: bool = False) -> str:
    space = " " * (width - cells(text))
    return space + text if right else text + space
