"""Putting a row's values into a sentence so that a value stays one value, whatever it holds. Pure.

Invariants: every value that is more than a plain word or number ends up between quotes of a style that does not occur
in it, so that quotes, commas and whole sentences inside a value are never read as part of the request. A sentence that
is one place and nothing else means that every row brings its own sentence.

Example::

    fill("把‘{old}’改成‘{new}’", {"old": "6'7", "new": "a‘b’"})[0]   # 把‘6'7’改成“a‘b’”
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

PLACE: Final = re.compile(r"[{｛]([^{}｛｝\n]{1,80})[}｝]")

_PAIRS: Final = ("‘’", "“”", "「」", "『』", '""', "《》", "【】", "«»")
_BOUND: Final = {pair[0]: pair[1] for pair in (*_PAIRS, "''")}
_PLAIN: Final = re.compile(r"[+\-]?[¥$€£]?\w+(?:\.\w+)?%?")


class Unquotable(Exception):
    """A value holds marks of every style of quotes, so none can hold it."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


def names(sentence: str) -> tuple[str, ...]:
    """The columns that a sentence names, in order, each once."""
    return tuple(dict.fromkeys(found.group(1).strip() for found in PLACE.finditer(sentence)))


def fill(sentence: str, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The sentence with its places filled, and the values that now stand between quotes.

    Args:
        sentence: with ``{name}`` places.
        values: a value for every name.

    Raises:
        Unquotable: no style of quotes can hold a value.
    """
    alone = PLACE.fullmatch(sentence.strip())
    if alone is not None:
        return values[alone.group(1).strip()], ()
    out: list[str] = []
    held: list[str] = []
    at = 0
    for found in PLACE.finditer(sentence):
        value = values[found.group(1).strip()]
        start, stop = found.span()
        around = sentence[start - 1 : start] if start > at else ""
        quoted = around in _BOUND and sentence[stop : stop + 1] == _BOUND[around]
        if quoted:
            out += [sentence[at : start - 1], _quoted(value, around + _BOUND[around])]
            held.append(value)
            at = stop + 1
        elif _PLAIN.fullmatch(value):
            out += [sentence[at:start], value]
            at = stop
        else:
            out += [sentence[at:start], _quoted(value, _PAIRS[0])]
            held.append(value)
            at = stop
    return "".join([*out, sentence[at:]]), tuple(held)


def _quoted(value: str, wanted: str) -> str:
    """The value in quotes: those that were wanted, or the first whose marks it does not hold."""
    for pair in (wanted, *_PAIRS):
        if not _clash(value, pair):
            return f"{pair[0]}{value}{pair[1]}"
    raise Unquotable(value)


def _clash(value: str, pair: Sequence[str]) -> bool:
    return any(mark in value for mark in pair)
