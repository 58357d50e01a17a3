"""How the two sides of a replacement are printed: sums in digits, and only the number where a number takes its place.

Pure. What stands in quotation marks is kept letter for letter.

Example::

    printed("鲫鱼十元", "鲫鱼十二元", ...)      # old=鲫鱼10元, new=鲫鱼12元
    end_of("营业时间8:00", "9:00")            # "8:00"
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import spoken
from qie_hub.edit.grammar.quotes import HOLE
from qie_hub.edit.grammar.replacing import SUM, UNIT
from qie_hub.formats.operation import Slot

_QUOTED: Final = re.compile(HOLE)
_ONE_SUM: Final = re.compile(rf"[¥￥$€£]?\d[\d.,:/-]*(?:{UNIT}|%)")
_WHOLE_SUM: Final = re.compile(rf"{SUM}\s?{UNIT}", re.IGNORECASE)
_ALIKE: Final = (
    re.compile(r"\d{1,2}(?:[:.]\d{2})? ?[ap]\.?m\b\.?", re.IGNORECASE),
    re.compile(r"[$€£₹]\s?\d[\d.,]*"),
    re.compile(r"\d+(?:\.\d+)?%"),
)
"""Of ``6am class`` only the time becomes ``7am``."""


def end_of(old: str, new: str) -> str:
    """``营业时间8:00`` to be ``9:00``: a new number replaces the old number, not the words around it."""
    for alike in _ALIKE:
        same = [one.group() for one in alike.finditer(old)]
        if alike.fullmatch(new) and len(same) == 1:
            return same[0]
    found = [one.group() for one in _ONE_SUM.finditer(old)]
    if len(found) == 1 and re.search("[价原现]", old[old.index(found[0]) + len(found[0]) :]):
        return old
    around_chinese = re.search(r"[\u3400-\u9fff]", old) is not None
    return found[0] if len(found) == 1 and around_chinese and _WHOLE_SUM.fullmatch(new) else old


def printed(old: str, new: str, *said: str) -> dict[str, Slot]:
    """Both sides with their sums in digits, unless quoted; the picture may have an old one otherwise."""
    digits = [one if _QUOTED.search(side) else spoken.amounts(one) for one, side in zip((old, new), said, strict=True)]
    bare = spoken.in_digits(*digits)
    if not bare and digits[0] != old:
        bare = {"old_spoken": old, "new_spoken": new}
    return {"old": digits[0], "new": digits[1], **bare}
