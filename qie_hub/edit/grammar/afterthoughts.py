"""What a clause says of the wish before it: its place, its colour, which one of several was meant.

Example::

    further(operation, clause)     # bottom left: the place of the words of the clause before
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar import selectors, slots
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import HOLE, mask
from qie_hub.edit.grammar.rules_text import PLACE
from qie_hub.edit.grammar.verbs import GONE, JUST_GONE
from qie_hub.edit.grammar.vocabulary import words
from qie_hub.edit.lite.abilities import (
    BACKGROUND_CUTOUT,
    BACKGROUND_PLAIN,
    OBJECT_REMOVE,
    TEXT_DELETE,
    WATERMARK_REMOVE,
)
from qie_hub.formats.operation import Operation, Slot

_THERE: Final = words(
    "就是?在? 是 那一?[个只位把条辆] 这一?[个只位把条辆] 在 站 坐 的",
    "(he|she|it|that|they|the_one|this|is|are|'s|'re|one|standing|sitting|on|in|at|the|side)",
)


def _where(operation: Operation, clause: Clause) -> Operation | None:
    """``he's on the left``: which one was meant."""
    which, reader = selectors.which(clause.text), Reader(clause)
    for pattern in (selectors.WORDS, _THERE, Pattern("'s|'re")):
        reader.drop(pattern)
    if which is None or not reader.done or operation.slots.get("which") is not None or operation.slots.get("all"):
        return None
    return Operation(operation.ability, {**operation.slots, "which": which}, f"{operation.clause}, {clause.original}")


_PLACED: Final = {
    "text.add": "color", "badge.add": "color", "logo.add": None, "image.compose": None, "border.add": None,
}  # fmt: skip
_THE_ONE: Final = Pattern(r"^(?:it's |that's |that is )?the one (?:of|with|from|where|i|that|in which)\b.{1,40}$")
"""Says which further picture is meant."""
_FURTHER: Final = words(
    "要 用 的 在 放 颜色 色 字 角 位置 处 就 写 大字",
    "in at on the corner colou?r letters text it please should be make put place set and",
)


_INK: Final = {"text.replace": "colour", "text.add": "color"}
_INKING: Final = words(
    "要?用 改[成用]? 换[成用]? 变[成]? 设[成为] 颜色 字体 文字 字色 字 色 的 要 是 写 成 也 新的?字?",
    "in and the colou?r letters? lettering it text font writing please should be make set use with new words? "
    "instead now "
    "of that them",
)
_MANY: Final = words("所有的? 全部的? 都 全 每 其他的? 其它的?", "all every both other everything each")


def inked(operation: Operation, clause: Clause) -> Operation | None:
    """``用红色的字``, ``and in red``: the colour of the words that were exchanged before, never of all words."""
    name, reader = _INK.get(operation.ability), Reader(clause)
    shades = slots.colours(clause.text)
    if name is None or not shades or clause.quoted or clause.is_question or _MANY.search(clause.text):
        return None
    reader.drop(_OUT)
    for pattern in (*slots.COLOUR_WORDS, _INKING):
        reader.drop(pattern)
    left = slots.colours(_OUT.sub(" ", clause.text))
    if len(left) != 1 or not reader.done or operation.slots.get(name) is not None:
        return None
    colour = slots.COLOURS[left[0]][0]
    return Operation(operation.ability, {**operation.slots, name: colour}, f"{operation.clause}, {clause.original}")


_SHADES: Final = "|".join(one.pattern for one in slots.COLOUR_WORDS)
_OUT: Final = Pattern(
    rf"\b(?:instead of|not|rather than) (?:the )?(?:{_SHADES})|(?:不要|别用?|不是|而不是)(?:{_SHADES})的?"
)
"""A colour that is not wanted."""
_EYE: Final = Pattern(
    "(?:要|弄|搞|得|可以|再)*(?:醒目|显眼|好看|大气|精致|漂亮|整齐|工整|喜庆|清晰可见)(?:一?[点些]|就行|即可|的)*"
)
_LETTERS: Final = Pattern(
    r"(?:in |with |and |use )*(?:(?:nice|big|large|bold|clear|small|neat|huge|thick|thin"
    r"|simple|a) )*(?:letters?|font|lettering|writing)(?: please)?"
)
_DESCRIBES: Final = Pattern(
    r"^(?:要|得|最好|那种|就是)(?:有|是|带|像)?[^改换加删去擦抹裁抠把]{1,14}(?:的那种|那种(?:的|感觉|样子)?|的感觉"
    r"|的样子|风格?的|的)$|^(?:看着|看上去|看起来|弄得|就?像|跟)[^改换加删去擦抹裁抠把]{1,10}(?:一样|似的|的)$"
)


