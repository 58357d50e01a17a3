"""Whether another wish stands in the words of a replacement: it would be lost, or written on the picture.

Example::

    before(clause, found)     # 去水印把‘A’改成‘B’: True, so the clause is cut first
    further(found)            # change the title to Hello and crop it: True
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import HOLE

_QUOTED: Final = Pattern(HOLE)


def further(found: re.Match[str]) -> bool:
    """Whether a further wish stands in the unquoted new text, or nothing but words of asking in the old one."""
    new, old = found.group("new"), found.group("old")
    if not _QUOTED.search(new) and _WISH_TOO.search(new):
        return True
    if not _QUOTED.search(old) and _AND_THEN.search(old):
        return True
    return not _QUOTED.search(old) and not _ASKING.sub("", old).strip(" ,，")


def before(clause: Clause, found: re.Match[str]) -> bool:
    """Whether another wish, or a quoted string that is neither side, stands before the words that are exchanged."""
    inside = sum(len(_QUOTED.findall(found.group(name))) for name in ("old", "new"))
    if len(_QUOTED.findall(clause.text)) != inside:
        return True
    starts = [found.start(name) for name, said in found.groupdict().items() if said is not None]
    lead = _OWN_VERB.sub("", clause.text[: min(starts)])
    return _WISH_BEFORE.search(lead) is not None or _ORDER_FIRST.match(found.group("old")) is not None


_OWN_VERB: Final = Pattern(
    r"\b(?:use|put|write|print|show|i want|say|read|make|set|mark|move|push|shift|bump|bring)(?: (?:it|the|price"
    r"|date|time|title|rate|cost))*\s*$"
)
_WISH_BEFORE: Final = Pattern(
    r"去(?!年|的|了)|删|擦|抹|加(?!急|班|油|盟)|贴|裁|虚化|抠|放大|缩小|提亮|调[亮暗]|换(?!季|货)|水印|角标|边框"
    r"|\b(?:remove|delete|erase|add|crop|blur|brighten|darken|sharpen|resize|cut|rid|enlarge|upscale|replace"
    r"|swap|warm|cool"
    r"|make)\b|\b(?:put|take|turn|change|write)\b.*\b(?:and|then)\b"
)
_ORDER_FIRST: Final = Pattern(r"(?:please )?(?:remove|delete|erase|add|crop|blur|brighten|sharpen|resize|get rid)\b")
_WISH_TOO: Final = Pattern(
    r"(?:^|\b(?:and|then|also|plus|but)\b.{0,20}?)\b(?:remove|delete|add|put|make|change|write|erase|crop|blur|brighten"
    r"|sharpen|resize)\b|^(?:as|like(?! new\b)|left|kept|untouched|unchanged|the same|it is|fine|ok|correct|right)\b"
    r"|背景虚化|虚化背景|去掉|删掉|去水印|加个|(?:加|换|裁|抠|贴|调).{0,5}(?:边框?|水印|角标|背景|白底|logo"
    r"|方形?的?|亮|暗|图)|然后|再(?:加|把|给|去|调|裁)|(?:并|并且|同时|顺便)(?:把|加|去|调)"
)
_AND_THEN: Final = Pattern(
    r"\b(?:and|then)\b (?:then |please |also )?(?:remove|delete|add|put|make|change|write|erase|crop|blur|brighten"
    r"|drop|set|update|swap)\b"
)
_ASKING: Final = Pattern(
    r"请|帮我|帮忙|帮|麻烦|你|您|给我|能不能|可以|再|也|都|就|能|全部|\b(?:please|it|this|that|them|can you)\b"
)
