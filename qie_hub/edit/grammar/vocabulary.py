"""Words as data: how the rules' vocabularies are written down and become patterns.

A vocabulary is a string of words separated by spaces; ``_`` inside a word stands for a space. Each word may be a small
regular expression. Chinese words match anywhere, English ones between word boundaries; longer words win over shorter.
To teach an old operation a new phrase, add it to the vocabulary of its rule.

Example::

    BRIGHTER = words("调亮 提亮 亮[一些点]", "brighten(_up)? brighter")
    BRIGHTER.search("把画面调亮一点")
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.pattern import Pattern

SURFACES: Final = (
    "image|picture|photo|pic|sign|label|poster|banner|menu|board|chalkboard|blackboard|flyer|flier|leaflet|card|ticket"
    "|cover|slide|page|header|footer|tag|box|bottle|cup|shirt|top|bottom|invite|invitation|sticker|window|door|notice"
    "|brochure|certificate|badge|listing|ad|advert|screen|package|packaging|wrapper|jar|bag|price list|list|sheet"
)
"""What bears print."""

_OPTIONAL: Final = Pattern(r"(?:\([^()]*\)|\[[^\]]*\]|\\?.)[?*]")
_CLASS: Final = Pattern(r"\[[^\]]*\]")


def alternatives(chinese: str = "", english: str = "") -> str:
    """The vocabulary as one non-capturing group of a regular expression."""
    parts = [_spaced(word) for word in sorted(chinese.split(), key=_least, reverse=True)]
    latin = [_spaced(word) for word in sorted(english.split(), key=_least, reverse=True)]
    if latin:
        parts.append(rf"\b(?:{'|'.join(latin)})\b")
    return f"(?:{'|'.join(parts)})"


def words(chinese: str = "", english: str = "") -> Pattern:
    """The vocabulary as a pattern."""
    return Pattern(alternatives(chinese, english))


def _least(word: str) -> int:
    """How many characters a word matches at least: a pattern takes the first alternative, so longer ones go first."""
    needed = word
    while (shorter := _OPTIONAL.sub("", needed)) != needed:
        needed = shorter
    return len(_CLASS.sub("x", needed).replace("(", "").replace(")", ""))


def _spaced(word: str) -> str:
    return word.replace("_", " ")
