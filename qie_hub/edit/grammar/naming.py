"""Words that are named without being told: by a kind (``费用那里就是价格``) or by their place (``the second text``).

Pure. Expects folded text (see `quotes`).
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import kinds, selectors
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import fold
from qie_hub.edit.grammar.rules_text import ANY_TEXT, IN, TEXT_NOUN
from qie_hub.edit.grammar.vocabulary import SURFACES


def lines(said: str) -> str | None:
    """Which text is meant where only its place is told: ``最后一行字``, ``the biggest text on the sign``."""
    place, left = selectors.which(said), selectors.WORDS.sub(" ", said)
    if place is None or not (ANY_TEXT.search(said) or re.search(r"[行句]|\blines?\b", said)):
        return None
    left = re.sub(r"[那这]?一?[行句]|\blines?\b|\bthe\b|[的那这把将]", " ", TEXT_NOUN.sub(" ", left))
    left = re.sub(rf"\b(?:in|on|at|of|from)\b|\b(?:{SURFACES}|corner|side|edge|one)\b", " ", left)
    return place if not _LEAD.sub("", left).strip() else None


def kind(said: str, old: str, new: str) -> str | None:
    """The kind of text that the words name, whatever stands around it: where, and that it has changed."""
    bare = _CHANGED.sub("", _ON_SURFACE.sub("", _SAID_THERE.sub("", said)))
    return kinds.kind_in(_LEAD.sub("", bare), fold(new)) or kinds.kind_in(fold(old), fold(new))


_CHANGED: Final = Pattern(r"(?:又|都|也|已经)*(?:变|换|改|涨|降|过期|写错|错|不对)了?[\s,]*$")
_SAID_THERE: Final = Pattern(
    r"^[\u3400-\u9fff]{1,4}(?:那里|那儿|那块|那边|这里|这块)的?\s*(?:就是|嗯|呃|那个)*\s*(?=\S)"
)
_ON_SURFACE: Final = Pattern(r"^(?:把|将)?[\u3400-\u9fff]{1,8}[上里中]面?(?:的|那个|这个|那行|写的|印的)+(?=\S)")
"""``费用那里就是价格``, ``相册封面上那个日期``: where a kind of text stands."""


_LEAD: Final = Pattern(rf"^(?:我要|我想|想|请|帮我|麻烦|就是|你|把|将|{IN}的?)+")
