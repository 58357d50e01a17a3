"""Which of several equal things or texts is meant: by size, by number, by side.

Pure. The answer is one word that a plan can carry: a position of `slots.position`, ``largest``, ``smallest``,
``left:2`` (the second from that side), ``order:3`` (the third in reading order), ``order:-1`` (the last). ``all`` is
for the rules to add, because every kind of thing has its own words for it.

Example::

    which("左边第二个杯子")         # "left:2"
    which("the largest one")       # "largest"
    which("右下角的字")             # "bottom_right"
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import slots
from qie_hub.edit.grammar.pattern import Pattern

_FROM: Final = r"(?:起|开始)?数?(?:过来|下来|上来)?的?(?=倒?数?第)"
_SIDES: Final = {
    "left": rf"左[边侧]?(?:往右|到右)?{_FROM}|\b(?:from|on) (?:the )?left\b(?:[- ]hand)?(?: side)?|\bleft to right\b",
    "right": rf"右[边侧]?(?:往左|到左)?{_FROM}|\b(?:from|on) (?:the )?right\b(?:[- ]hand)?(?: side)?|\bright to left\b",
    "top": rf"上[面边]?(?:往下)?{_FROM}|\bfrom (?:the )?top\b|\btop to bottom\b",
    "bottom": rf"下[面边]?(?:往上)?{_FROM}|\bfrom (?:the )?bottom\b|\bbottom to top\b",
}
_OPPOSITE: Final = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
_SIDE: Final = {name: Pattern(words) for name, words in _SIDES.items()}
_ENGLISH: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5,
}  # fmt: skip
_NTH: Final = Pattern(
    r"(?P<back>倒数)?第(?P<zh>[一二两三四五六七八九十]{1,3}|\d{1,2})(?![张幅](?:图|照"
    r"|相片))[个只条件位辆行处排把本瓶张]?"
    rf"|\b(?P<en>{'|'.join(_ENGLISH)})\b(?: one)?(?! (?:picture|photo|image|pic)\b)"
)
_LAST: Final = Pattern(r"最后(?:面|边)?(?:的?那?一?[个只条件位辆行处])|\b(?:the )?last one\b|\b(?:the )?last(?= \w)")
_SIZES: Final = {
    "largest": Pattern(r"最大(?:号|只)?的?(?:[那一这]?[个只条件位辆行])?|\b(?:the )?(?:biggest|largest)(?: one)?\b"),
    "smallest": Pattern(r"最小(?:号|只)?的?(?:[那一这]?[个只条件位辆行])?|\b(?:the )?(?:smallest|tiniest)(?: one)?\b"),
}
WORDS: Final = Pattern(
    "|".join(
        (
            *(rf"(?:[从自由])?(?:{one})" for one in _SIDES.values()),
            re.sub(r"\?P<\w+>", "?:", _NTH.pattern),
            _LAST.pattern,
            *(one.pattern for one in _SIZES.values()),
            *slots.POSITIONS.values(),
        )
    )
)
"""All words that `which` reads, to be taken out of a clause."""


def which(text: str) -> str | None:
    """The selector that folded text holds; None if it says nothing of the kind."""
    for name, pattern in _SIZES.items():
        if pattern.search(text):
            return name
    nth = _NTH.search(text)
    if nth is not None:
        return _counted(text, nth)
    return "order:-1" if _LAST.search(text) else slots.position(text)


def _counted(text: str, nth: re.Match[str]) -> str:
    count = _ENGLISH.get(nth.group("en") or "") or slots.number(nth.group("zh") or "") or 1
    side = next((name for name, pattern in _SIDE.items() if pattern.search(text)), None)
    back = nth.group("back") is not None
    if side is None:
        return f"order:{-count if back else count}"
    return f"{_OPPOSITE[side] if back else side}:{count}"


def everywhere(old: str, after: str) -> tuple[str, dict[str, str]]:
    """``every instance of 2023``, ``... wherever it appears``: all of the equal words."""
    bare = _EACH.sub("", old)
    return (bare, {"which": "all"}) if bare and (bare != old or _WHEREVER.search(after)) else (old, {})


_EACH: Final = Pattern(
    r"^(?:every|all(?: the)?|each|any)(?: (?:instances?|occurrences?|mentions?|places?))? (?:of|that says?"
    r"|saying) (?:the (?:word|text) )?",
    re.IGNORECASE,
)
_WHEREVER: Final = Pattern(r"\b(?:wherever (?:it|they) (?:appears?|is|are|stands?)|everywhere|throughout)\b")
