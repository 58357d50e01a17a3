"""Rules for texts and watermarks. Each takes a clause and answers with an operation, or None: not mine."""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit import selectors, slots
from qie_hub.edit.clause import FILLERS_ZH, Clause, Reader
from qie_hub.edit.quotes import HOLE, Masked, fold
from qie_hub.edit.vocabulary import alternatives, words
from qie_hub.formats.operation import Operation, Slot

_NO_QUOTES: Final = Masked("", "", ())
_QUOTED: Final = re.compile(HOLE)

_NOUN_ZH: Final = r"""
    文字 字样 字 文本 文案 标题 大标题 小标题 副标题 主标题 标语 口号 价格 售价 原价 现价 单价 价钱 价签
    数字 日期 时间 电话号?码? 手机号 品牌名? 店名 名字 内容 单词 词语? 字体 那行 这行 广告语 宣传语 横幅
    招牌 落款 地址 编号 [一二两俩三四五六七八九十几\d]个?大?字
"""
_NOUN_EN: Final = """
    texts? words? strings? captions? titles? headlines? headings? prices? numbers? dates? labels? letters?
    letterings? writing slogans? price_tags? price_labels? phone_numbers? wording lines?(_of_text)?
"""
NOUN: Final = alternatives(_NOUN_ZH, _NOUN_EN)
_PICTURE: Final = r"(?:图片|图|照片|相片|海报|画面|牌子|标签|包装|封面|主图|详情页|招牌|banner)"
_IN: Final = (
    rf"(?:(?:这张|那张|这个|这幅)?{_PICTURE}(?:上面|里面|上边|里边|上|里|中|内)?的?|(?:上面|里面|上边|里边)的?)"
)

_CHANGE_ZH: Final = alternatives("""
    改写成 修改成 修改为 更改成 更改为 更换成 更换为 替换成 替换为 替换 改成 改为 换成 换为 变成 变为 写成
    改做 改作 改到 换做 调成 改
""")
REPLACE_ZH: Final = re.compile(
    rf"^(?:.*?(?:把|将))?(?P<old>.+?)(?:都|全部?|统一|一律|一起|全都|直接|给我|再)*(?P<verb>{_CHANGE_ZH})(?P<new>.+)$"
)
_CHANGE_EN: Final = alternatives(
    "", "change replace swap_out swap turn edit rename correct update switch modify make substitute alter"
)
_INTO: Final = r"(?:to (?:read |say |be |show )?|with |into |for |by |say |read |-> ?|as )"
REPLACE_EN: Final = re.compile(rf"^(?:.*?\b)?(?P<verb>{_CHANGE_EN})\s+(?P<old>.+?)\s+{_INTO}(?P<new>.+)$")
SHOULD_EN: Final = re.compile(
    r"^(?P<old>.+?)\s+(?:should|must|needs to|has to)\s+(?:be|read|say|become)\s+(?P<new>.+)$"
)
CHANGED_EN: Final = re.compile(
    rf"^.*?(?P<old>{HOLE})\s+(?:changed|replaced|swapped|updated|turned|corrected)\s+{_INTO}(?P<new>.+)$"
)
INSTEAD_EN: Final = re.compile(
    r"^(?:.*?\b)?(?:use|put|write|print|show|i want)\s+(?P<new>.+?)\s+instead of\s+(?P<old>.+)$"
)
_ONE_SUM: Final = re.compile(r"[¥￥$€£]?\d[\d.,:/-]*%?")
_SUM: Final = r"[¥￥$€£]?\s?\d[\d.,:/-]*%?"
PRINTED_EN: Final = re.compile(rf"^(?:from )?(?P<old>{_SUM})\s+to\s+(?P<new>{_SUM})(?: please)?$")
ARROW: Final = re.compile(r"^(?P<old>.+?)\s*(?:->|→|=>|⇒|➡|——>|-->|>>)\s*(?P<new>.+)$")

