"""How the two sides of a replacement are printed: sums in digits, and only the number where a number takes its place.

Pure. What stands in quotation marks is kept letter for letter.

Example::

    printed("鲫鱼十元", "鲫鱼十二元", ...)      # old=鲫鱼10元, new=鲫鱼12元
    end_of("营业时间8:00", "9:00")            # "8:00"
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import slots, spoken
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import HOLE
from qie_hub.edit.grammar.replacing import SUM, UNIT
from qie_hub.formats.operation import Slot

_QUOTED: Final = Pattern(HOLE)
_ONE_SUM: Final = Pattern(rf"[¥￥$€£]?\d[\d.,:/-]*(?:{UNIT}|%)")
_WHOLE_SUM: Final = Pattern(rf"{SUM}\s?{UNIT}", re.IGNORECASE)
_ALIKE: Final = (
    Pattern(r"\d{1,2}(?:[:.]\d{2})? ?[ap]\.?m\b\.?", re.IGNORECASE),
    Pattern(r"[$€£₹]\s?\d[\d.,]*"),
    Pattern(r"\d+(?:\.\d+)?%"),
)
_TOLD: Final = Pattern(
    rf"(?<=[^\d第周期拜{slots.CHINESE_NUMBER[1:-2]}点月年初])(?:{slots.CHINESE_NUMBER[:-1]}{{2,}}"
    rf"|{slots.CHINESE_NUMBER}(?:块钱?|元|折))$"
)
_TOLD_WHOLE: Final = Pattern(rf"{slots.CHINESE_NUMBER}(?:块钱?|元|折)?")
"""Of ``门票五十`` only the number becomes ``六十``."""
"""Of ``6am class`` only the time becomes ``7am``."""


def end_of(old: str, new: str) -> str:
    """``营业时间8:00`` to be ``9:00``: a new number replaces the old number, not the words around it."""
    if (told := _TOLD.search(old)) is not None and _TOLD_WHOLE.fullmatch(new):
        return told.group()
    for alike in _ALIKE:
        same = [one.group() for one in alike.finditer(old)]
        if alike.fullmatch(new) and len(same) == 1:
            return same[0]
    found = [one.group() for one in _ONE_SUM.finditer(old)]
    if len(found) == 1 and re.search("[价原现]", old[old.index(found[0]) + len(found[0]) :]):
        return old
    around_chinese = re.search(r"[\u3400-\u9fff]", old) is not None
    return found[0] if len(found) == 1 and around_chinese and _WHOLE_SUM.fullmatch(new) else old


def _with_sign(old: str, new: str) -> str:
    """``ten pounds`` to be ``twelve``: the sign that was said once is meant for both."""
    sign = re.match(r"[$€£¥](?=\d)", old)
    return f"{sign.group()}{spoken.digits(new)}" if sign and re.fullmatch(spoken.ENGLISH, new) else new


def printed(old: str, new: str, *said: str) -> dict[str, Slot]:
    """Both sides with their sums in digits, unless quoted; the picture may have an old one otherwise."""
    digits = [one if _QUOTED.search(side) else spoken.amounts(one) for one, side in zip((old, new), said, strict=True)]
    digits[1] = digits[1] if _QUOTED.search(said[1]) else _with_sign(*digits)
    short = digits[0] if digits[0] == old else end_of(*digits)
    if short != digits[0]:
        return {"old": short, "new": digits[1]}
    bare = spoken.in_digits(*digits)
    if not bare and digits[0] != old:
        bare = {"old_spoken": old, "new_spoken": new}
    return {"old": digits[0], "new": digits[1], **bare}
