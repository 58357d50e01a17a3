"""The rule for words that are to read otherwise: quoted ones, printed ones, and kinds of text that are only named.

Words without quotes are a text where they read like one (see `printed`) or are called one (``the word muffin``).

Example::

    replace(clause)     # 把‘¥199’改成‘¥99’: old=¥199, new=¥99
    replace(clause)     # the second price should be $5.50: kind=price, which=order:2, new=$5.50
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import beside, guard, kinds, naming, printed, selectors, slots, spoken, sums
from qie_hub.edit.grammar.clause import FILLERS_ZH, JOINT, Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern, gave
from qie_hub.edit.grammar.quotes import HOLE, Masked, fold
from qie_hub.edit.grammar.replacing import (
    CERTAIN,
    FORMS,
    LOOKS,
    LOOSE,
    NO_VALUE,
    NOT_EN,
    THERE_EN,
    TOLD_EN,
    TOLD_ZH,
    VAGUE,
    WHERE_EN,
    WRONG_FIRST_ZH,
    ZH,
)  # fmt: skip
from qie_hub.edit.grammar.rules_text import ALL, IN, NOUN, PLACE, TEXT_NOUN, WHERE, negated, which_of
from qie_hub.edit.grammar.vocabulary import SURFACES
from qie_hub.formats.operation import Operation, Slot

_NO_QUOTES: Final = Masked("", "", ())
_QUOTED: Final = Pattern(HOLE)

_STRIP: Final = Pattern(
    rf"^(?:(?:我要|我想|想|请(?![勿柬帖])|帮我|麻烦|嗯|呃|那个|就是|你|把|将)+)?(?:(?!图(?![片上里中的])){IN}(?:那个|这个|那行"
    rf"|写的|印的)*)?(?:[\u3400-\u9fff]{{1,4}}?{NOUN}[从由](?=\S))?(?:(?:所有|全部"
    rf"|每一?[个处])的?(?=[a-z\d]))?(?:(?:(?:营业|上课|开放|活动|集合)?{NOUN}|菜名|品名)(?:是|为|从|由)?)?(?:从|由)?"
    rf"|(?:[这那][几一二三四五六七八两]?个字|[这那][行些]字|字样|的?文字|的?字|的?标题|这句话?)$"
)
_STRIP_EN: Final = Pattern(
    rf"^(?:[a-z]+ ){{1,2}}?from (?=[\d$£€₹])|^(?:the )?(?:hour|time|rate|cost|fee|number|size|weight) (?=[\d$£€₹])"
    rf"|^(?:the |that |this |our )?(?:(?:old|current|original|wrong) (?={NOUN}))?(?:{NOUN} )?(?:from |reading "
    rf"|saying |that says )?"
    rf"|(?:\s+(?:in|on|at|from) (?:(?:the|this|my|our|that)(?: [a-z]+)? (?:{SURFACES}|left|right)|there))$"
)
_SPOT: Final = Pattern(
    r"^[\u3400-\u9fff]{1,4}[上里](?:的|那个|这个|那块|那行|写的|印的|贴的)*(?=[a-z\d])|^[\u3400-\u9fff]{1,6}?(?:那里"
    r"|那儿|那边|那块儿?|这里|这块儿?|旁边|[处栏]|那一?[行栏列格])的?(?=\S)"
    r"|^[\u3400-\u9fff]{1,4}[上里]的?(?=名字|店名|标题|文字|数字|地址)"
)
"""``尺码那里的S-XL``"""
_TAIL: Final = Pattern(
    r"(?:吧|了|呢|啊|哈|呗|啦|哦|就行|就好|就可以|即可|好吗|可以吗|行吗|好不好|行不行|谢谢你?|辛苦了?"
    r"|[这那][几两三四五六]个字|[这那]行字|[两三四五六七八]个字|字样"
    r"|,? (?:everywhere|throughout|please|thanks|thank you|instead|for me|now|cheers|mate|ta|thx|real quick|asap"
    r"|ok(?:ay)?"
    r"|(?:if|when) you (?:can|could)|so (?:please )?(?:fix|change|correct|update|sort) (?:it|that|this)"
    r"|(?:would|will|could|can) (?:you|ya|ye)))+$"
)
_PRINTED: Final = Pattern(r"[0-9¥$€£%]")
_MONEY_ZH: Final = Pattern(rf"^(?:\d+(?:\.\d+)?|{slots.CHINESE_NUMBER})(?:块钱?|元|折)?$")
_LATIN: Final = Pattern(r"^[a-z0-9 .,&'+\-/!?%$€£¥:#@]+$")
_PLACE_BEFORE: Final = Pattern(
    rf"[\u3400-\u9fff]{{1,8}}(?:那个|这个|那里的?)(?={HOLE})|[\u3400-\u9fff]{{1,8}}(?:上|里|中|面|边|处"
    rf"|头)的?(?={HOLE})"
    rf"|[\u3400-\u9fff]{{0,4}}{NOUN}(?={HOLE})"
)
_LEADS: Final = Pattern(
    r"把|将|从|由|\bfrom\b|这|那|第[一二三四五六]个|\bthe\b|原来|之前|现在|旧的?|新的?|改一?下|改成|改为|换成"
    r"|\bold\b|\bnew\b"
    r"|[一二两三四五六七八]个字|\b(?:menu|board|flyer|poster|word|where|it|just|says?|reads)\b"
)
_COLOURS: Final = "|".join(one.pattern for one in slots.COLOUR_WORDS)
_INKED: Final = Pattern(
    rf"(?:,? (?:and|but) (?:then |also |please )?(?:make|have|print|write|put|turn|do|colou?r) (?:it|that"
    rf"|them) (?:in )?"
    rf"|(?<={HOLE}) in (?:a )?)(?P<ink>(?:bright |dark )?(?:{_COLOURS}))(?: (?:letters|text|colou?r|ink|font|too))*$"
    rf"|(?<={HOLE})[,\s]*(?:并|再|同时|也)*(?:用|改成|变成|换成|设成)(?P<zh>(?:{_COLOURS})色?)的?(?:字体?|颜色)?$"
)
"""``and make it green``: the new words also take a colour."""


def replace(clause: Clause) -> Operation | None:
    """``把‘A’改成‘B’``, ``change A to B``, ``A -> B``, ``B instead of A``; the new words may take a colour."""
    ink = _INKED.search(clause.text)
    found = _replace(clause.part(0, ink.start())) if ink is not None else None
    if ink is None or found is None or "colour" in found.slots:
        return _replace(clause)
    colour = slots.colour(ink.group("ink") or ink.group("zh"))
    return Operation(found.ability, {**found.slots, "colour": colour}, clause.original)


_SIDED: Final = Pattern(
    r"^(?:把|将|图片?|照片|整张|的|请|帮我)*(?:宽|高)度?(?:给我|帮我|都)*[改换调变设]|^(?:please )?(?:make|set"
    r"|change) (?:the )?(?:width|height)\b"
)
"""``宽度改成1920``: a side of the picture, no words on it."""


def _replace(clause: Clause) -> Operation | None:
    said = spoken.digits(clause.text)
    if not clause.quoted and (slots.size(said) or _SIDED.search(said)) is not None:
        return None
    for pattern in FORMS:
        found = pattern.match(clause.text)
        if found is None:
            continue
        old, new = _side(clause, found, "old"), _side(clause, found, "new")
        if (
            not old
            or not new
            or old == new
            or _only_filler(found)
            or beside.further(found)
            or beside.before(clause, found)
            or JOINT in old + new
        ):
            continue
        if JOINT in clause.raw[found.start("new") : found.end("new")] and (
            pattern not in (*CERTAIN, TOLD_EN, TOLD_ZH) and not _QUOTED.search(found.group("old"))
        ):
            continue
        if _PURPOSE.fullmatch(clause.text[found.end("old") : found.start("new")].strip()) and _MADE.fullmatch(
            found.groupdict().get("verb") or ""
        ):
            continue
        if found.groupdict().get("verb") == "换" and _CHANGED_FOR.match(found.group("new")):
            continue
        if (
            found.groupdict().get("verb") == "改"
            and found.group("new")[0] in "进善良革观一期口版签行装下"
            and (not _QUOTED.search(found.group("new")))
        ):
            continue
        wish = _wish(clause, found, old, new)
        if wish is not None:
            return Operation("text.replace", wish, clause.original)
    return None


_DRESSED: Final = Pattern(rf"(?:{_COLOURS})色?底")
_FOR_WHAT: Final = Pattern(r" (?:for (?:the|my|our|an?|this)\b(?! price)|because|since|so|as|until|from)\b")
_PURPOSE: Final = Pattern("for|by|against")
_MADE: Final = Pattern("make|turn|set|edit|modify|fix|adjust")
"""``make the text purple for Lent`` writes no ``Lent``."""


def _wish(clause: Clause, found: re.Match[str], old: str, new: str) -> dict[str, Slot] | None:
    """The slots of a replacement, None where no text is spoken of."""
    said = found.group("old")
    if old.lower() in ("it", "that", "this", "they", "them", "these", "those", "one", "它", "这", "那"):
        return None
    quoted = _QUOTED.search(found.group("new")) is not None
    if not _QUOTED.search(said) and (_MARKED.search(said) or _ERROR.search(old.lower())):
        return None
    told = not gave((WHERE_EN, THERE_EN), found)
    if told and not _QUOTED.search(said) and (kind := naming.kind(said, old, new)) is not None:
        value = new if quoted else spoken.printed(kind, fold(new)) or spoken.amounts(new)
        if not quoted and (
            not kinds.fits(kind, fold(value))
            or (kind == "price" and _FOR_WHAT.search(value))
            or _DRESSED.search(fold(new))
            or found.groupdict().get("verb") == "turn"
        ):
            return None
        if (
            negated(clause)
            or (quoted and not _only_known(found.group("new")))
            or (not quoted and (NO_VALUE.search(fold(value)) or printed.is_colour(fold(new))))
        ):
            return None
        return {"old": None, "kind": kind, "new": value, **which_of(said)}
    if not _QUOTED.search(said) and (gave(LOOSE, found) or guard.KINDLESS.fullmatch(fold(old))):
        return None
    if not _QUOTED.search(said) and _looks(found, fold(old), "" if quoted else fold(new)):
        return None
    if not gave(CERTAIN, found) and not _is_text(clause, found):
        return None
    if not _QUOTED.search(said) and (lines := naming.lines(said)) is not None:
        return {"old": None, "new": new, "which": lines}
    old, every = selectors.everywhere(sums.end_of(old, new), found.group("new"))
    old, new = spoken.both(old, new)
    place = which_of(said if _QUOTED.search(said) else said.replace(fold(old), " "))
    return {**sums.printed(old, new, said, found.group("new")), **place, **every}


def _looks(found: re.Match[str], old: str, new: str) -> bool:
    """Whether looks are spoken of: ``把logo换成白色``."""
    if WRONG_FIRST_ZH.gave(found) and printed.is_colour(old):
        return True
    return _NO_WORDS.search(old) is not None or (printed.is_colour(new) and not printed.is_colour(old))


_NO_WORDS: Final = Pattern(
    r"^(?:字体|字号|字色|颜色|logo|商标|水印|watermark|font|colou?r)$|^(?:衣服|裤子|裙子|帽子|鞋子?|包包?|车|墙"
    r"|身|脸|手)上面?$"
)
"""What words look like, what is no words, and where they stand."""
_ERROR: Final = Pattern(
    r"^(?:写|印|打|标|弄|填|拼|输)?错[了字]*$|^(?:又|都|也|已经|给)*(?:变|换|涨|降|改|调整?|更新|过期|不对)了?价?$"
    r"|\b(?:is|was|are) (?:wrong|incorrect|not \w+|misspelled"
    r"|out of date)(?: it)?$"
)
"""``印错了`` tells that something is wrong, not what."""
_MARKED: Final = Pattern("(?:圈|框|标)(?:里|中|内|出|住|起|好)|\\b(?:circled|marked|highlighted)\\b")
"""A number in a circle is shown, not named."""


def _side(clause: Clause, found: re.Match[str], group: str) -> str:
    """One side of a replacement: the quoted string, or the words without what introduces them."""
    text = found.group(group)
    hole = _QUOTED.search(text)
    if hole is not None:
        return clause.masked.content(hole.group()) or ""
    start, stop = found.span(group)
    stop -= len(clause.raw[start:stop]) - len(clause.raw[start:stop].rstrip(" "))
    for pattern in (_TAIL, _SPOT, _STRIP, _STRIP_EN) if group == "old" else (_TAIL, _STRIP, _STRIP_EN, _TAIL):
        for cut in pattern.finditer(clause.text[start:stop].rstrip(" .!?。！？~")):
            if cut.start() == 0 and 0 < cut.end() < stop - start:
                start += cut.end()
                break
            if cut.start() > 0 and cut.end() > cut.start():
                stop = start + cut.start()
                break
    return guard.trimmed(clause.raw[start:stop].strip(" ,，。.!！?？:："))


def _is_text(clause: Clause, found: re.Match[str]) -> bool:
    """Whether words, not a thing, are to be replaced: quoted, called text, or clearly printed (numbers, prices)."""
    old, new = found.group("old"), found.group("new")
    if negated(clause) and not NOT_EN.gave(found):
        return False
    if _QUOTED.search(old) or _QUOTED.search(new):
        inked = printed.is_colour(fold(new)) and not printed.is_colour(fold(_side(clause, found, "old")))
        looks = LOOKS.search(new) or re.search("(?:颜色|样子|风格|效果|感觉|字体)的?$", new)
        said = _QUOTED.search(new) is not None or not (looks or inked)
        return said and _only_known(old) and _only_known(new)
    if re.search(NOUN, old) and not slots.colour(new):
        return not VAGUE.search(new) and not _NOWHERE.match(_side(clause, found, "old"))
    if _PRINTED.search(spoken.amounts(old)) and _PRINTED.search(spoken.amounts(new)):
        return len(_side(clause, found, "old").split()) <= _WORDS
    if _SURFACE.match(old) and not printed.is_somebody(_side(clause, found, "old")) and not slots.colours(new):
        return True
    sides = _side(clause, found, "old"), _side(clause, found, "new")
    if _MONEY_ZH.match(sides[0]) and _MONEY_ZH.match(sides[1]):
        return True
    chinese_sentence = gave(ZH, found) and re.search(r"[\u3400-\u9fff]", clause.text) is not None
    if chinese_sentence and _LATIN.match(sides[0].lower()):
        return True
    return printed.reads_printed(*sides, found.groupdict().get("verb") or "")


_SURFACE: Final = Pattern(
    r"^(?:把|将)?(?:这|那)?[张个]?(?:菜单|海报|招牌|牌子|价目表|告示牌?|通知|标签|传单|名片|横幅|公告|黑板"
    r"|门牌)(?:上面?|里面?|中)的?"
)
"""Where nothing stands but print: ``菜单上红烧肉改成东坡肉``."""
_WORDS: Final = 4
_CHANGED_FOR: Final = Pattern(r"[了上个一下掉种件套身张条]|[行位]$")
"""``换个``, ``换一张``: a thing is meant."""
_NOWHERE: Final = Pattern(r"[和与跟及、]|(?:and|on|in|at|of|from|to)\b", re.IGNORECASE)


def _only_filler(found: re.Match[str]) -> bool:
    """``改一下`` names no new text."""
    new = found.group("new")
    return not _QUOTED.search(new) and FILLERS_ZH.sub("", new).strip(" ,，。.!！") == ""


def _only_known(side: str) -> bool:
    """Beside a quoted string, only words that say where or what it is; unquoted words alone are a text themselves."""
    if len(_QUOTED.findall(side)) > 1:
        return False
    if not _QUOTED.search(side):
        return True
    rest = _PLACE_BEFORE.sub(" ", _ON_THING.sub(" ", side))
    rest = _QUOTED.sub(" ", rest)
    for pattern in (ALL, PLACE, TEXT_NOUN, WHERE, _TAIL, _LEADS):
        rest = pattern.sub(" ", rest)
    return Reader(Clause(rest, rest, _NO_QUOTES)).done


_ON_THING: Final = Pattern(
    rf"(?<={HOLE}) (?:on|at|in|from|of|over|above|below|under) (?:the|my|our|this|that) [a-z]+(?: [a-z]+)?$"
)
"""``'$5' on the windshield``: where the words stand."""
