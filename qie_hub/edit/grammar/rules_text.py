"""Words for texts, and the rule for those that are to go.

Example::

    delete(clause)     # 删除“新品”: old=新品
    delete(clause)     # take the date stamp off: kind=date
    delete(clause)     # 附件那两个字删了: old=附件
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import kinds, printed, selectors, slots
from qie_hub.edit.grammar.clause import JOINT, Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import HOLE, fold
from qie_hub.edit.grammar.verbs import GONE, GONE_EN, GONE_ZH, JUST_GONE
from qie_hub.edit.grammar.vocabulary import SURFACES, alternatives, words
from qie_hub.formats.operation import Operation, Slot

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
_PICTURE: Final = (
    r"(?:图片|图|照片|相片|海报|画面|牌子|标签|包装|菜单|价目表|告示牌?|通知|传单|名片|横幅|公告|黑板|门牌|封面"
    r"|主图|详情页|招牌|店招|宣传单|请柬|请帖|喜帖|贺卡|邀请函|价签|banner)"
)
IN: Final = rf"(?:(?:这张|那张|这个|这幅)?{_PICTURE}(?:上面|里面|上边|里边|上|里|中|内)?的?|(?:上面|里面|上边|里边)的?)"

DELETE: Final = words(
    f"""
    {GONE_ZH} 删 去 不要 抹 擦 隐藏 弄干净 擦干净 清干净 处理干净 清空 清光 拿下来? 消失
    """,
    f"""
    {GONE_EN} clean_up clear rub(?=_) cut hide no without clean(_off|_away)? take_them_off
    take(?=_(?!out|off).*\\b(off|out)\\b)
    (should|must|can|could|may|needs_to|has_to|is_to|gotta|got_to)_(go|come_off) go_away removal
    get(?=.*\\b(off|out)\\b) de-?watermark removed deleted
    erased gone
    take_(it|that|this|them)_(off|out|down) (delete|remove|erase)_(it|that|this|them) get_(it|that|them)_off take_down
    (?<!\\w)off$
    """,
)
WATERMARK: Final = words(
    """
    半?透明的?水印 文字水印 (中介|影楼|房产|工作室|摄影师|素材|平台|网站|图库|商家|店铺|作者|官方|别人|人家|公司)水印
    平铺的?水印 斜着的?水印
    水印文字 水印字样? 水印 浮水印 版权字样?
    """,
    """
    (logo_)?water_?marks?(_text)? de-?watermark water-marks? watermarking copyright_(text|notice|mark)s?
    stock_photo_marks?
    """,
)
TEXT_NOUN: Final = Pattern(rf"(?:这几个|这些|那些|那几个|这段|那段|这|那|的)?{NOUN}|\bthe {NOUN}(?: saying| reading)?")
ALL: Final = words(
    "所有的? 全部的? 全都 都 一律 每一?[个处] 统统 通通",
    "all(_of)? every each everywhere both any ((every|any)_)?(single_)?(last_)?bits?_of occurrences?(_of)?"
    " instances?(_of)? "
    "wherever_(it|they)_(appears?|is|are|stands?) throughout",
)
PLACE: Final = selectors.WORDS
WHERE: Final = Pattern(
    rf"{IN}|(?:上面|里面|上|里|中|那里|那边|那个|那)的?|的|\b(?:from|(?:which|that)(?: is| are|'s)|that says?"
    rf"|saying|reading|which says)\b"
    rf"|\b(?:on|off|off of|from|of|in) (?:(?:the|this|my|our|that) (?:wall|{SURFACES})|this one|(?:on )?there|here"
    r"|it)\b"
)


_DATED_MARK: Final = Pattern(r"(?:日期|时间)的?水印")


def delete(clause: Clause) -> Operation | None:
    """``删除“新品”``, ``remove the text 'SALE'``, ``去掉所有文字``."""
    if (
        WATERMARK.search(_DATED_MARK.sub(" ", clause.text))
        or not DELETE.search(clause.text)
        or negated(clause)
        or clause.is_question
    ):
        return None
    if not clause.quoted and _POINTED.search(_NO_LONGER.sub(" ", _OFF_THIS.sub(" ", clause.text))):
        return _literal(clause)
    reader = Reader(clause)
    reader.drop(_NO_LONGER)
    reader.take(DELETE)
    which = which_of(reader.left)
    reader.drop(PLACE)
    if clause.quoted:
        reader.drop(_ON_THING)
    old = reader.take_quoted()
    named = kinds.take(reader) if old is None else None
    noun = reader.take(TEXT_NOUN)
    for pattern in (TEXT_NOUN, *kinds.KINDS, DELETE, ALL, PLACE, WHERE, _REST):
        reader.drop(pattern)
    if not reader.done:
        return _literal(clause) if old is None else None
    if old is not None:
        return Operation("text.delete", {"old": old, **which}, clause.original)
    if named is not None and sum(one.search(clause.text) is not None for one in kinds.KINDS) > 1:
        return None
    kind = named or (None if noun is None else kinds.kind_of(bare_noun(noun.group())))
    if kind is None and (noun is None or not ANY_TEXT.search(noun.group())):
        return _literal(clause)
    if kind is None and not which and _SOME.search(clause.text):
        return _literal(clause)
    which = {"kind": kind, **which} if kind else which or {"which": "all"}
    return Operation("text.delete", {"old": None, **which}, clause.original)


_SOME: Final = Pattern(r"[一二两三四五六七八九十\d]个?大?字")
"""``张老师三个字`` are some words, not all of them."""
_OFF_THIS: Final = Pattern(r"\b(?:off|from|on|in) this one\b")


def _literal(clause: Clause) -> Operation | None:
    """``附件那两个字删了``, ``把已售罄删掉``, ``delete SOLD OUT``; or a kind under a longer name."""
    if clause.quoted or clause.is_question:
        return None
    for form in _LITERAL:
        found = form.match(clause.text)
        if found is None:
            continue
        old, called = clause.typed(found, "old"), found.groupdict().get("called")
        if JOINT in old or fold(old) in ("把", "将", "给", "请"):
            continue
        if called and not _LEFT.sub("", selectors.WORDS.sub("", fold(old))):
            return Operation("text.delete", {"old": None, **which_of(fold(old))}, clause.original)
        if (kind := kinds.with_modifier(fold(old))) is not None and not called:
            return Operation(
                "text.delete", {"old": None, "kind": kind, **which_of(found.group("old"))}, clause.original
            )
        if _NO_NAME.search(fold(old)):
            continue
        if (
            printed.is_slogan(old)
            or _HANDLE.fullmatch(old)
            or (called and (not printed.is_thing(fold(old)) or _counts(called, old)))
        ):
            return Operation("text.delete", {"old": old}, clause.original)
    return None


def _counts(called: str, old: str) -> bool:
    """``张老师三个字``: who counts the characters means the characters, not the man."""
    return "个" in called and slots.number(called) == len(old)


_LEFT: Final = Pattern(r"[的那这一行句里\s]")
_BEFORE: Final = rf"(?:请|帮我|麻烦|给我|你|把|将|也|都|{IN}|上?印的|写的|上面写着)*"
_AFTER: Final = r"(?:都|给|全部?|给我|帮我|统统|请|也|直接|麻烦|你|就)*"
_GO_ZH: Final = f"(?:{JUST_GONE}|删去|弄走|拿走|不要了?|删|去)(?:了|吧|掉|哈|呗|啦)*"
_CALLED: Final = (
    "(?:的?(?:[这那]?(?:[一两二三四五六七八九十几]|\\d)个?大?字|[这那][行句排段串][大小]?字|字样|这些字|[这那]句话))"
)
_LITERAL: Final = (
    Pattern(rf"^{_BEFORE}(?P<old>.+?)\s*(?P<called>{_CALLED}){_AFTER}{_GO_ZH}$"),
    Pattern(rf"^{_BEFORE}{_GO_ZH}(?P<old>.+?)(?P<called>{_CALLED})$"),
    Pattern(rf"^{_BEFORE}(?P<old>.+?){_AFTER}{_GO_ZH}$"),
    Pattern(rf"^{_BEFORE}{_GO_ZH}(?P<old>.+)$"),
    Pattern(
        rf"^(?:please |can you |could you )*{GONE} (?:the |that )?(?P<called>words? |text |phrase |line |caption "
        r"|label "
        r"|writing |(?:bit |part |place )?where it |(?:bit |part |place )(?=(?:that )?say))(?:that says? |saying "
        r"|reading |says? "
        r")?(?P<old>[^ ].*?)"
        r"(?: (?:from|on|off|in|at) (?:(?:the|this|my) [a-z]+|(?:(?:the|this|my|our) )?(?:(?:menu|price|rate|name"
        r"|visiting|business) )?(?:card|menu|board|poster|flyer|sign|label|banner)))?(?: please)?$"
    ),
    Pattern(
        rf"^(?:please |can you |could you )*{GONE} (?:the )?"
        r"(?P<old>.+?)(?: (?:text|sign|label))?(?: (?:from|on|off|in|at) (?:(?:the|this|my) [a-z]+|(?:(?:the|this"
        r"|my|our) )?(?:(?:menu|price|rate|name|visiting|business) )?(?:card|menu|board|poster|flyer|sign|label"
        r"|banner)))?(?: please)?$"
    ),
    Pattern(
        r"^(?:please |can you |could you )*(?:take|get) (?:the )?(?P<called>word |words |text )?(?P<old>.+?) "
        r"(?:off|out|down|away)(?: of)?(?: (?:the|this|my|there|here)(?: [a-z]+)?)?$"),
)  # fmt: skip
"""The ways to name words without quotes; ``called`` says that they are words."""
_ON_THING: Final = Pattern(
    rf"[\u3400-\u9fff]{{1,6}}(?:上|里|中)面?的?(?={HOLE})|\b(?:on|from|in|off) (?:the|my|this) [a-z]+(?: [a-z]+)?$"
)
"""Where quoted words stand: the words themselves are enough to find them."""
_NO_LONGER: Final = Pattern(
    r"\bwe (?:no longer|don't|do not|stopped) (?:(?:do|sell|serve|have|offer|carry|make)(?:ing)?\b(?: any ?more)?)?"
    r"|\b(?:is|are|was|were) (?:still |also |already )?(?:(?:printed|written|shown|visible|showing|wrong"
    r"|outdated) ?)?(?:on|in|at)? ?(?:there|here|it)?\b"
    r"|\bthat (?:the|my|our) [a-z]+ (?:has |have |had )?(?:printed|put|wrote|added|stamped|left|burned|burnt)\b(?:"
    r" (?:on|in|at"
    r"|onto|into) (?:it|there|here|the [a-z]+|this [a-z]+|my [a-z]+))?"
    r"|(?:已经|早就|现在)?(?:卖完|没有?|不卖|下架|停产|取消|过期|结束|不做)了|写?错了|不用了"
)
_REST: Final = words(
    "一?[行句排] 上?印着?的 写着?的 光 干净 干干净净 那些 里面的",
    "stamp old my printed any_?more any_longer photo picture image flyer menu board poster card",
)


_NO_NAME: Final = Pattern(
    r"[那这][个位只辆把台件棵盆][^字]|^(?:which|that|who|whose)\b|^(?:in|on|at|from|off|of) (?:the|his|her|my|our"
    r"|their|this|that|its)\b"
    r"|^(?:behind|under|beside|near|over|above|below|next to) |\b(?:should|must|needs to"
    r"|want)\b"
)
_HANDLE: Final = Pattern(r"[@#][\w.]+|(?:https?://|www\.)\S+|[\w-]+\.(?:com|net|org|cn|co|io|shop)\b\S*", re.IGNORECASE)
"""``@mia.xo``"""
_POINTED: Final = Pattern(
    r"[这那][行段句个](?!图|照|画面|海报|价|日期|时间|电话|标题|手机号)|\b(?:this|that)\b (?:(?:old|whole|nice) "
    r")?(?!image|picture|photo|old|whole|nice)"
)
"""``这行字`` is shown by a box, not named."""
_ARTICLE: Final = Pattern(r"^(?:的|这[几些段行个]?|那[几些段行个]?|the\b)\s*|\s+(?:saying|reading)$")
ANY_TEXT: Final = words(
    "文字 字样 字 文本 文案 标语 内容 字体 那行 这行",
    "texts? words? strings? captions? letters? letterings? writing wording lines?(_of_text)?",
)
"""Nouns for any text; of another one, such as a slogan, nobody knows which words are meant."""


def bare_noun(said: str) -> str:
    """A noun for text without what stands around it."""
    return _ARTICLE.sub("", said)


_WANT_NONE: Final = Pattern(
    r"\bnot (?:any ?more |quite )?(?:good|right|correct|valid|true|up to date|current)\b|\b(?:don't|do not) (?:want"
    r"|need|like|offer|do|sell|serve|have|carry|accept|use|ship|deliver|make|stock)\b"
)
_NOT: Final = words("不要[去删擦抹移消] 别 不用 不必 (?<!能)不能 不准 不许", "don't do_not not never leave keep")


_DONE: Final = Pattern(
    r"^(?:i|he|she|they|we|you|someone)(?:'ve| have| has| already)* (?:removed|deleted|erased)\b|已经.{0,6}(?:去掉"
    r"|删[掉除]|去除)"
)
"""``I removed the watermark`` tells what was done."""


def negated(clause: Clause) -> bool:
    """Whether something must not be done; ``I don't want the watermark`` asks for doing."""
    return (_NOT.search(_WANT_NONE.sub(" ", clause.text)) or _DONE.search(clause.text)) is not None


_UPON: Final = Pattern("(?:图|照片|图片|海报|画面)(?:上面|里面|上边|里边|上头)")
"""``图上面的`` names no place in the picture."""


def which_of(text: str) -> dict[str, Slot]:
    """Which of several equal texts: all, or one by place, number or size."""
    text = _UPON.sub(" ", text)
    if ALL.search(text):
        return {"which": "all"}
    place = selectors.which(text)
    return {} if place is None else {"which": place}
