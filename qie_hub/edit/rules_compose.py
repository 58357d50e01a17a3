"""Rules for further pictures: a logo put on or in place of words, a thing cut out of one picture and set on another.

Example::

    add_logo(clause)       # 在右下角加上我们的logo: position=bottom_right
    compose(clause)        # 把第二张图里的猫放到左边: noun=cat, position=left, number=1
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit import nouns, rules_object, selectors, slots
from qie_hub.edit.clause import Clause, Reader
from qie_hub.edit.further import OTHER, number_of
from qie_hub.edit.rules_background import BLUR, CHANGE, GROUND, THING, forbids
from qie_hub.edit.vocabulary import words
from qie_hub.formats.operation import Operation, Slot

LOGO: Final = words(
    "logo图?片? 商标 店标 徽标 品牌标[志识]? 公司标[志识]? 店铺标[志识]? 台标 队标 校徽 图标 标志",
    "logos? logotypes? emblem brand_?mark company_mark icon",
)
_OWNER: Final = words(
    """
    我们的? 我的 我家的? 咱们?的? 自家的? 公司的? 店铺的? 店里的? 品牌的? 本店的? 这个 新的? 附件里?的? 上传的 给你的
    发你的 店 公司 品牌
    """,
    """
    my our the this company('s)? shop('s)? brand('s)? store('s)? attached uploaded new own given provided mine ours
    corporate business i('ve)?(_have)?_(attached|uploaded|sent|added|included|gave_you|given_you) picture image file
    second first
    """,
)
_WHOSE: Final = re.compile(
    r"(?:(?<=[上下个到在加打贴放印])|^)[\u3400-\u9fff]{1,6}(?<![上下个到在加打贴放印])的?(?=logo)|\b(?:our|my"
    r"|the) (?:[a-z]+ ){1,2}?(?=logo)"
)
"""``车行logo``"""
_OWN: Final = words(
    "我们的? 我们公司的? 我的 自家的? 公司的? 本店的? 咱们?的 新的(那个)?",
    "new_one the_new_one mine ours my_own our_own",
)
_ADD: Final = words(
    """
    添加上? 加上 加个 加一?个 加 打上 打个 打 贴上 贴个 贴 放上 放个 放[到在] 放 盖上 盖 印上 印 p上去? 附上 放置
    摆[放在到]+ 置入 叠加 置于 嵌入 放进 来个 弄个 带上 压上?
    """,
    "add put place apply stick insert overlay include attach paste stamp set position drop use slap goes? "
    "should_go sits belongs",
)
_PLACE: Final = re.compile("|".join(slots.POSITIONS.values()))
_WHERE: Final = words(
    "在 到 的 上 里 处 位置 角 角落 边 图片 照片 主图 水印 一个 原来的? (一起|一并|也|都|已经)*(传|发|附|上传"
    "|发送)(了|好了|给你了?|上来了?|过来了?|在后面)+ 去 用 把 当 作为 做",
    "corner as watermark side of edge area a small",
)
_SCALE: Final = re.compile(
    rf"(?:宽度?|大小|尺寸|占|缩放?到?|缩小到|放大到)*(?:为|占|到|成|约)?(?:画面|图片|整个图|图)?(?:宽度?)?的?"
    rf"(?P<zh>\d{{1,3}}\s*%|百分之{slots.CHINESE_NUMBER}|一半|[二三四五六八]分之一)(?:的?(?:宽度?|大小|画面))?"
    r"|\b(?:at |about |with |to )?(?:a )?"
    r"(?P<en>\d{1,3}\s*(?:%|percent)|half|(?:a |one )?third|(?:a |one )?quarter|one fifth)"
    r"(?: (?:of )?(?:the )?(?:width|size|wide|picture|image))*"
)
_SMALL: Final = re.compile(r"小一?[点些]的?|缩小(?:一?[点些])?的?|\b(?:small|smaller|tiny|little)\b")
_LARGE: Final = re.compile(r"大一?[点些]的?|放大(?:一?[点些])?的?|\b(?:big|bigger|large|larger)\b")
_PARTS: Final = {"一半": 500, "二": 500, "三": 333, "四": 250, "五": 200, "六": 167, "八": 125}
_PARTS_EN: Final = {"half": 500, "third": 333, "quarter": 250, "fifth": 200}
_NOT: Final = words("不要 别 不用 不能 去掉 删 移除 去除", "don't do_not never not remove delete without erase")
_REPLACE: Final = words(
    "替换[成为]? 换[成为上]? 更换[成为]? 改[成为]? 变成 盖住 盖掉 覆盖 遮住 替代 代替",
    "replace change swap substitute turn cover switch instead_of",
)
_SIGN: Final = words(
    "文字 字样 字 招牌 牌子 文案 标题 那个 这个 原来的? 旧的? 现在的? 原 旧",
    "text words? sign title old original existing current lettering",
)
_JOIN: Final = words(
    """
    合成[到在进]? 放[到在进入上]? p[到在进上] 贴[到在上]? 加[到进上入]? 移[到]? 搬[到] 拼[到在] 抠(出来|下来|图)?
    叠[到在加]* 融合[到进] 粘贴?[到在]?
    """,
    """
    put add place paste insert compose composite combine merge move cut(_out)? take grab get lift extract bring stick
    overlay set copy drop bring
    """,
)
_ONTO: Final = words(
    """
    第[一1][张幅个](图片|照片|图|照)?(上面|里面|上|里|中)? (图片?|照片)[一1](上面|上|里|中)?
    这一?[张幅](图片|照片|图|照)?(上面|里面|上|里|中)? 主图上? 原图[上里中]? (里面|上面|里|中|上)的? 来 去 然后 进去?
    抠过来 从 全家福 合照 大合照 过来 [他她它] 在 旁边 合在一起 一起 合影 画面
    """,
    """
    out_of (on|onto|in|into|to)_(the_|this_|my_)?(first|main|original|base)(_(picture|photo|image|one|pic))?
    (picture|photo|image)_(1|one) (on|onto|in|into|to)_(this|the|my)_(picture|photo|image|scene) from in of on onto
    into with together them at here this_one her him them standing next_to beside there side it over is are was
    """,
)


_USE: Final = words(
    """
    用 拿 当 做 作 作为 当成 当做 做成 换成 换为 换上 改成 改为 变成 替换[成为]? 使用 设为 换到 成为 放到 放在 放进
    放 里面?
    的?背景 里 中 上面 上 去 成 图 图片 照片 为 换 那张 作 背景图
    """,
    """
    use as with set make replace change swap put to for into in on onto place behind from of instead switch picture
    photo image take new move it one like a
    """,
)


_BEHIND_US: Final = re.compile(r"\bbehind (?:us|me|her|him|them|it|(?:the|my|our) [a-z]+)\b")
_MINE: Final = re.compile(
    r"\b(?:the|my|that) [a-z]+ (?=(?:photo|picture|image|pic)\b)|"
    r"我?(?:刚才?|上面)?(?:上?传|发|给|附|拍)(?:给你|上来|过来|来|上去)?的|拿来|(?:这"
    r"|那)[\u3400-\u9fff]{1,5}的(?=背景|图?$)|(?<=张)[\u3400-\u9fff]{1,4}(?=图|照片)|\binstead of .+$|\bi (?:sent"
    r"|attached|uploaded)\b"
)


_GIVEN: Final = re.compile(
    r"^(?:here(?:'s| is)|i(?:'ve| have)? (?:attached|uploaded|sent|added|included)|this is) (?:an?|the|my"
    r"|another) .*\b(?:photo|picture|image|pic)\b.*"
    r"\buse (?:it|that|this) (?:as|for) (?:the|a|my) (?:new )?(?:background|backdrop)$"
    r"|^我?(?:又|还|另外|刚)?(?:上?传|发|给|附)了?(?:你)?一?张.{0,8}(?:照片|图片|图).{0,4}(?:用它|拿它|用那张|拿来"
    r"|用来|把它)?(?:做|当|作为|换成|当作)背景$"
)
"""A picture that is spoken of first and used then."""


def picture(clause: Clause) -> Operation | None:
    """``背景换成第二张图``, ``use the second picture as background``."""
    if _GIVEN.match(clause.text) and not forbids(clause):
        return Operation("background.picture", {"number": 1}, clause.original)
    other = OTHER.search(clause.text)
    if (
        other is None
        or not (GROUND.search(clause.text) or _BEHIND_US.search(clause.text))
        or forbids(clause)
        or BLUR.search(clause.text)
    ):
        return None
    reader = Reader(clause)
    for pattern in (_BEHIND_US, _MINE, OTHER, GROUND, _USE, CHANGE, THING, re.compile("这张|那张|我的|第[一1]张图?")):
        reader.drop(pattern)
    if not reader.done:
        return None
    return Operation("background.picture", {"number": number_of(other)}, clause.original)


def replace_logo(clause: Clause) -> Operation | None:
    """``把左上角的logo换成我们的logo``, ``replace 'ACME' with our logo``."""
    verb = _REPLACE.search(clause.text)
    if verb is None or _NOT.search(clause.text) or clause.is_question or len(clause.quoted) > 1:
        return None
    sides = clause.text[: verb.start()], clause.text[verb.end() :]
    if verb.group() == "instead of":
        sides = sides[1], sides[0]
    if _USING.search(sides[0]) and LOGO.search(sides[0]):
        sides = sides[1], sides[0]
    new = sides[1]
    if _INTO.search(new):
        old, new = _INTO.split(new, maxsplit=1)
    else:
        old = sides[0]
    by_picture = OTHER.search(new)
    if not (LOGO.search(new) or by_picture or (LOGO.search(old) and _OWN.search(new))) or not (
        clause.quoted or LOGO.search(old) or _SIGN.search(old)
    ):
        return None
    if re.search("[\ue000-\ue0ff]", new):
        return None
    reader = Reader(clause)
    which = selectors.which(old)
    quoted = reader.take_quoted()
    for pattern in (selectors.WORDS, OTHER, LOGO, _OWNER, _REPLACE, _SIGN, _WHERE, _WITH):
        reader.drop(pattern)
    if not reader.done:
        return None
    wish: dict[str, Slot] = {"old": quoted, "which": which, "number": number_of(by_picture) if by_picture else 1}
    return Operation("logo.replace", wish, clause.original)


_USING: Final = re.compile(r"^(?:请|帮我|麻烦)*(?:用|拿)|\buse\b")
"""``用我的logo盖住‘ABC’`` names the new one first."""
_INTO: Final = re.compile(r"\b(?:with|by|to|into|for)\b")
_WITH: Final = words("图片?", "with by to into for picture photo image put use place want")


def add_logo(clause: Clause) -> Operation | None:
    """``在右下角加上我们的logo``, ``put my logo in the top right corner``."""
    text = clause.text
    if not LOGO.search(text) or not _ADD.search(text) or clause.quoted or clause.is_question or _NOT.search(text):
        return None
    if slots.colours(text):
        return None
    reader = Reader(clause)
    scale, place = _scale(reader), slots.position(text)
    other = reader.take(OTHER)
    reader.drop(_WHOSE)
    for pattern in (_PLACE, LOGO, _OWNER, _ADD, _SMALL, _LARGE, _WHERE):
        reader.drop(pattern)
    if not reader.done:
        return None
    wish: dict[str, Slot] = {"position": place, "scale": scale, "number": number_of(other) if other else 1}
    return Operation("logo.add", wish, clause.original)


def _scale(reader: Reader) -> int | None:
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


def compose(clause: Clause) -> Operation | None:
    """``把第二张图里的猫放到右边``, ``put the woman from the second picture on the left, half the width``."""
    text = clause.text
    other = OTHER.search(text)
    if other is None or not _JOIN.search(text) or clause.quoted or clause.is_question or _NOT.search(text):
        return None
    reader = Reader(clause)
    scale, place = _scale(reader), slots.position(text)
    named = _named(text, other)
    for pattern in (OTHER, _PLACE, _JOIN, _ONTO, _SMALL, _LARGE):
        reader.drop(pattern)
    thing = None
    if named in _PRONOUNS:
        thing = rules_object.read("person")
        reader.drop(re.compile(rf"\b{named}\b" if named.isascii() else named))
    elif named is not None:
        thing = rules_object.read(named)
        reader.drop(re.compile(re.escape(named)))
    else:
        thing = rules_object.read("人") if reader.take(_PEOPLE) else None
        reader.drop(_SUBJECT)
    if not reader.done:
        return None
    wish: dict[str, Slot] = {
        "old": named, "noun": thing.noun if thing else None, "position": place, "scale": scale,
        "number": number_of(other),
    }  # fmt: skip
    return Operation("image.compose", wish, clause.original)


_PEOPLE: Final = words("人物? 模特 人像", "person model")
_SUBJECT: Final = words(
    "商品 产品 主体 人物 人像 模特 东西 物体 人", "products? subjects? items? objects? thing person"
)
_OF_OTHER: Final = re.compile(
    r"(?:里面|上面|里|中|上)?的(?P<zh>[^的放贴加合抠移搬拼叠融p粘到在]{1,8}?)(?:抠|放|贴|加|合|移|搬|拼|叠|融|p|粘"
    r"|进|到|$)"
)
_THE_EN: Final = re.compile(
    r"\b(?:put|add|place|paste|insert|move|cut out|cut|copy|bring|combine|composite|take|grab|get|lift|extract"
    r"|stick|pop) (?:the |a |an |that |my |our )?"
    r"(?P<en>[a-z' -]+?) (?:from|of|in|on|out of) (?:the |my |this )?$"
)


_IN_OTHER: Final = re.compile(
    r"^(?:把|将)?(?P<zh>[^\s]{1,6}?)(?:都|也|还)?在$|^(?:把|将)(?P<from>[^\s]{1,6}?)从$|^(?:my |the |our "
    r")?(?P<en>[a-z]+) (?:is|are|was) (?:only )?(?:in|on) (?:the )?$"
)


_PRONOUNS: Final = ("him", "her", "them", "me", "他", "她", "我")


def _named(text: str, other: re.Match[str]) -> str | None:
    """The words for the thing in the further picture; None if it is only called its subject."""
    found = (
        _IN_OTHER.search(text[: other.start()])
        or _OF_OTHER.match(text[other.end() :])
        or _THE_EN.search(text[: other.start()])
    )
    if found is None:
        return None
    name = next((value for value in found.groupdict().values() if value), "").strip()
    if name in _PRONOUNS:
        return name
    return None if not name or _SUBJECT.fullmatch(name) or nouns.noun(name) is None else name
