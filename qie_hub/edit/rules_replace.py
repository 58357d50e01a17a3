"""The rule for words that are to read otherwise: quoted ones, printed ones, and kinds of text that are only named.

Words without quotes are a text where they read like one (see `printed`) or are called one (``the word muffin``).

Example::

    replace(clause)     # 把‘¥199’改成‘¥99’: old=¥199, new=¥99
    replace(clause)     # the second price should be $5.50: kind=price, which=order:2, new=$5.50
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit import kinds, printed, selectors, slots, spoken
from qie_hub.edit.clause import FILLERS_ZH, JOINT, Clause, Reader
from qie_hub.edit.quotes import HOLE, Masked, fold
from qie_hub.edit.rules_text import ALL, IN, NOUN, PLACE, TEXT_NOUN, WHERE, negated, which_of
from qie_hub.edit.vocabulary import alternatives
from qie_hub.formats.operation import Operation, Slot

_NO_QUOTES: Final = Masked("", "", ())
_QUOTED: Final = re.compile(HOLE)

_CHANGE_ZH: Final = alternatives("""
    改写成 修改成 修改为 更改成 更改为 更换成 更换为 替换成 替换为 替换 改成 改为 换成 换为 变成 变为 写成 更新[成为到]
    改做 改作 改到 换做 调成 改回 调整[成为到] 更正[成为] 变更[成为] 换 涨到 降到 降[成为] 涨成 改