DELETE: Final = words(
    """
    去掉 去除 除去 除掉 删掉 删除 删去 删了 删 擦掉 擦除 擦去 抹掉 抹去 抹除 消除 消掉 清除 清掉 移除 移走
    去 不要 p掉 处理掉 弄掉 拿掉 剔除 清理掉? 抹 隐藏 盖掉 弄没 搞掉
    """,
    """
    remove delete erase get_rid_of take_out take_off take_away clean_up clear(_away)? drop strip(_out|_off)?
    wipe(_out|_off)? cut(_out)? scrub eliminate lose hide no without clean(_off|_away)?
    take(?=_(?!out|off).*\\b(off|out)\\b)
    should_go has_to_go must_go go_away removal get(?=.*\\boff\\b) de-?watermark removed deleted erased gone
    """,
)
WATERMARK: Final = words(
    """
    半?透明的?水印 文字水印 (平台|网站|图库|商家|店铺|作者|官方|别人|人家|公司)水印 平铺的?水印 斜着的?水印
    水印文字 水印字样? 水印 浮水印 版权字样?
    """,
    """
    (logo_)?water_?marks?(_text)? de-?watermark water-marks? watermarking copyright_(text|notice|mark)s?
    stock_photo_marks?
    """,
)
TEXT_NOUN: Final = re.compile(
    rf"(?:这几个|这些|那些|那几个|这段|那段|这|那|的)?{NOUN}|\bthe {NOUN}(?: saying| reading)?"
)
ALL: Final = words(
    "所有的? 全部的? 全都 都 一律 每一?[个处] 统统 通通",
    "all(_of)? every each everywhere both any occurrences?(_of)? instances?(_of)?",
)
PLACE: Final = selectors.WORDS
WHERE: Final = re.compile(
    rf"{_IN}|(?:上面|里面|上|里|中|那里|那边|那个|那)的?|的|\b(?:from|that says?|saying|reading|which says)\b"
    r"|\bon the (?:sign|label|poster|banner|wall|box|cover)\b"
)
_STRIP: Final = re.compile(
    rf"^(?:(?:我要|我想|想|请|帮我|麻烦|嗯|呃|那个|就是|你|把|将)+)?(?:{_IN})?(?:{NOUN}(?:是|为|从|由)?)?(?:从|由)?|(?:这[几三四五六两]个字|这行字|这些字|字样|的?文字|的?字|的?标题|这句话?)$"
)
_STRIP_EN: Final = re.compile(
    rf"^(?:the )?(?:{NOUN} )?(?:from |reading |saying )?"
    r"|(?:\s+(?:in|on|at) (?:the|this|my) (?:image|picture|photo|sign|label|poster|banner|top|bottom))$"
)
_TAIL: Final = re.compile(
    r"(?:吧|了|呢|啊|哈|就行|就好|好吗|可以吗|行吗|谢谢|这几个字|这行字| please| thanks| thank you| instead)+$"
)
_PRINTED: Final = re.compile(r"[0-9¥$€£%]")
_MONEY_ZH: Final = re.compile(rf"^(?:\d+(?:\.\d+)?|{slots.CHINESE_NUMBER})(?:块钱?|元|折)?$")
_LATIN: Final = re.compile(r"^[a-z0-9 .,&'+\-/!?%$€£¥:#@]+$")
_PLACE_BEFORE: Final = re.compile(
    rf"[\u3400-\u9fff]{{1,8}}(?:那个|这个|那里的?)(?={HOLE})|[\u3400-\u9fff]{{1,8}}(?:上|里|中|面|边|处|头)的?(?={HOLE})"
    rf"|[\u3400-\u9fff]{{0,4}}{NOUN}(?={HOLE})"
)
_ON_THING: Final = re.compile(
    rf"[\u3400-\u9fff]{{1,6}}(?:上|里|中)面?的?(?={HOLE})|\b(?:on|from|in|off) (?:the|my|this) [a-z]+(?: [a-z]+)?$"
)
"""Where quoted words stand: the words themselves are enough to find them."""
_LEADS: Final = re.compile(
    r"把|将|从|由|\bfrom\b|这|那|第[一二三四五六]个|\bthe\b|原来|之前|现在|旧的?|新的?|改一?下|改成|改为|换成|\bold\b|\bnew\b"
)

ADD: Final = words(
    "添加上? 加上 加个 加一?[行句段] 加 写上 写 打上 印上 放上 标上 标注 输入 附上 放一?[行句]",
    "add write put insert place print type overlay include set caption",
)


_KINDS: Final = {
    "price": words("价格 售价 原价 现价 单价 价钱 价签 价 金额", "prices? price_tags? price_texts? amount cost"),
    "title": words("大?标题 主标题 抬头", "titles? headlines? headings?"),
    "date": words("日期 时间", "dates? time"),
    "phone": words("电话号?码? 手机号码?", "phone_numbers? phone telephone"),
}
KINDS: Final = tuple(_KINDS.values())


def kind_of(text: str) -> str | None:
    """What kind of words is meant where none are quoted: ``把价格改成99`` names no text, but what it is."""
    return next((name for name, pattern in _KINDS.items() if pattern.fullmatch(text.strip())), None)


def replace(clause: Clause) -> Operation | None:
    """``把‘A’改成‘B’``, ``change A to B``, ``A -> B``, ``B instead of A``."""
    if not clause.quoted and slots.size(clause.text) is not None:
        return None
    for pattern in (ARROW, PRINTED_EN, REPLACE_ZH, CHANGED_EN, INSTEAD_EN, REPLACE_EN, SHOULD_EN):
        found = pattern.match(clause.text)
        if found is None:
            continue
        old, new = _side(clause, found, "old"), _side(clause, found, "new")
        if (
            old
            and new
            and old != new
            and not _only_filler(found)
            and (pattern in (ARROW, PRINTED_EN) or _is_text(clause, found))
        ):
            old = _printed_end(old, new)
            named: dict[str, Slot] = {"old": old, "new": new, **_spoken(old, new), **which_of(found.group("old"))}
            if not _QUOTED.search(found.group("old")) and (kind := kind_of(fold(old))):
                named |= {"old": None, "kind": kind}
            return Operation("text.replace", named, clause.original)
    return None


