"""What a sentence that was not understood may have meant: three sentences that are understood, nearest first.

Pure. Three sources, in this order: the part of the clause that is understood by itself, wishes for a thing that was
only named, and the examples that share most with the clause, rare words counting more than common ones. A person's own
quoted words take the place of those in an example.

Example::

    candidates(clause, "zh", known)       # 调亮一点像星云: ("调亮一点", "调暗一点", ...)
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.phrases import EXAMPLES, WISHES

COUNT: Final = 3
_READ: Final = 60
"""Characters of a clause that are looked at."""

_TRIED: Final = 20
"""Places at which a clause is tried to begin or end."""

_THING: Final = {
    "zh": Pattern(r"^.*[这那][个只条件张座辆位些棵把本].+$|^(?:左|右|中|上|下|前|后)[边面侧间方]的?.+$"),
    "en": Pattern(r"^(?:the|that|this|those|these) [a-z ]+$|^(?:left|right|middle|top|bottom) [a-z]+$", re.IGNORECASE),
}
_ASKS: Final = Pattern(r"[去删擦抹加换改调把放裁抠]|\b(?:remove|delete|erase|add|make|change|put)\b")
"""A verb: then more than a name was given."""
_QUOTED: Final = Pattern(r"[‘'][^‘’']+[’']")
_WORD: Final = Pattern(r"[a-z]+|\d+|[\u3400-\u9fff]")
_JOIN: Final = Pattern(r"(?:and|then|but|also|so)\b|和|然后|再|并且?|但是?")
_WORD_END: Final = Pattern(r"(?<=[a-z0-9])(?=\s|$)|(?<=[\u3400-\u9fff\ue000-\ue0ff])")


def candidates(clause: Clause, language: str, known: Callable[[Clause], bool]) -> tuple[str, ...]:
    """Up to `COUNT` sentences in ``language``; ``known`` says whether a clause is understood."""
    found: list[str] = []
    for text in (*_parts(clause, known), *_thing(clause, language), *_nearest(clause, language)):
        if text not in found:
            found.append(text)
    return tuple(found[:COUNT])


def _parts(clause: Clause, known: Callable[[Clause], bool]) -> Iterator[str]:
    """The longest beginning, else the longest end, that is understood."""
    text = clause.text[:_READ]
    ends = [cut.start() for cut in _WORD_END.finditer(text) if 1 < cut.start() < len(clause.text)]
    ends = ends[:_TRIED]
    for end in reversed(ends):
        piece = clause.part(0, end)
        if known(piece):
            yield piece.shown
            return
    for start in ends:
        piece = clause.part(start, len(text))
        joined = _JOIN.match(piece.text)
        piece = piece.part(joined.end(), len(piece.text)) if joined else piece
        if len(piece.text) > 1 and known(piece):
            yield piece.shown
            return


def _thing(clause: Clause, language: str) -> tuple[str, ...]:
    """A clause that only names something (``左边那只猫``): what could be wanted of it."""
    name = clause.original
    if clause.quoted or not 1 < len(name) <= 24 or not _THING[language].match(name) or _ASKS.search(clause.text):
        return ()
    return tuple(pattern.format(name=name) for pattern in WISHES[language])


def _nearest(clause: Clause, language: str) -> Iterator[str]:
    from rapidfuzz import fuzz

    weights = _weights(language)
    wanted = _features(clause.text[:_READ])
    has_quote = bool(clause.quoted)

    def score(example: str) -> float:
        had = _features(example)
        shared = sum(weights.get(one, 3.0) for one in wanted & had)
        total = math.sqrt(sum(weights.get(one, 3.0) for one in wanted) * sum(weights.get(one, 3.0) for one in had))
        quote = 0.15 if has_quote and _QUOTED.search(example) else 0.0
        return 0.75 * shared / max(total, 1.0) + 0.25 * fuzz.WRatio(clause.text[:_READ], example) / 100 + quote

    for example in sorted(EXAMPLES[language], key=score, reverse=True)[:COUNT]:
        yield _filled(example, clause.quoted)


def _filled(example: str, quoted: tuple[str, ...]) -> str:
    """An example with a person's own words in quotes, as far as they go."""
    own = iter(quoted)

    def put(found: re.Match[str]) -> str:
        text = next(own, None)
        mark = found.group()
        return mark if text is None or mark[0] in text or mark[-1] in text else f"{mark[0]}{text}{mark[-1]}"

    return _QUOTED.sub(put, example)


def _features(text: str) -> frozenset[str]:
    """Words, their beginnings (``brighter``, ``brighten``), Chinese characters and pairs of them."""
    words = _WORD.findall(text.lower())
    pairs = [a + b for a, b in pairwise(words) if not (a + b).isascii()]
    stems = [word[:5] for word in words if word.isascii() and len(word) > 4]
    return frozenset([*words, *pairs, *stems])


@lru_cache(maxsize=2)
def _weights(language: str) -> dict[str, float]:
    """How much a word tells: the fewer examples hold it, the more."""
    counted = Counter(one for example in EXAMPLES[language] for one in _features(example))
    return {word: math.log(len(EXAMPLES[language]) / count) for word, count in counted.items()}
