"""The rule for words that are to be written on a picture, quoted or not.

Without quotes a text holds no order, no place and no words of asking (see `printed.is_order`): those would be written
on the picture.

Example::

    add(clause)                    # 在右下角加上“新品上市”: text=新品上市, position=bottom_right
    add(clause)                    # 在底部加一行白色的字:扫码点单: text=扫码点单, position=bottom, color=#ffffff
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import printed, slots
from qie_hub.edit.grammar.clause import JOINT, Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import HOLE, Masked
from qie_hub.edit.grammar.rules_text import PLACE, TEXT_NOUN, WHERE, negated
from qie_hub.edit.grammar.vocabulary import words
from qie_hub.formats.operation import Operation, Slot

_NO_QUOTES: Final = Masked("", "", ())
_ADD: Final = words(
    """
    添加上? 加上 加个 加一?[行句段] 加 写上 写 打上 印上 放上 标上 标注 输入 附上 放一?[行句] 打 补上?一?[行句]? 配上
    [来整搞弄]个 来一?[行句] 题上? 署上? 弄上
    叠加?上? 放 贴上?
    """,
    "add write put insert place print type overlay include set caption stick pop drop stamp label",
)
_AROUND: Final = words(
    """
    一?[行句段] 几个 色 写着 用 字 颜色 大字 小字 字体 醒目的? 白字 文字 内容 要 处 位置 地方 空白 角落 最 那儿 那里
    粗体 大大的? 小小的? 居中
    话 句话? 标语 文案 照片的? 图的? 图 里面 上 就写? 是 写 标题 水印 微信号? 网址 字号 大一?点的? 小一?点的?
    """,
    """
    corner in saying reading instead letters? lettering font bold big large small nice text across along right very
    size name names that reads says with it somewhere white-space the says underneath colou?r colou?red
    """,
)
_LARGE: Final = words("[大小粗细]字")
_NUMBER: Final = r"(?:[一两二三四五六七八九十几]|\d{1,2})"
_VERB_ZH: Final = (
    "(?:添加上?|加上去?|加入|加|写上去?|写|打上|打|印上|印|标上|标注?|放上|放|补上?|来|题上?|配上?|署上?|弄上?)"
)
_SAYING_ZH: Final = "(?:就?写(?:着|上|个|的是)?|内容(?:是|为|写)?|写的?是|是|叫|说(?!明))"
_FREE_ZH: Final = (
    Pattern(
        rf"^(?P<lead>.*?){_VERB_ZH}(?:我的?|我们的?|本店)?(?P<kind>日期|时间|电话|价格|地址|微信号?"
        rf"|网址)[:\s]*(?P<text>(?:[\d¥$￥@a-z]"
        r"|[零一二三四五六七八九幺]{4}).*)$"
    ),
    Pattern(r"^(?P<lead>(?:在|用)?[^:]{1,10}?)(?P<kind>[大小]?字)\s*:\s*(?P<text>\S.*)$"),
    Pattern(
        rf"^(?P<lead>.*?){_VERB_ZH}(?:个|一?[行句段排]|{_NUMBER}个)?(?P<kind>[^:]{{0,10}}?(?:字样?|文字|文案|标语"
        rf"|标题|话|水印文字|说明))"
        rf"(?:\s*[::]\s*|\s*{_SAYING_ZH}\s*[::]?\s*|\s+)(?P<text>[^\s].*)$"
    ),
    Pattern(
        rf"^(?P<lead>.*?){_VERB_ZH}(?:个|一?[行句段排]|{_NUMBER}个)?(?P<kind>[^:]{{0,8}}?)\s*[::]\s*(?P<text>\S.*)$"
    ),
    Pattern(
        rf"^(?P<lead>.*?){_VERB_ZH}(?:个|一?[行句段])?(?P<kind>)(?P<text>[^\s].*?)(?:[这那]?{_NUMBER}个?(?:字母"
        rf"|英文|大?字)"
        rf"|[这那]?几个字|字样|这行字|这句话?)$"
    ),
    Pattern(rf"^(?P<lead>.*?){_VERB_ZH}{_NUMBER}个(?P<kind>[大小]?字)\s*(?:{_SAYING_ZH}|[::])?\s*(?P<text>[^\s].*)$"),
    Pattern(rf"^(?P<lead>.*?){_VERB_ZH}(?:一?(?:句话?|[行段排]))(?P<kind>(?:[^:]{{0,6}}?字)?)(?P<text>[^\s].*)$"),
    Pattern(
        r"^(?P<lead>.*?)(?:写上|写(?![的错着了反是得完过])|题上?|印上|标注?上|打上)(?:着"
        r"|个)?(?P<kind>)\s*(?P<text>[^\s].*)$"
    ),
)
_TAIL_ZH: Final = Pattern(
    r"(?:就行了?|就好了?|就可以了?|即可|吧|呗|哈|好吗|可以吗|行吗|谢谢你?|[这那]?(?:[一两二三四五六七八九十几]"
    r"|\d)个?大?字)+$"
)
_PLACE_EN: Final = (
    r"(?:(?:(?:in|at|on|to|along|across|near|over|down|up|by) )*(?:the )?(?:very |far )?"
    rf"(?:{'|'.join(slots.POSITIONS.values())})(?: (?:of|side|part|edge|corner)\b(?: of)?(?: (?:the|this|my) [a-z]+"
    rf"| it)?)*"
    r"(?: hand)?(?: corner| side)?)"
)
_COLOUR_EN: Final = "|".join(one.pattern for one in slots.COLOUR_WORDS)
END_EN: Final = Pattern(
    rf"[ ,]+(?:{_PLACE_EN}|in (?:(?:a|big|large|bold|small|bright|nice) )*(?:{_COLOUR_EN}|letters|capitals|caps|bold)"
    r"(?: (?:letters|lettering|text|font|writing|colou?r))?|instead|please|somewhere|too|as well|also|though"
    r"|mate|will you|would you|can you|could you|(?:on|to) (?:it|(?:the|this"
    r"|my) (?:picture|photo|image)))$"
)
_NOUN_EN: Final = (
    r"(?:texts?|words?|captions?|titles?|lines?|phrase|heading|headline|lettering|writing|slogan|message|label)"
)
_FREE_EN: Final = (
    Pattern(
        rf"^(?P<lead>)(?P<kind>(?:an? )?(?:[a-z]+ ){{0,2}}?{_NOUN_EN}(?: {_PLACE_EN})?)(?:\s*:\s*| (?:saying"
        rf"|reading|that says) )(?P<text>\S.*)$"
    ),
    Pattern(
        rf"^(?P<lead>.*?)\b(?:add|put|write|print|type|place|insert|overlay|include)\b (?P<kind>(?:[a-z]+ "
        rf"){{0,4}}?{_NOUN_EN}(?: {_PLACE_EN})?)"
        r"(?:\s*:\s*|,? (?:that )?(?:saying|says?|reads?|reading|with)\s*:?\s*|\s+)(?P<text>\S.*)$"
    ),
    Pattern(r"^(?P<lead>.*?)\b(?P<verb>write|type|print)\b(?P<kind>)(?: out)?\s*:?\s+(?P<text>\S.*)$"),
    Pattern(
        r"^(?P<lead>.*?)\b(?P<verb>add|put|place|stamp|insert|overlay|slap|stick|splash|throw|chuck|whack"
        r"|bung|plonk|shove|drop|set"
        r"|pop)\b(?P<kind>)\s*:?\s+(?P<text>\S.*)$"
    ),
)


def add(clause: Clause) -> Operation | None:
    """``在右下角加上“新品上市”``, ``add the text 'SALE' at the top``, ``write SOLD in red in the middle``."""
    if negated(clause) or clause.is_question or len(clause.quoted) > 1:
        return None
    if not clause.quoted:
        return _free_zh(clause) or _free_en(clause)
    if _stands(clause) or _ELSE.search(clause.text):
        return None
    reader = Reader(clause)
    text = reader.take_quoted()
    if reader.take(_ADD) is None and not _SET.match(clause.text):
        return None
    place, colour = slots.position(reader.left), slots.colour(reader.left)
    for pattern in (*slots.COLOUR_WORDS, PLACE, _LARGE, TEXT_NOUN, WHERE, _AROUND, _ADD):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("text.add", {"text": text, "position": place, "color": colour}, clause.original)


_SET: Final = Pattern(
    rf"^{HOLE},? {_PLACE_EN} please$"
    rf"|^(?:the )?(?:texts?|words?|caption|slogan|line|writing)(?: saying| reading)? {HOLE},? {_PLACE_EN}(?: .*)?$"
)
"""``'Thank You' at the bottom please``"""


_STANDS: Final = Pattern(
    rf"(?:写的?是|印的?是|标的?是|写的|印着|写着|标着)\s*:?\s*{HOLE}$|\b(?:says?|reads?|is written"
    rf"|it said)\s*:?\s*{HOLE}$"
)
_ELSE: Final = Pattern(
    r"去掉|去除|去水印|删|擦|虚化|裁|抠|放大|换|改|\b(?:remove|delete|erase|crop|blur|brighten|sharpen"
    r"|resize|get rid|cut out|replace"
    r"|change)\b"
)
_ORDERS: Final = Pattern(r"[加添放贴打]|\b(?:add|put|place|insert|set|want|need|badge|with|that)\b")
"""``包装上写的是‘净含量250克’`` tells what stands there."""


def _stands(clause: Clause) -> bool:
    return _STANDS.search(clause.text) is not None and _ORDERS.search(clause.text) is None


def _free_zh(clause: Clause) -> Operation | None:
    """``下面加一行字支持验货``, ``照片上写全家福三个字``."""
    for form in _FREE_ZH:
        found = form.match(clause.text)
        if found is None:
            continue
        said = found.group("lead") + " " + found.group("kind")
        start, stop = found.span("text")
        stop = start + len(_TAIL_ZH.sub("", clause.text[start:stop]).rstrip())
        start += len(clause.text[start:stop]) - len(clause.text[start:stop].lstrip(" :，,"))
        if (ink := _INK_ZH.search(clause.text, start, stop)) is not None:
            said, stop = f"{said} {ink.group()}", ink.start()
        start = stop - len(_UPON.sub("", clause.text[start:stop]))
        if stop <= start or stop - start > _LONGEST or JOINT in clause.raw[start:stop] or not _only_where(said):
            continue
        if _PLACEHOLDER.search(clause.text[start:stop]) or printed.is_order(clause.text[start:stop]):
            continue
        if form in _BARE_ZH and (slots.position(said) is None and not _ON_PICTURE.search(said)):
            continue
        if (
            form in _BARE_ZH
            and printed.is_thing(clause.text[start:stop])
            and not printed.is_slogan(clause.text[start:stop])
        ):
            continue
        return _wish(clause, said, (start, stop))
    return None


_INK_ZH: Final = Pattern(
    rf"[\s,]+(?:用|要)?(?:{'|'.join(one.pattern for one in slots.COLOUR_WORDS)})色?的?(?:大?字体?)?$"
)
"""``左下角写上 九成新 白色字``"""
_UPON: Final = Pattern(r"^上\s+")
_PLACEHOLDER: Final = Pattern(
    r"^[上个下着]$|^(?:介绍|说明|描述|解释|讲|写|关于|明用).*|^(?:我们?的?|店铺?的?|公司的?|今天的?|一?[些点].*"
    r"|点?什么.*|.*首.*诗|(?:联系|订餐|店铺?|公司|品牌|商品|产品|我的?"
    r"|我们的?|他的?|她的?|宝宝)?(?:店名|名字|姓名|名|品牌|地址|微信号?|二维码|日期|时间|价格?|电话号?码?"
    r"|文案|祝福语?|标语|口号|广告语|slogan|诗|签名|落款|水印|logo|标题|文字|字|话|说明|简介))$|的.{0,2}(?:话|字|文案"
    r"|标语|祝福|诗|句子|文字)$"
    r"|^(?:name|names|date|price|address|phone number|title|caption|text|words|quote|slogan|logo|something.*)$"
)
"""A name for what is to be written is not what is to be written."""
_LONGEST: Final = 40
_BARE_ZH: Final = _FREE_ZH[-1:]
_ON_PICTURE: Final = Pattern(r"(?:照片|图片?|画面|海报|封面)(?:上|里|中)|上面|下面|旁边|空白")


def _free_en(clause: Clause) -> Operation | None:
    """``add yellow text: Lisbon 2024``, ``add the words sold out in the top right``, ``write SOLD in red``."""
    for form in _FREE_EN:
        found = form.match(clause.text)
        if found is None:
            continue
        start, stop = found.span("text")
        end = stop
        while (cut := END_EN.search(clause.text[start:end])) is not None and cut.start() > 0:
            end = start + cut.start()
        said = f"{found.group('lead')} {found.group('kind')} {clause.text[end:stop]}"
        text = clause.raw[start:end].strip(" ,:")
        sure = form in _FREE_EN[:2] or found.groupdict().get("verb") in ("write", "type")
        if (
            not text
            or len(text) > _LONGEST
            or JOINT in text
            or not _only_where(said)
            or not (
                sure
                or printed.is_shouted(text)
                or _DATED.match(text)
                or _ADDRESS.match(text)
                or printed.is_slogan(text)
                or (end < stop and printed.reads_posted(text))
            )
        ):
            continue
        if names_no_text(text.lower()):
            continue
        return _wish(clause, said, (start, end))
    return None


_ADDRESS: Final = Pattern(
    r"^(?:[@#]\w[\w.]*|©.*|(?:https?://|www\.)\S+|[\w-]+\.(?:com|net|org|cn|co|io|shop)\S*)$", re.IGNORECASE
)
_DATED: Final = Pattern(r"^[A-Z][a-z]*\.? ?\d[\d.,:]*$")
"""``Est. 1998``, ``Room 204``"""
_POINTING: Final = Pattern(r"^(?:it|this|that|them|something|a|an|my|our|the|on|in|at|over)\b")


def names_no_text(text: str) -> bool:
    """Whether folded English words only name what is to be written, point at it, or hold a further order."""
    named = _POINTING.match(text) or _PLACEHOLDER.search(text)
    return named is not None or printed.is_order(text)


def _wish(clause: Clause, said: str, span: tuple[int, int]) -> Operation:
    text = clause.raw[span[0] : span[1]].strip(" ,:，：\u2029")
    slots_: dict[str, Slot] = {"text": text, "position": slots.position(said), "color": slots.colour(said)}
    return Operation("text.add", slots_, clause.original)


def _only_where(said: str) -> bool:
    """Whether words say no more than where, in which colour, and that it is a text."""
    reader = Reader(Clause(said, said, _NO_QUOTES))
    for pattern in (*slots.COLOUR_WORDS, PLACE, _LARGE, TEXT_NOUN, WHERE, _AROUND):
        reader.drop(pattern)
    return reader.done