def describes(clause: Clause) -> bool:
    """Whether a clause only says what a picture that has to be made should look like: ``要有旋转木马的那种``."""
    return not clause.quoted and _DESCRIBES.match(clause.text) is not None


def further(operation: Operation, clause: Clause) -> Operation | None:
    """What a clause with nothing but a place or a colour says of the words before it; None if it is none of these."""
    if operation.ability == "object.remove":
        return _where(operation, clause)
    if operation.ability == "image.resize" and _CROPPED.match(clause.text):
        return Operation(operation.ability, {**operation.slots, "crop": True}, f"{operation.clause}, {clause.original}")
    if operation.ability == "text.replace":
        return inked(operation, clause)
    if operation.ability in ("background.picture", "image.compose", "logo.add") and _THE_ONE.match(clause.text):
        return operation
    if operation.ability not in ("text.add", "badge.add", "logo.add", "image.compose") or clause.quoted:
        return None
    reader = Reader(clause)
    place, colour = slots.position(clause.text), slots.colour(clause.text)
    for pattern in (PLACE, *slots.COLOUR_WORDS, _FURTHER, Pattern(HOLE)):
        reader.drop(pattern)
    named = _PLACED[operation.ability]
    free = (place is None or operation.slots.get("position") is None) and (
        colour is None or (named is not None and operation.slots.get(named) is None)
    )
    if not reader.done or not free or (place is None and colour is None):
        return None
    taken: dict[str, Slot] = dict(operation.slots)
    if place is not None:
        taken["position"] = place
    if colour is not None and named is not None:
        taken[named] = colour
    return Operation(operation.ability, taken, f"{operation.clause}, {clause.original}")


_CROPPED: Final = Pattern(
    r"^(?:and |then |just |please )*(?:crop|cut|trim)(?: off| away| out)? (?:it |(?:what(?:ever)?|anything"
    r"|everything)(?: that)? "
    r"(?:passes|doesn't fit|does not fit|won't fit|is (?:left )?over|sticks out|remains|is too much)|the (?:rest"
    r"|excess|extra))"
    r"(?: please)?$|^(?:多余的?|超出的?|多出来的?|放不下的?)(?:部分|地方)?(?:就|都|直接)*(?:裁掉|裁了|切掉|不要)(?:吧"
    r"|就行|即可)*$"
)
"""``1500 by 2100, crop whatever doesn't fit``"""
_TOO: Final = (
    Pattern(
        r"^(?:(?:and|also|plus) )*(?P<x>(?:the|that|this|those|these|my|both|all) [a-z -]{2,40}?)(?: too"
        r"| as well| also)(?: please)?$|^(?:(?:and|please) )*(?:also|plus|as well as) (?P<also>(?:the|that|this|those"
        r"|these|my) "
        r"[a-z -]{2,40}?)(?: please)?$"
    ),
    Pattern(
        "^(?:还有|以及|连)?(?P<x>[\u3400-\u9fff]{1,10}?)(?:也|也是|也一样|也要|同样)(?:去掉|删掉|不要|一样|"
        f"{JUST_GONE})?(?:了|吧)?$(?P<also>)"
    ),
)


_GROWING: Final = (
    "border.add", "background.plain", "background.blur", "image.resize", "image.upscale", "logo.add", "tone.adjust",
)  # fmt: skip
_LONGEST: Final = 100


def together(operation: Operation, clause: Clause) -> Clause | None:
    """The wish before and a clause that says more of it, as one: ``加边框，金色，细一点``."""
    if operation.ability not in _GROWING or clause.quoted or len(operation.clause) + len(clause.text) > _LONGEST:
        return None
    both = mask(f"{operation.clause} {clause.original}")
    return None if both.quoted else Clause(both.text, both.raw, both)