def delete(clause: Clause) -> Operation | None:
    """``删除“新品”``, ``remove the text 'SALE'``, ``去掉所有文字``."""
    if WATERMARK.search(clause.text) or not DELETE.search(clause.text) or negated(clause):
        return None
    if not clause.quoted and _POINTED.search(clause.text):
        return None
    reader = Reader(clause)
    reader.take(DELETE)
    which = which_of(reader.left)
    if clause.quoted:
        reader.drop(_ON_THING)
    old = reader.take_quoted()
    noun = reader.take(TEXT_NOUN)
    for pattern in (TEXT_NOUN, DELETE, ALL, PLACE, WHERE):
        reader.drop(pattern)
    if not reader.done or (old is None and noun is None):
        return None
    if old is None and noun is not None:
        kind = kind_of(bare_noun(noun.group()))
        if kind is None and not _ANY_TEXT.search(noun.group()):
            return None
        which = {"kind": kind, **which} if kind else which or {"which": "all"}
    return Operation("text.delete", {"old": old, **which}, clause.original)


_POINTED: Final = re.compile(r"[这那][行段句个](?!图|照|画面|海报)|\b(?:this|that)\b (?!image|picture|photo)")
"""``这行字`` is shown by a box, not named."""
_ARTICLE: Final = re.compile(r"^(?:的|这[几些段行个]?|那[几些段行个]?|the\b)\s*|\s+(?:saying|reading)$")
_ANY_TEXT: Final = words(
    "文字 字样 字 文本 文案 标语 内容 字体 那行 这行",
    "texts? words? strings? captions? letters? letterings? writing wording lines?(_of_text)?",
)
"""Nouns for any text; of another one, such as a slogan, nobody knows which words are meant."""


def bare_noun(said: str) -> str:
    """A noun for text without what stands around it."""
    return _ARTICLE.sub("", said)


_WANT_NONE: Final = re.compile(r"\b(?:don't|do not) (?:want|need|like)\b")


def add(clause: Clause) -> Operation | None:
    """``在右下角加上“新品上市”``, ``add the text 'SALE' at the top``."""
    reader = Reader(clause)
    text = reader.take_quoted()
    if text is None or negated(clause) or reader.take(ADD) is None:
        return None
    place, colour = slots.position(reader.left), slots.colour(reader.left)
    for pattern in (
        *slots.COLOUR_WORDS,
        PLACE,
        TEXT_NOUN,
        WHERE,
        words("一?[行句段] 几个 色 写着 用 字 颜色", "corner in saying reading"),
    ):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("text.add", {"text": text, "position": place, "color": colour}, clause.original)


_NOT: Final = words("不要[去删擦抹移消] 别 不用 不必 (?<!能)不能 不准 不许", "don't do_not not never leave keep")


def negated(clause: Clause) -> bool:
    """Whether something must not be done; ``I don't want the watermark`` asks for doing."""
    return _NOT.search(_WANT_NONE.sub(" ", clause.text)) is not None


def _side(clause: Clause, found: re.Match[str], group: str) -> str:
    """One side of a replacement: the quoted string, or the words without what introduces them."""
    text = found.group(group)
    hole = _QUOTED.search(text)
    if hole is not None:
        return clause.masked.content(hole.group()) or ""
    start, stop = found.span(group)
    for pattern in (_TAIL, _STRIP, _STRIP_EN):
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
        return True
    if _PRINTED.search(old) and _PRINTED.search(new):
        return True
    if _MONEY_ZH.match(_side(clause, found, "old")) and _MONEY_ZH.match(_side(clause, found, "new")):
        return True
    chinese_sentence = re.search(r"[\u3400-\u9fff]", clause.text) is not None
    return chinese_sentence and bool(_LATIN.match(_side(clause, found, "old").lower()))


def _only_filler(found: re.Match[str]) -> bool:
    """``改一下`` names no new text."""
    new = found.group("new")
    return not _QUOTED.search(new) and FILLERS_ZH.sub("", new).strip(" ,，。.!！") == ""


def _printed_end(old: str, new: str) -> str:
    """``营业时间8:00`` to be ``9:00``: a new number replaces the old number, not the words around it."""
    found = _ONE_SUM.findall(old)
    around_chinese = re.search(r"[\u3400-\u9fff]", old) is not None
    return found[0] if len(found) == 1 and around_chinese and re.fullmatch(_SUM, new) else old


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


def which_of(text: str) -> dict[str, Slot]:
    """Which of several equal texts: all, or one by place, number or size."""
    if ALL.search(text):
        return {"which": "all"}
    place = selectors.which(text)
    return {} if place is None else {"which": place}