""")
_BETWEEN_ZH: Final = (
    "(?:都|全部?|统一|一律|一起|全都|直接|给我|再|请|帮我|帮忙|麻烦|你|您|也|要|应该|需要|得|给|[改换调][一]?下"
    "|修改一下|改改)*"
)
REPLACE_ZH: Final = re.compile(rf"^(?:.*?(?:把|将))?(?P<old>.+?){_BETWEEN_ZH}(?P<verb>{_CHANGE_ZH})(?P<new>.+)$")
_WRONG_ZH: Final = "(?:(?:写|打|印|弄|标|拼|输|填|搞)错(?:了|字)*|错了|不对|有误)"
_SAYS_ZH: Final = "(?:写的?是|印的?是|标的?是|打的?是|写的|印着|写着|标着|写成了?|打成了?|印成了?)"
CORRECTED_ZH: Final = re.compile(
    rf"^(?:.{{0,8}}?{_SAYS_ZH})?(?P<old>.+?)\s*(?:这里|那里)?{_WRONG_ZH}[,\s]*"
    r"(?:请|麻烦|帮我|其实|实际|你|给我)*(?:要|应该?|应当|得|正确的?)*(?P<verb>是|为|改[成为]?|换成|写成)(?P<new>.+)$"
)
SAYS_ZH: Final = re.compile(
    rf"^.{{0,8}}?{_SAYS_ZH}(?P<old>.+?)\s+(?:请|麻烦|帮我|你|给我|要|想|但|其实)*(?P<verb>应该?是|改[成为]"
    rf"|换成)(?P<new>.+)$"
)
SHOULD_ZH: Final = re.compile(r"^(?:把|将)?(?P<old>.+?)(?P<verb>应该?是|应为|应当是|应该写成?|要写成)(?P<new>.+)$")
NEW_ZH: Final = re.compile(r"^(?:新的?|现在的?)(?P<old>[\u3400-\u9fff]{2,5}?)(?P<verb>是|为|[:：])\s*(?P<new>.+)$")
_CHANGE_EN: Final = alternatives(
    "",
    """
    change replace swap_out swap turn edit rename correct update switch modify make substitute alter fix set
    """,
)
_INTO: Final = r"(?:to: ?|to (?:read |say |be |show )?|with |into |for |by |say |read |-> ?|as )"
REPLACE_EN: Final = re.compile(rf"^(?:.*?\b)?(?P<verb>{_CHANGE_EN})\s+(?P<old>.+?)\s+{_INTO}(?P<new>.+)$")
_OUGHT: Final = (
    r"(?:(?:should (?:now|really|actually|instead))|should|must|needs? to|has to|have to|ought to|is supposed to"
    r"|is meant to)"
)
SHOULD_EN: Final = re.compile(
    rf"^(?P<old>.+?)\s+(?:(?:{_OUGHT}|will|can)\s+(?:be|read|say|become)|becomes|is now|goes to|changes "
    rf"to)\s+(?P<new>.+)$"
)
CHANGED_EN: Final = re.compile(
    rf"^.*?(?P<old>{HOLE})\s+(?:changed|replaced|swapped|updated|turned|corrected)\s+{_INTO}(?P<new>.+)$"
)
INSTEAD_EN: Final = re.compile(
    r"^(?:.*?\b)?(?:use|put|write|print|show|i want)\s+(?P<new>.+?)\s+instead of\s+(?P<old>.+)$"
)
SAYS_EN: Final = re.compile(
    r"^.{0,40}?\b(?:says?|reads?|said|spells|spelled|shows|is written)\s+(?P<old>\S.{0,60}?)(?:\s+(?:but|and|it"
    r"|which|wrong"
    r"|that is|that's|is|i|we|i'd|please|can you|could you|now))*\s+"
    rf"(?:(?:(?:want|need|like|would like) (?:it|that|this) to|{_OUGHT})\s+(?:say|read|be|show)"
    r"|(?:change|update|correct|fix) (?:it|that|this) to(?: say| read| be)?|make (?:it|that|this)(?: say| read)?"
    r"|replace (?:it|that|this) with)\s+(?P<new>.+)$"
)
_SUM: Final = r"[¥￥$€£]?\s?\d[\d.,:/-]*%?"
_UNIT: Final = (
    "(?:㎡|m²|平方米|平米|平|元|块|折|斤|公斤|克|毫升|升|寸|英寸|厘米|楼|层|万元?|亿|期|分钟?|小时|岁|人|位|件|个"
    "|杯|次|gb|tb|kg|ml|cm|mm"
    "|g|l|w|mah|%)?"
)
_ONE_SUM: Final = re.compile(rf"[¥￥$€£]?\d[\d.,:/-]*(?:{_UNIT}|%)")
_WHOLE_SUM: Final = re.compile(rf"{_SUM}\s?{_UNIT}", re.IGNORECASE)
_ALIKE: Final = (
    re.compile(r"\d{1,2}(?:[:.]\d{2})? ?[ap]\.?m\b\.?", re.IGNORECASE),
    re.compile(r"[$€£₹]\s?\d[\d.,]*"),
    re.compile(r"\d+(?:\.\d+)?%"),
)
"""Of ``6am class`` only the time becomes ``7am``."""
MOVED_EN: Final = re.compile(
    r"^.{0,40}?\b(?:moved|changed|went|dropped|reduced|raised|bumped|pushed|extended|increased|decreased|gone"
    r"|goes)(?: up| down| back)? from "
    rf"(?P<old>\S.{{0,30}}?) to (?P<new>{_SUM}(?: ?[ap]m)?|{HOLE})$"
)
PRINTED_EN: Final = re.compile(
    rf"^(?:from )?(?P<old>{_SUM}|{HOLE})\s+(?:to|into|becomes)\s+(?P<new>{_SUM}|{HOLE})(?: please)?$"
)
ARROW: Final = re.compile(r"^(?P<old>.+?)\s*(?:->|→|=>|⇒|➡|——>|-->|>>)\s*(?P<new>.+)$")
_SPOKEN_SUM: Final = (
    rf"(?:{spoken.ENGLISH}(?: (?:dollars|bucks|pounds|euros|quid))?(?: (?:and )?{spoken.ENGLISH}(?: cents)?)?)"
)
MAKE_EN: Final = re.compile(
    rf"^(?:(?:can|could|would|will) you |please |just )*(?:make|set|put|mark) (?P<old>.+?) (?:to |at |as |be |say "
    rf"|read |down to |up to )?(?P<new>{_SUM}|{HOLE}|{_SPOKEN_SUM}|[+(]?\d[\d ()+-]{{5,}})$"
)
NEW_EN: Final = re.compile(
    r"^(?:the )?new (?P<old>[a-z]+(?: number| stamp)?)(?: is| should be| will be| to be|:)? (?P<new>.+)$"
)

TOLD_EN: Final = re.compile(
    r"^.{0,40}?\b(?P<old>prices?|dates?|times?|titles?|headlines?|headings?|phone numbers?|phone no|telephone "
    r"number|cost)\b.{0,40}?\s"
    r"(?:(?:so|please|can you|could you|just|it|that|and|but|we|now|is|'s)\s+)*(?:(?:it|that) should be|should be"
    r"|make (?:it|that|them)|(?:change|update|set|correct|fix) (?:it|that|them) to"
    r"|it's now|it is now|now it's|is now)\s+(?P<new>\S.*)$"
)
TOLD_ZH: Final = re.compile(
    r"^.{0,6}?(?P<old>[\u3400-\u9fff]{0,4}(?:价格?|日期|时间|电话|手机号|标题))(?:又|都|也|已经|全)?(?:涨|降|变|改"
    r"|换|调整?|错|写错|印错|打错|推迟|提前|延期|不对)[^\s]{0,4}\s+"
    r"(?:请|帮我|麻烦|要|应该?|现在|你|给我|都)*(?P<verb>是|改[成为到]?|换[成为]|变[成为])(?P<new>\S.*)$"
)
WANT_EN: Final = re.compile(
    r"^(?:(?:i|we) (?:want|need|would like)|i'd like|have|let) (?P<old>.+?) to (?:say|read|be) (?P<new>.+)$"
)
NOT_EN: Final = re.compile(
    r"^(?:it's|it is|it should (?:be|say|read)|should (?:be|say|read))\s+(?P<new>\S.{0,40}?),?\s+(?:and "
    r")?not\s+(?P<old>\S.{0,40})$"
)
MOVE_EN: Final = re.compile(
    r"^(?:.*\b)?(?:move|push|shift|bump|bring) (?P<old>(?:the |our |my )?(?:[a-z]+ )?(?:date|time|day)) (?:back "
    r"|forward |up )?to (?P<new>.+)$"
)
_CERTAIN: Final = (MOVED_EN, ARROW, PRINTED_EN, SAYS_EN, SAYS_ZH, CORRECTED_ZH)
_LOOSE: Final = (MAKE_EN, NEW_EN, NEW_ZH, SHOULD_ZH, TOLD_EN, TOLD_ZH, MOVE_EN)
"""Forms that are for kinds of text and quoted words only."""
_FORMS: Final = (
    MOVED_EN, ARROW, PRINTED_EN, CORRECTED_ZH, SAYS_ZH, SAYS_EN, REPLACE_ZH, CHANGED_EN, INSTEAD_EN, REPLACE_EN,
    SHOULD_EN,
    NOT_EN, WANT_EN, *_LOOSE,
)  # fmt: skip

_STRIP: Final = re.compile(
    rf"^(?:(?:我要|我想|想|请|帮我|麻烦|嗯|呃|那个|就是|你|把|将)+)?(?:{IN})?(?:{NOUN}(?:是|为|从|由)?)?(?:从|由)?"
    rf"|(?:这[几三四五六两]个字|这行字|这些字|字样|的?文字|的?字|的?标题|这句话?)$"
)
_STRIP_EN: Final = re.compile(
    rf"^(?:the )?(?:{NOUN} )?(?:from |reading |saying |that says )?"
    r"|(?:\s+(?:in|on|at|from) (?:the|this|my|our) (?:image|picture|photo|sign|label|poster|banner|top|bottom|menu"
    r"|board"
    r"|flyer|card|ticket|cover|slide|page|header|footer|tag|box|bottle|cup|shirt|left|right))$"
)
_SPOT: Final = re.compile(
    r"^[\u3400-\u9fff]{1,6}?(?:那里|那儿|那边|那块儿?|这里|这块儿?|旁边|[处栏]|那一?[行栏列格])的?(?=\S)"
    r"|^[\u3400-\u9fff]{1,4}[上里]的?(?=名字|店名|标题|文字|数字|地址)"
)
"""``尺码那里的S-XL``"""
_TAIL: Final = re.compile(
    r"(?:吧|了|呢|啊|哈|呗|就行|就好|就可以|即可|好吗|可以吗|行吗|好不好|行不行|谢谢你?|辛苦了?"
    r"|这[几两三四五六]个字|这行字|[两三四五六七八]个字|字样"
    r"| please| thanks| thank you| instead| for me| now)+$"
)
_PRINTED: Final = re.compile(r"[0-9¥$€£%]")
_MONEY_ZH: Final = re.compile(rf"^(?:\d+(?:\.\d+)?|{slots.CHINESE_NUMBER})(?:块钱?|元|折)?$")
_LATIN: Final = re.compile(r"^[a-z0-9 .,&'+\-/!?%$€£¥:#@]+$")
_PLACE_BEFORE: Final = re.compile(
    rf"[\u3400-\u9fff]{{1,8}}(?:那个|这个|那里的?)(?={HOLE})|[\u3400-\u9fff]{{1,8}}(?:上|里|中|面|边|处"
    rf"|头)的?(?={HOLE})"
    rf"|[\u3400-\u9fff]{{0,4}}{NOUN}(?={HOLE})"
)
_LEADS: Final = re.compile(
    r"把|将|从|由|\bfrom\b|这|那|第[一二三四五六]个|\bthe\b|原来|之前|现在|旧的?|新的?|改一?下|改成|改为|换成"
    r"|\bold\b|\bnew\b"
    r"|[一二两三四五六七八]个字|\b(?:menu|board|flyer|poster|word|it|just|says?)\b"
)
_VAGUE: Final = re.compile(
    r"^(?:something|some|another|a (?:more|better|different|nicer|new)|more|better|different|an? )\b|^(?:更|其他"
    r"|别的|另一?个|好看|随便|什么|那种)"
    r"|(?:(?<![\d零一二两三四五六七八九十])(?:一点|点儿?)|一些|更好看的?|吸引人的?)$|^新的?$|多少|什么|哪[个种]"
    r"|怎么|还是|合适"
)
"""``something catchier`` is no text: it would have to be thought of."""

_NO_VALUE: Final = re.compile(
    rf"{_VAGUE.pattern}|\b(?:and|then|also)\b.*\b(?:remove|delete|add|put|drop|make|change|write|erase|take|crop"
    rf"|blur)\b"
)
"""Nor is a further wish."""


def replace(clause: Clause) -> Operation | None:
    """``把‘A’改成‘B’``, ``change A to B``, ``A -> B``, ``B instead of A``."""
    if not clause.quoted and slots.size(clause.text) is not None:
        return None
    for pattern in _FORMS:
        found = pattern.match(clause.text)
        if found is None:
            continue
        old, new = _side(clause, found, "old"), _side(clause, found, "new")
        if not old or not new or old == new or _only_filler(found) or JOINT in old + new:
            continue
        if JOINT in clause.raw[found.start("new") : found.end("new")] and (
            pattern not in (*_CERTAIN, TOLD_EN, TOLD_ZH) and not _QUOTED.search(found.group("old"))
        ):
            continue
        if found.groupdict().get("verb") == "换" and _CHANGED_FOR.match(found.group("new")):
            continue
        if (
            found.groupdict().get("verb") == "改"
            and found.group("new")[0] in "进善良革观一"
            and (not _QUOTED.search(found.group("new")))
        ):
            continue
        wish = _wish(clause, found, old, new)
        if wish is not None:
            return Operation("text.replace", wish, clause.original)
    return None


def _wish(clause: Clause, found: re.Match[str], old: str, new: str) -> dict[str, Slot] | None:
    """The slots of a replacement, None where no text is spoken of."""
    said = found.group("old")
    quoted = _QUOTED.search(found.group("new")) is not None
    if not _QUOTED.search(said) and _MARKED.search(said):
        return None
    if not _QUOTED.search(said) and (kind := _kind(said, old, new)) is not None:
        if not quoted and (
            not kinds.fits(kind, spoken.printed(kind, fold(new)) or fold(new))
            or found.groupdict().get("verb") == "turn"
        ):
            return None
        if (
            negated(clause)
            or (quoted and not _only_known(found.group("new")))
            or (not quoted and (_NO_VALUE.search(fold(new)) or printed.is_colour(fold(new))))
        ):
            return None
        value = new if quoted else spoken.printed(kind, fold(new)) or new
        return {"old": None, "kind": kind, "new": value, **which_of(said)}
    if found.re in _LOOSE and not _QUOTED.search(said):
        return None
    if found.re not in _CERTAIN and not _is_text(clause, found):
        return None
    if not _QUOTED.search(said) and (lines := _lines(said)) is not None:
        return {"old": None, "new": new, "which": lines}
    old = _printed_end(old, new)
    place = which_of(said) if _QUOTED.search(said) else which_of(said.replace(fold(old), " "))
    return {"old": old, "new": new, **_spoken(old, new), **place}


_MARKED: Final = re.compile("(?:圈|框|标)(?:里|中|内|出|住|起|好)|\\b(?:circled|marked|highlighted)\\b")
"""A number in a circle is shown, not named."""


def _lines(said: str) -> str | None:
    """Which line is meant where only its place is told: ``最后一行字``, ``the bottom line``."""
    place = selectors.which(said)
    left = re.sub(
        r"[那这]?一?行|\blines?\b|\bthe\b|[的那这把将]", " ", TEXT_NOUN.sub(" ", selectors.WORDS.sub(" ", said))
    )
    return place if place is not None and not _LEAD.sub("", left).strip() else None


def _kind(said: str, old: str, new: str) -> str | None:
    return kinds.kind_in(_LEAD.sub("", said), fold(new)) or kinds.kind_in(fold(old), fold(new))


_LEAD: Final = re.compile(rf"^(?:我要|我想|想|请|帮我|麻烦|就是|你|把|将|{IN}的?)+")


def _side(clause: Clause, found: re.Match[str], group: str) -> str:
    """One side of a replacement: the quoted string, or the words without what introduces them."""
    text = found.group(group)
    hole = _QUOTED.search(text)
    if hole is not None:
        return clause.masked.content(hole.group()) or ""
    start, stop = found.span(group)
    for pattern in (_TAIL, _SPOT, _STRIP, _STRIP_EN) if group == "old" else (_TAIL, _STRIP, _STRIP_EN):
        for cut in pattern.finditer(clause.text[start:stop].rstrip(" .!?。！？~")):
            if cut.start() == 0 and 0 < cut.end() < stop - start:
                start += cut.end()
                break
            if cut.start() > 0 and cut.end() > cut.start():
                stop = start + cut.start()
                break
    return clause.raw[start:stop].strip(" ,，。.!！?？:：")


def _is_text(clause: Clause, found: re.Match[str]) -> bool:
    """Whether words, not a thing, are to be replaced: quoted, called text, or clearly printed (numbers, prices)."""
    old, new = found.group("old"), found.group("new")
    if negated(clause):
        return False
    if _QUOTED.search(old) or _QUOTED.search(new):
        return _only_known(old) and _only_known(new)
    if re.search(NOUN, old) and not slots.colour(new):
        return not _VAGUE.search(new) and not _NOWHERE.match(_side(clause, found, "old"))
    if _PRINTED.search(old) and _PRINTED.search(new):
        return len(_side(clause, found, "old").split()) <= _WORDS
    if _SURFACE.match(old) and not printed.is_somebody(_side(clause, found, "old")) and not slots.colours(new):
        return True
    sides = _side(clause, found, "old"), _side(clause, found, "new")
    if _MONEY_ZH.match(sides[0]) and _MONEY_ZH.match(sides[1]):
        return True
    chinese_sentence = re.search(r"[\u3400-\u9fff]", clause.text) is not None
    if chinese_sentence and _LATIN.match(sides[0].lower()):
        return True
    return printed.reads_printed(*sides, found.groupdict().get("verb") or "")


_SURFACE: Final = re.compile(
    r"^(?:把|将)?(?:这|那)?[张个]?(?:菜单|海报|招牌|牌子|价目表|告示牌?|通知|标签|传单|名片|横幅|公告|黑板"
    r"|门牌)(?:上面?|里面?|中)的?"
)
"""Where nothing stands but print: ``菜单上红烧肉改成东坡肉``."""
_WORDS: Final = 4
_CHANGED_FOR: Final = re.compile(r"[了上个一下掉种件套身张条]")
"""``换个``, ``换一张``: a thing is meant."""
_NOWHERE: Final = re.compile(r"[和与跟及、]|(?:and|on|in|at|of|from|to)\b", re.IGNORECASE)


def _only_filler(found: re.Match[str]) -> bool:
    """``改一下`` names no new text."""
    new = found.group("new")
    return not _QUOTED.search(new) and FILLERS_ZH.sub("", new).strip(" ,，。.!！") == ""


def _printed_end(old: str, new: str) -> str:
    """``营业时间8:00`` to be ``9:00``: a new number replaces the old number, not the words around it."""
    for alike in _ALIKE:
        same = [one.group() for one in alike.finditer(old)]
        if alike.fullmatch(new) and len(same) == 1:
            return same[0]
    found = [one.group() for one in _ONE_SUM.finditer(old)]
    around_chinese = re.search(r"[\u3400-\u9fff]", old) is not None
    return found[0] if len(found) == 1 and around_chinese and _WHOLE_SUM.fullmatch(new) else old


def _only_known(side: str) -> bool:
    """Beside a quoted string, only words that say where or what it is; unquoted words alone are a text themselves."""
    if not _QUOTED.search(side):
        return True
    rest = _PLACE_BEFORE.sub(" ", side)
    rest = _QUOTED.sub(" ", rest)
    for pattern in (ALL, PLACE, TEXT_NOUN, WHERE, _TAIL, _LEADS):
        rest = pattern.sub(" ", rest)
    return Reader(Clause(rest, rest, _NO_QUOTES)).done


def _spoken(old: str, new: str) -> dict[str, Slot]:
    """A dictated price is printed in digits: ``一百九十九块`` stands in the picture as ``199``."""
    digits = [slots.spoken_number(side) for side in (old, new)]
    if digits[0] is None or digits[1] is None or (digits[0] == old and digits[1] == new):
        return {}
    return {"old_spoken": digits[0], "new_spoken": digits[1]}
