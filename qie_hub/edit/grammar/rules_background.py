"""Rules for what is behind the subject: one colour, a gradient, blur.

A scene that would have to be made (``海边``, ``a forest``) is none of these: it is left to the rules for larger packs.

Example::

    plain(clause)      # 换白底: colour=#ffffff
    blur(clause)       # 背景虚化一点: strength=1
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import gradients, nouns, slots
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.vocabulary import alternatives, words
from qie_hub.formats.operation import Operation, Slot

_GROUND_ZH: Final = "背景(图片|图|颜色|色|板|布)? 底图 底色 底板 后景 后面的景"
_GROUND_EN: Final = "backgrounds? backdrops? bg back_ground"
GROUND_WORDS: Final = alternatives(_GROUND_ZH, _GROUND_EN)
GROUND: Final = Pattern(GROUND_WORDS)
COLOUR: Final = "|".join(one.pattern for one in slots.COLOUR_WORDS)
BASE: Final = Pattern(
    rf"(?:{COLOUR}|纯色|透明|渐变)的?底(?!部|下|端|边框|框)|(?:换|去|扣|抠|改|加|做)底(?!部|下|端)|^(?:把"
    rf"|将)?底色?(?=换|改|变|弄|做|调)"
)
"""``白底`` names a background too, but not the one of ``白底边框``."""

PICTURE: Final = words("照片 图片 相片 图 证件照 主图 商品图 产品图 白底图 登记照 一寸照 头像", "id_photo product_shot")
THING: Final = words(
    """
    商品 产品 主体 人物 人像 模特 宝贝 物品 主角 东西 前景 衣服 鞋子? 本人 头像 人 证件照 主图 货品 单品 首饰
    """,
    "products? subjects? items? persons? people model foreground main object thing goods man woman girl boy him her",
)
NOUN: Final = Pattern(
    "|".join(rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in nouns.WORDS)
)
"""Any thing of the detector: a subject that may be named beside its background."""
CHANGE: Final = words(
    """
    换[成为上个掉到了]* 更换[成为]? 替换[成为]? 改[成为到]* 变[成为得]* 弄[成得]? 做[成]? p[成上] 搞[成] 整[成得]?
    调[成] 填充?[成为]? 涂[成] 刷[成] 抠 用 要(?!求) 设[置]?[成为]? 加[个上]? 放[在到]? 衬 配[个上]? 处理成
    转[成为] 去掉
    去除 统一 抠图 抠出来? 生成
    """,
    """
    change replace set make turn give put swap switch fill convert use want need with place add have get remove
    do chuck slap stick pop whack bung should_be must_be should cut_out has_to_be on against onto to
    """,
)
_NEUTRAL: Final = words(
    """
    幕 淡 浅 深 亮 嫩 雾霾 莫兰迪 柔和的? 纯 干净的? 单色 纯色 颜色 色 的 底 成 后面 整个 那种 背景 墙 全 底子 简单 实
    变得 就是 淘宝 电商 天猫 亚马逊 平台
    要求 一样 那样 样子 版 效果 款 颜色 后头 后方 从 全部 部分 区域 看起来 的话 位置
    """,
    """
    seamless plain solid soft nice pale bright neutral very proper pure clean colou?r colou?red simple uniform flat
    single all behind style same studio amazon ecommerce
    shop completely fully instead photo version now one of
    """,
)
_TURN: Final = Pattern(r"换|改|变|弄|做|调|涂|填|刷|设|\b(?:to|into|with|by|in|should be|must be|for)\b|->|→|=")
_MARGIN: Final = Pattern(
    rf"(?:四周|周围|各|留)*(?:留[出个点]*)?(?:白边?|边距?|空|余量)(?:留|占|为|约)?\s*(?P<zh>(?:\d+"
    rf"|百分之{slots.CHINESE_NUMBER})\s*%?)"
    rf"|(?:留[出个]?|四周)\s*(?P<pre>\d+\s*%|百分之{slots.CHINESE_NUMBER})的?(?:白边?|边距?|空|余量)"
    r"|\b(?:with )?(?:an? )?(?P<en>\d+\s*(?:%|percent)) (?:margins?|padding|space)(?: around(?: it)?)?"
)
_NOT: Final = words(
    "(?<!背景)(?<!底)不要(?!背景|底|了) 别 不用 (?<!能)不能 不准 不许 不想",
    "don't do_not never not leave keep without_changing",
)

BLUR: Final = words(
    """
    虚化 模糊化? 虚掉 虚 糊掉 糊 景深 大光圈 浅景深 散景 柔焦 朦胧 弱化
    """,
    """
    blur(red|ry|s)?(_out)? bokeh defocus(ed)? out_of_focus shallow_depth_of_field depth_of_field portrait_mode soften
    unfocus(ed)? depth_effect depth
    """,
)
TOO: Final = Pattern(
    r"太[模虚糊]|[模虚糊]\S*太|\b(?:too|very|so) (?:blur|soft|out)|\bis (?:blur|out of)|去模糊|去虚化|deblur|unblur"
)
_BLUR_STRONG: Final = Pattern(
    r"很|强|特别|非常|大一?点|厉害|多一?点|狠|更|最大|浓"
    r"|\b(?:strong|heavy|heavily|very|a lot|much|more|really|strongly)"
)
_BLUR_WEAK: Final = Pattern(
    r"轻|稍微|一点点|略|微微|有点|一点|淡淡|些许|\b(?:slightly|a (?:little|bit|touch)|subtl|light|soft|gentl|mild)"
)
_BLUR_EXTRA: Final = words(
    """
    效果 处理 拍摄 相机 单反 手机 人像模式 那种 拍的 一样 强烈?[一些点]* 轻轻?[地]? 轻度 轻微 中度 重度 强度 程度
    突出主体? 突出 东西 周围的? 旁边的? 四周的? 后面的? 后方的? 主体 清晰 人物 人像 产品 商品 衣服 鞋子? 宝贝 模特 人
    保持 很 特别 非常 大[一些点]+
    厉害[一些点]* 多[一些点]+ 稍微 略微? 微微 有点儿? 淡淡 些 风格 感 镜头 做 加 添加 开 弄 变 得 整 把 更 光圈
    浓[一些点]*
    """,
    """
    effect strong(ly|er)? heav(y|ily) light(ly)? slight(ly)? a_(little|bit|touch|lot) subtle gentle gently soft(ly)?
    nice strength camera lens dslr like_a photo style apply add do with behind(_(the|my|us|her|him|them)(_[a-z]+)?)?
    all everything subject sharp person keep stays? while
    very much really main product focus mild medium background lightly put turn in on focus_on portrait dreamy nicely
    get
    """,
)
_ALL_BUT: Final = Pattern(
    r"(?:除了?.{1,8}?(?:以外|之外|外)?的?(?:其他|其它|别|其余)?的?(?:地方|部分|区域)?(?:全|都)*)(?=虚|模糊|糊)"
    r"|\b(?:what(?:'s| is)|(?:all )?(?:the|that|this) [a-z]+) behind (?:the |this |my "
    r"|our )?\w+(?: in the (?:[a-z]+ )?[a-z]+)?"
    r"|\b(?:everything|all) (?:except(?: for)?|but|behind|around|other than|apart from) (?:the |this |my )?"
    r"\w+(?: \w+)?"
)


def plain(clause: Clause) -> Operation | None:
    """``换白底``, ``背景换成浅灰色``, ``put it on a white background``, a gradient of two colours."""
    text = clause.text
    if TO_CLEAR.search(text):
        return None
    if not _about_ground(text) or forbids(clause) or BLUR.search(text) or BARE.search(text) or INSIDE.search(text):
        return None
    reader = Reader(clause)
    margin = reader.take(_MARGIN)
    gradient = gradients.GRADIENT.search(text) is not None
    _drop_set(reader)
    reader.drop(_OF_THING)
    shades = _shades(reader.left, gradient=gradient)
    if shades is None:
        return None
    direction = gradients.direction(text)
    for pattern in (
        gradients.RADIAL,
        gradients.ACROSS,
        gradients.DOWNWARD,
        gradients.GRADIENT,
        GROUND,
        Pattern("底"),
        *slots.COLOUR_WORDS,
        _HEX,
    ):
        reader.drop(pattern)
    reader.drop(_THIS_ONE)
    for pattern in (CHANGE, THING, NOUN, PICTURE, _NEUTRAL, *((gradients.FROM_TO,) if gradient else ())):
        reader.drop(pattern)
    if not reader.done:
        return None
    wish: dict[str, Slot] = {"colour": shades[0]}
    if gradient:
        wish |= {"to_colour": shades[1], "direction": direction or "down"}
    if margin is not None:
        wish["margin"] = slots.number(next(value for value in margin.groups() if value).replace("百分之", ""))
    return Operation("background.plain", wish, clause.original)


def _drop_set(reader: Reader) -> None:
    """The thing that is set on the ground does not matter, whatever its name."""
    if (thing := _SET_ON.search(reader.clause.text)) is not None:
        reader.drop(Pattern(re.escape(str(thing.group("zh") or thing.group("en")))))
    if (name := _NAMED_ON.search(reader.clause.raw)) is not None:
        reader.drop(Pattern(re.escape(name.group("name").lower())))


TO_CLEAR: Final = Pattern(
    r"(?:[换改变弄做转]成?为?|要)\s?透明(?!度|一?[点些])"
    r"|\b(?:to|into|make (?:it|the background|the bg)) (?:a )?transparent\b"
)
"""``白底换成透明``: the colour that is named is the one that is there."""
_THIS_ONE: Final = Pattern(r"^[\u3400-\u9fff]{1,6}?(?:这|那)[一]?[张个款件](?=[换改做弄用变])")
"""``床头柜这张换成白底``"""
_OF_THING: Final = Pattern(
    r"(?:^|(?<=[把将]))(?:(?:这|那|我的?)[\u3400-\u9fff]{1,6}的|[\u3400-\u9fff]{1,6}?(?:后面|身后"
    r"|背后)的?)(?=背景|底色)"
)
"""``这张茶罐的背景``"""
_HEX: Final = Pattern(r"#[0-9a-f]{6}(?![0-9a-z])")


def _about_ground(text: str) -> bool:
    """Whether a background is spoken of, not a border or a badge."""
    spoken = any(pattern.search(text) for pattern in (GROUND, BASE, _BEHIND, _ON))
    return spoken and not FRAME.search(text)


_BEHIND: Final = Pattern(
    rf"(?:{THING.pattern}|{NOUN.pattern})(?:的)?(?:后面|身后|背后|后边|后头)|\bbehind (?:the |my "
    rf")?(?:{THING.pattern}|{NOUN.pattern})"
)
_ON: Final = Pattern(
    rf"\b(?:on|onto|against) (?:a |an )?(?:(?:pure|plain|solid|clean|pale|bright) )*(?:{COLOUR})"
    r"(?: backdrop| background| bg)?$"
)
"""``put it on white``"""

FRAME: Final = words(
    "边框 相框 外框 描边 角标 标签 贴纸 水印 文字 标题",
    "borders? frames? badges? stickers? text watermark title words? captions? letters",
)


INSIDE: Final = Pattern(
    r"(?<!从)背景(?:图片?)?(?:(?:里|中|上|当中|之中|内)[面边]?(?=的|那|这|加|放|画|添|有|弄|写|贴|换|变|改|人|所有)"
    r"|的(?!颜色|部分|图))"
    r"|\b(?:remove|delete|erase|get rid of|take|clear|wipe)\b.*\b(?:in|from|on|of) (?:the|my|this) "
    r"(?:background|backdrop|bg)\b|\bin the (?:background|backdrop|bg)\b"
)
"""Things in the background are no background: ``去掉背景里的人``."""


def forbids(clause: Clause) -> bool:
    """Whether a clause quotes, asks, or says that something must not be done."""
    return forbidden(clause, clause.text)


def forbidden(clause: Clause, text: str) -> bool:
    """The same for a part of its text."""
    return bool(clause.quoted) or clause.is_question or _NOT.search(text) is not None


_TAKE_ZH: Final = "(?:去掉|去除|删除|删掉|移除|抠掉|去|不要)"
BARE: Final = Pattern(
    rf"{_TAKE_ZH}(?:这个|原来的?)?(?:{COLOUR})的?(?:背景|底色?)$"
    rf"|^(?:把|将)?(?:{COLOUR})的?(?:背景|底色?)(?:给我|都|全部)?{_TAKE_ZH}(?:了|吧)?$"
    rf"|\b(?:remove|delete|erase|get rid of|strip|take away) (?:the |this |that )?(?:{COLOUR}) "
    r"(?:background|backdrop|bg)$"
    r"|\b(?:separate|detach) (?:the|my|this) [a-z]+(?: [a-z]+)? from (?:the|its) (?:background|backdrop|bg)$"
)
"""``去掉白色背景`` names the colour that is there, not one that is wanted."""
_SET_ON: Final = Pattern(
    r"^(?:请|帮我|给我|把|将|麻烦|这[个只双件条]?|那[个只双件条]?)*(?P<zh>[^的\s]{1,6}?)(?:放|摆)(?:在|到)"
    r"|\b(?:put|place|set|show) (?:the|my|this|that|these|those|our|his"
    r"|her) (?P<en>[a-z0-9-]+(?: [a-z0-9-]+){0,2}?) (?:on"
    r"|onto|against)\b"
)
"""A thing by any name that is set on a plain ground."""
_NAMED_ON: Final = Pattern(r"\b(?:[Pp]ut|[Pp]lace|[Ss]et|[Ss]how) (?P<name>[A-Z][a-z]+) (?:on|onto|against) an? ")
"""``Put Biscuit on a cream background``: a name that was typed as one."""


def _shades(text: str, *, gradient: bool) -> tuple[str, str] | None:
    """The wanted colours. Of two without a gradient the one after the verb counts: ``把白底换成蓝底``."""
    exact = [found.group() for found in _HEX.finditer(text)]
    said = exact or [slots.COLOURS[name][0] for name in slots.colours(text)]
    said = [*dict.fromkeys(said)] if re.search("就[行好]|纯", text) else said
    if gradient:
        return (said[0], said[1] if len(said) > 1 else "#ffffff") if 1 <= len(said) <= 2 else None
    if len(said) == 2 and (turn := _TURN.search(text)) is not None:
        after = exact or slots.colours(text[turn.end() :])
        said = [said[-1]] if len(after) == 1 else said
    if not said and re.search(r"纯色|单色|\b(?:plain|solid)\b", text):
        return "#ffffff", "#ffffff"
    return (said[0], "#ffffff") if len(said) == 1 else None


def blur(clause: Clause) -> Operation | None:
    """``背景虚化``, ``blur the background a little``, ``blur everything except the dog``."""
    text = clause.text
    reader = Reader(clause)
    rest = reader.take(_ALL_BUT)
    named = (
        rest is not None
        or GROUND.search(text) is not None
        or reader.take(_REAR) is not None
        or _DEPTH.search(text) is not None
    )
    if not named or not BLUR.search(text) or forbids(clause) or TOO.search(text) or slots.colours(text):
        return None
    if INSIDE.search(text):
        return None
    reader.drop(_ONLY_SHARP)
    reader.drop(_OF_THING)
    for pattern in (GROUND, BLUR, NOUN, _BLUR_EXTRA):
        reader.drop(pattern)
    if not reader.done:
        return None
    strength = 3 if _BLUR_STRONG.search(text) else 1 if _BLUR_WEAK.search(text) else 2
    return Operation("background.blur", {"strength": strength}, clause.original)


_ONLY_SHARP: Final = Pattern(
    r"\b(?:so )?(?:that )?only (?:the |my |our |his |her )?[a-z]+(?: [a-z]+)? (?:should be|is|stays?|remains?|must be"
    r"|to be|are) "
    r"(?:clear|sharp|crisp|visible|in focus)$"
)
_REAR: Final = Pattern(
    r"^(?:把|将|让|人)?(?:后面|身后|后边|背后|周围|旁边|四周)(?:的|那些|这些|那个)*[\u3400-\u9fff]{0,4}?(?:全部?"
    r"|都|给|稍微|也|再|帮我)*\s*(?:给它|把它|帮我)?(?=[虚模糊])"
)
_DEPTH: Final = words("景深 大光圈 人像模式 散景", "bokeh depth_of_field portrait_mode depth_effect")