def grown(operation: Operation, both: list[Operation] | None) -> Operation | None:
    """The one operation of both, if it is of the same kind and keeps what was said before."""
    if both is None or len(both) != 1 or both[0].ability != operation.ability:
        return None
    more = both[0].slots
    kept = all(more.get(name) is not None for name, value in operation.slots.items() if value is not None)
    return both[0] if kept and more != operation.slots else None


def elided(operation: Operation, clause: Clause) -> Clause | None:
    """``and the pens too``: the order of the clause before, said of one more thing."""
    if operation.ability not in _GOING or clause.quoted:
        return None
    for form, order in zip(_TOO, ("remove ", "去掉"), strict=True):
        if (found := form.match(clause.text)) is not None:
            group = "x" if found.group("x") else "also"
            return Clause(order + found.group(group), order + clause.typed(found, group), clause.masked)
    if operation.ability == OBJECT_REMOVE and _BARE_EN.match(clause.text) and not clause.text.endswith(" one"):
        return Clause(f"remove {clause.text}", f"remove {clause.raw}", clause.masked)
    return None


_AGAIN: Final = Pattern(
    rf"^(?:please |just )?(?:{GONE}|take) (?:(?:all|every one|each|both) of )?"
    r"(?:them|it|those|him|her|that)(?: all)?(?: out| away| off)?(?: please)?$"
    rf"|^(?:请|帮我|都|全部?|统统|给我)*(?:{JUST_GONE})(?:[它他]们?|了|吧)*$"
)
"""The wish of the clause before in other words."""

_CLEAR: Final = Pattern(
    r"^(?:(?:so|and|just|with|make|it|it's|that|is|needs? to be|should be|must be|a|an|the|i|need|want|have|on)"
    r" )*transparent"
    r"(?: (?:background|bg|png|please|behind it|behind|file))*$|^(?:要|做成|弄成|得|就|存成?|是)*透明(?:的|底|背景|图"
    r"|就行|png)*$"
)
_BARE_EN: Final = Pattern(
    r"^(?:just |only )?(?:the|that|those|my|our) (?!rest\b|other\b)[a-z]+(?: (?!one|ones\b)[a-z]+)?$"
)
_IN_ITS_PLACE: Final = Pattern(
    r"^(?:please |just )*(?:put|pop|stick|use|swap|drop|place|write) (?:it|that|this|the new one)(?: in)? (?:where"
    r"|instead of|over"
    r"|for) the (?:old|current|other|wrong) (?:one|number|price|date|word|text)(?: is| was| stands?)?(?: now| please)*$"
)
"""``put it in where the old one is``"""
_GOING: Final = (OBJECT_REMOVE, TEXT_DELETE, WATERMARK_REMOVE)


def repeats(operation: Operation, clause: Clause) -> bool:
    """Whether a clause only says again what was wished for: ``remove them all please``, ``true white``."""
    if operation.ability in _PLACED and _LETTERS.fullmatch(clause.text):
        return True
    if operation.ability == "text.replace" and _IN_ITS_PLACE.match(clause.text):
        return True
    if operation.ability.startswith(("text.", "badge.", "border.")) and _EYE.fullmatch(clause.text):
        return True
    if operation.ability in _GOING and _AGAIN.match(clause.text) is not None:
        return True
    if operation.ability == BACKGROUND_CUTOUT and (_CLEAR.match(clause.text) or _BARE_EN.match(clause.text)):
        return True
    return operation.ability == BACKGROUND_PLAIN and _same_ground(operation, clause)


_GROUND: Final = words(
    "纯色?的? 干净 简单 单色 就 要 的 那种 不要 有 纹理 渐变 阴影 别的",
    "true pure proper just plain simple solid one single colou?r and no texture textures shadows? gradient nothing more"
    " behind (the|my)_[a-z]+ else only really flat clean not off-?white off",
)


def _same_ground(operation: Operation, clause: Clause) -> bool:
    """``true white and not off-white``, ``one colour, nothing behind it``: the plain background once more."""
    named = slots.colours(_OUT.sub(" ", clause.text.replace("off-white", " ")))
    if clause.quoted or any(slots.COLOURS[one][0] != operation.slots.get("colour") for one in named):
        return False
    reader = Reader(clause)
    for pattern in (*slots.COLOUR_WORDS, _GROUND):
        reader.drop(pattern)
    return reader.done
