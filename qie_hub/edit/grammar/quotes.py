"""Quoted strings in a sentence, in every style that people type.

Pure. Invariants: what stands between quotes is kept letter for letter and never parsed; the rest of the sentence is
folded to half width, lower case and simplified characters, with one private character in place of each quoted string.

Example::

    masked = mask("把‘¥199’改成“限时特惠，¥99”")
    masked.text        # "把\ue000改成\ue001"; masked.raw has the letters as typed, place for place
    masked.quoted      # ("¥199", "限时特惠，¥99")
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.traditional import SIMPLER

FIRST: Final = 0xE000
LAST: Final = 0xE0FF
HOLE: Final = "[\ue000-\ue0ff]"
"""A regular expression for the place of one quoted string."""

_PAIRS: Final = {
    "‘": "’‘", "“": "”“", "「": "」", "『": "』", "«": "»", "»": "«", "‹": "›", "›": "‹",
    "《": "》", "【": "】", "〝": "〞〟", "„": "“”",
    "‚": "‘’", "＂": "＂", "＇": "＇", "”": "”", "’": "’",
}  # fmt: skip
_CARELESS: Final = "“„"
"""Quotes that are also closed with a straight one, where no other follows."""
_STRAIGHT: Final = "\"'`"
_EMOJI: Final = Pattern("[\U0001f000-\U0001faff\u2600-\u27a0\u27a2-\u27bf\ufe0f\u20e3]")
"""Pictures between words say nothing; an arrow does, and in quotes all are kept."""
_INVISIBLE: Final = Pattern("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")


@dataclass(frozen=True, slots=True)
class Masked:
    """A folded sentence with holes, the same as typed (equally long), and what stood in the holes."""

    text: str
    raw: str
    quoted: tuple[str, ...]

    def fill(self, raw: str) -> str:
        """Put the quoted strings back into a part of the sentence."""
        return "".join(self.content(one) or one for one in raw)

    def content(self, character: str) -> str | None:
        """The quoted string of a hole, None for any other character."""
        index = ord(character) - FIRST if len(character) == 1 else -1
        return self.quoted[index] if 0 <= index < len(self.quoted) else None


def mask(sentence: str) -> Masked:
    """Fold a sentence and take its quoted strings out."""
    sentence = _unwrapped(_INVISIBLE.sub("", sentence).strip())
    out: list[str] = []
    quoted: list[str] = []
    at = 0
    while at < len(sentence):
        end = _closing(sentence, at)
        inner = sentence[at + 1 : end] if end is not None else ""
        if end is not None and inner.strip() and FIRST + len(quoted) <= LAST:
            out.append(chr(FIRST + len(quoted)))
            quoted.append(inner.strip())
            at = end + 1
        else:
            out.append(" " if FIRST <= ord(sentence[at]) <= LAST else sentence[at])
            at += 1
    raw = "".join(" " if _is_space(one) else one for one in out)
    return Masked("".join(_fold(one) for one in _EMOJI.sub(" ", _ended(raw))), raw, tuple(quoted))


_ENDING: Final = Pattern(rf"(?<=[了吧啊呀啦哦哈谢吗呢嘛的!！~～])\s?{_EMOJI.pattern}")


_BEFORE_ORDER: Final = Pattern(
    rf"(?<=[a-z])\s?{_EMOJI.pattern}+\s?(?=(?:please|remove|delete|erase|take|make|change|add|put|get rid|can you"
    rf"|could you|crop|blur)\b)",
    re.IGNORECASE,
)
"""Or one before an order: ``he gotta go 💀 remove him``."""


def _ended(raw: str) -> str:
    """A picture after a word that ends a sentence ends it, like a full stop: ``涨价了😭 12元改成15元``."""
    raw = _BEFORE_ORDER.sub(lambda found: "\n" * len(found.group()), raw)
    return _ENDING.sub(lambda found: "\n" * len(found.group()), raw)


def _unwrapped(sentence: str) -> str:
    """A sentence that stands in quotes as a whole is read without them."""
    whole = _closing(sentence, 0) if sentence else None
    inner = sentence[1:-1]
    asks = whole == len(sentence) - 1 and len(inner) > 3 and sentence[0] not in "《【"
    return inner if asks else sentence


def _is_space(character: str) -> bool:
    """Line breaks stay: they end a clause."""
    return character.isspace() and character != "\n"


def fold(text: str) -> str:
    """Half width, lower case, simplified characters, place for place."""
    return "".join(map(_fold, text))


def _fold(character: str) -> str:
    """Half width and lower case, where that is one character again."""
    if character == "’":
        return "'"
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded.translate(SIMPLER) if len(folded) == 1 else character


def _closing(sentence: str, at: int) -> int | None:
    """Where the quotation that opens at ``at`` ends, None if none opens there."""
    opening = sentence[at]
    if opening == "’" and at and _is_latin(sentence[at - 1]):
        return None
    if opening in _STRAIGHT:
        return _closing_straight(sentence, at)
    closers = _PAIRS.get(opening)
    if closers is None:
        return None
    if opening != closers[0] and sentence.count(closers[0]) >= sentence.count(opening) > 1:
        return _closing_nested(sentence, at, closers[0])
    places = [place for closer in closers if (place := sentence.find(closer, at + 1)) > 0]
    if not places and opening in _CARELESS:
        places = [place] if (place := sentence.find('"', at + 1)) > 0 else []
    return min(places) if places else None


def _closing_nested(sentence: str, at: int, closer: str) -> int | None:
    """A quotation in a quotation of the same style belongs to it: ``“a “b” c”`` is one."""
    depth = 0
    for place in range(at, len(sentence)):
        depth += (sentence[place] == sentence[at]) - (sentence[place] == closer)
        if depth == 0:
            return place
    return None


def _closing_straight(sentence: str, at: int) -> int | None:
    """Straight quotes are also apostrophes and inch marks: one opens only after a boundary and closes before one."""
    mark = sentence[at]
    if mark == "'" and at and _is_latin(sentence[at - 1]):
        return None
    place = sentence.find(mark, at + 1)
    while mark == "'" and 0 < place < len(sentence) - 1 and _is_latin(sentence[place + 1]):
        place = sentence.find(mark, place + 1)
    return place if place > 0 else None


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
