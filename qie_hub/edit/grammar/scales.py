"""How large something is to be on a picture, in permille of its width.

Example::

    scale_of(reader)     # 占三分之一: 333; 10% of the width: 100
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar import slots
from qie_hub.edit.grammar.clause import Reader
from qie_hub.edit.grammar.pattern import Pattern

_SCALE: Final = Pattern(
    rf"(?:宽度?|大小|尺寸|占|缩放?到?|缩小到|放大到)*(?:为|占|到|成|约)?(?:画面|图片|整个图|图)?(?:宽度?)?的?"
    rf"(?P<zh>\d{{1,3}}\s*%|百分之{slots.CHINESE_NUMBER}|一半|[二三四五六八]分之一)(?:的?(?:宽度?|大小|画面))?"
    r"|\b(?:at |about |with |to )?(?:a )?"
    r"(?P<en>\d{1,3}\s*(?:%|percent)|half|(?:a |one )?third|(?:a |one )?quarter|one fifth)"
    r"(?: (?:of )?(?:the )?(?:width|size|wide|picture|image))*"
)
SMALL: Final = Pattern(r"小一?[点些]的?|缩小(?:一?[点些])?的?|\b(?:small|smaller|tiny|little)\b")
LARGE: Final = Pattern(r"大一?[点些]的?|放大(?:一?[点些])?的?|\b(?:big|bigger|large|larger)\b")
_PARTS: Final = {"一半": 500, "二": 500, "三": 333, "四": 250, "五": 200, "六": 167, "八": 125}
_PARTS_EN: Final = {"half": 500, "third": 333, "quarter": 250, "fifth": 200}


def scale_of(reader: Reader) -> int | None:
    """How wide, in permille of the picture."""
    found = reader.take(_SCALE)
    if found is None:
        return None
    said = (found.group("zh") or found.group("en")).strip()
    for name, value in {**_PARTS, **_PARTS_EN}.items():
        if said.startswith(name) or name in said.split():
            return value
    share = slots.percent(said) or slots.number(said)
    return None if share is None else min(1000, 10 * share)
