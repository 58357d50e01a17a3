"""Rules for the logo of a further file: put on a picture, or in place of words or of another logo.

Example::

    add_logo(clause)         # 在右下角加上我们的logo: position=bottom_right
    replace_logo(clause)     # 把‘ACME’换成我们的logo: old=ACME
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import selectors, slots
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.further import OTHER, number_of
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.scales import LARGE, SMALL, scale_of
from qie_hub.edit.grammar.vocabulary import words
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
_WHOSE: Final = Pattern(
    r"(?:(?<=[上下个到在加打贴放印])|^)[\u3400-\u9fff]{1,6}(?<![上下个到在加打贴放印])的?(?=logo)|\b(?:our"
    r"|my|their|your|her|his"
    r"|the|an?) (?:[a-z]+(?:'s|s')? ){1,3}?(?=logo)"
)
"""``车行logo``"""
_OF_WHOM: Final = Pattern(
    r"(?<=logo) of (?:the|my|our|an?) [a-z]+(?: (?!on|in|at|to|please)[a-z]+)?|\b(?:it(?:'s| is)|which is) (?:in"
    r"|on) (?:the|an?) (?:other|second|attached) (?:file|picture|image|photo)$"
)
_OWN: Final = words(
    "我们的? 我们公司的? 我的 自家的? 公司的? 本店的? 咱们?的 新的(那个)?",
    "new_one the_new_one mine ours my_own our_own",
)
_ADD: Final = words(
    """
    添加上? 加上 加个 加一?个 加 打上 打个 打 贴上 贴个 贴 放上 放个 放[到在] 放 盖上 盖 印上 印 p上去? 附上 放置
    摆[放在到]+ 置入 叠加 置于 嵌入 放进 来个 弄个 带上 压上?
    """,
    "add put place apply stick insert overlay include attach paste stamp set position drop use slap goes?"
    " stamp get chuck whack pop "
    "should_go sits belongs",
)
_PLACE: Final = Pattern("|".join(slots.POSITIONS.values()))
_WHERE: Final = words(
    "在 到 的 上 里 处 位置 角 角落 边 图片 照片 主图 水印 一个 原来的? (一起|一并|也|都|已经)*(传|发|附|上传"
    "|发送)(了|好了|给你了?|上来了?|过来了?|在后面)+ 去 用 把 当 作为 做",
    "corner as watermark side of edge area a small",
)
_NOT: Final = words("不要 别 不用 不能 去掉 删 移除 去除", "don't do_not never not remove delete without erase")
_REPLACE: Final = words(
    "替换[成为]? 换[成为上]? 更换[成为]? 改[成为]? 变成 盖住 盖掉 覆盖 遮住 替代 代替",
    "replace change swap substitute turn cover switch instead_of",
)
_SIGN: Final = words(
    "文字 字样 字 招牌 牌子 文案 标题 那个 这个 原来的? 旧的? 现在的? 原 旧",
    "text words? sign title old original existing current lettering",
)


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


_USING: Final = Pattern(r"^(?:请|帮我|麻烦)*(?:用|拿)|\buse\b")
"""``用我的logo盖住‘ABC’`` names the new one first."""
_INTO: Final = Pattern(r"\b(?:with|by|to|into|for)\b")
_WITH: Final = words("图片?", "with by to into for picture photo image put use place want")


def add_logo(clause: Clause) -> Operation | None:
    """``在右下角加上我们的logo``, ``put my logo in the top right corner``."""
    text = clause.text
    bare = _BARE.match(text)
    if (
        not LOGO.search(text)
        or not (_ADD.search(text) or bare)
        or clause.quoted
        or clause.is_question
        or _NOT.search(text)
    ):
        return None
    if slots.colours(text) or _RESIZED.search(text) or _STANDS.search(text):
        return None
    reader = Reader(clause)
    scale, place = scale_of(reader), slots.position(text)
    other = reader.take(OTHER)
    if bare:
        reader.drop(_BARE_OWNER)
    reader.drop(_WHOSE)
    reader.drop(_OF_WHOM)
    for pattern in (_PLACE, LOGO, _OWNER, _ADD, SMALL, LARGE, _WHERE):
        reader.drop(pattern)
    if not reader.done:
        return None
    wish: dict[str, Slot] = {"position": place, "scale": scale, "number": number_of(other) if other else 1}
    return Operation("logo.add", wish, clause.original)


_STANDS: Final = Pattern(
    r"(?:logo|商标|标志)(?:现在|原来)?在.{1,4}[\s,，].*放|\blogo (?:is|was) (?:now )?(?:on"
    r"|in|at) .* put it\b"
)
"""A logo that stands in the picture is to be moved."""
_RESIZED: Final = Pattern(
    r"^(?:把|将|请|帮我)*(?:我们的?|我的|店铺?)?(?:的)?(?:logo|商标|标志)(?:再|给我|都)?(?:放大|缩小|调大"
    r"|调小|变大|变小|大|小)|\b(?:make|get) .{0,12}logo (?:bigger|smaller|larger)\b"
)
_BARE_OWNER: Final = Pattern(
    r"^(?:(?:the|our|my|an?) )?(?:(?:society|company|shop|club|school|brand|team|sponsor|store|business"
    r"|charity|church|university"
    r"|council|band|firm|agency|hotel|restaurant|cafe|college|bakery|studio|[a-z]+(?:'s|s')) ){0,2}(?=logo)"
)
_BARE: Final = Pattern(
    rf"{_BARE_OWNER.pattern}logo (?:of (?:the|my|our) [a-z]+ )?(?:goes |should go |please )?(?:in|at|on|to|top"
    rf"|bottom|left|right|small|upper|lower)\b"
)
"""``society logo in the bottom right corner``: no verb is needed."""
