"""What has to stay: ``其他不变``, ``衣服上的印花别动``, ``keep the person as it is``, ``the others stay``.

An edit changes nothing outside its mask, so most such wishes are kept by themselves; one that the edit beside it would
break makes the sentence a matter for a larger pack. Alone, such a clause asks for nothing.

Invariant: what is kept is a name; a clause that holds a wish beside it is never one of these.

Example::

    kept(clause)                       # 背景不要动 -> "background"
    breaks(operation, "person")        # True for tone.adjust: a look is a look of the whole picture
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import babble, kinds, things
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.modesty import DREADED, LOOKS, MODEST, ONLY_LEAD, ONLY_STAYS
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.vocabulary import alternatives, words
from qie_hub.formats.operation import Operation

_STAY: Final = words(
    """
    不要[动变改碰换]到? 不要?改动 不要有?变化 不[动变改碰换] 别[动变改碰换] 不能[动变改碰换] 不用[动变改管换]
    保持(不变|原样|原状|一致)? 保留 维持(不变|原样)? 不做改[动变] 照旧 原样 一样 不变 留着
    """,
    """
    (do_not|don't|without|not)_(touch|change|alter|edit|modify)(ing)? keep leave (stays?|remains?|kept)
    (un_?changed|untouched|alone|intact) as_(is|it_is|they_are|before) the_same should_(stay|remain)
    must_(stay|remain)
    """,
)
_THINGS: Final = {
    "other": words(
        "(其他|其它|别的|其余|剩下|剩余)(的|地方|部分|内容|文字|字|东西|区域|都|全)* 别的地方 画面",
        """
        (everything|anything|all|the_rest|nothing)(_else)? the_rest_of_(it|the_(picture|photo|image)) others? rest
        other_(parts|things|text|words|ones)
        """,
    ),
    "background": words("背景", "backgrounds? backdrop"),
    "person": words(
        "人物 人 人脸 脸 模特 主角 主体 商品 产品 物体 前景",
        "person people subject face model product foreground him her me us",
    ),
    "text": words("文字 字 标题", "texts? words? titles?"),
    "style": words("字体 字号 大小 颜色 位置 风格 样式 格式 排版", "font size colou?rs? position style layout format"),
}
_LOGO: Final = words("logo 商标 店标 标志 印章 公章", "logos? brand_name stamp")
_ONLY: Final = words("只 仅", "only just")
"""``只保留商品`` asks for the rest to go."""
_REST: Final = words(
    "原来的? 的 都 要 就 和 一定 一切 全部 尽量 完全 其中 原 请 千万", "exactly just please and all it how way only"
)

_WISH: Final = Pattern(
    r"[改换加删擦抹调裁抠贴写印](?!花|章|象|真|台)|去[掉除]|[变弄做]成|虚化|放大|提亮|一[点些]|把"
    r"|\b(?:make|add|remove|delete|erase|change|replace|swap|crop|blur|cut|resize|upscale|enlarge|sharpen|brighten"
    r"|turn|give|put|not"
    r"|write|move|white|transparent|brighter|darker|warmer|cooler)\b"
)
_FIRM_ZH: Final = (
    "(?:千万|一定|都|就|先|请|还是|也|全部?|给我|帮我|继续|必须|务必|尽量|统统|通通|那[个些]?|不用去?|可以|仍然"
    "|依然|还)*"
)
_KEPT_ZH: Final = alternatives(
    """
    不要[动改变换碰删去]到? 别[动改变换碰删去丢] 不能[动改变换碰删丢少] 不用[动改变换管删] 不许[动改碰删] 不准[动改碰删]
    要?保留[着下]? 要?留[着下]来? 要留 得留 得在
    保持(不变|不动|原样|原状|一致)? 维持(不变|原样)? 不变 不动 照旧 原样 还?要在 还在 保持原来的(样子|样)?
    (和|跟)原来的?(一样|一致) 原来的样子 (?<!内容)不[改删去换碰] 留$ 不用[改删去换]
    (别|不要|不能)(给我|抠|弄|p|修|裁|擦|删|改|调|搞)?(坏|没|糊|花|歪|丢|残|虚|变形)
    (别|不要)(误删|碰到|伤到|弄没|弄掉|去掉|删掉|抠掉|裁掉|擦掉|改动|变形|遮住|挡住)
    """
)
_FREE: Final = (
    Pattern(
        rf"^(?:但是?|而|不过|只是|把|将|请|还有|记得"
        rf"|注意)*(?P<thing>\S.{{0,15}}?){_FIRM_ZH}{_KEPT_ZH}[了吧哈啊哦呀就行好着]*$"
    ),
    Pattern(
        r"^(?:但是?|不过|请|记得|注意|千万)*(?:(?:别|不要|不能|不用|不许)(?:再)?(?:动|改到?|碰到?|挡[住到]?"
        r"|遮[住到]?|盖住|压[住到]|裁[掉到]|影响|伤到|弄[坏到没]|误删|删掉?|变|去掉|擦到?)"
        r"|保留好?|留下|留着|保持|维持)(?P<thing>(?!太|那么|这么|背景虚)\S.{0,15})$"
    ),
    Pattern(
        r"^(?:while |but |and |just )*(?:leaving|keeping|preserving)\s+(?P<thing>(?!some|a |more|room|space)\S.{0,50}?)"
        r"(?: (?:in focus|sharp|crisp|clear|themselves|itself))*$"
    ),
    Pattern(
        r"^(?:please |just |but |and |also |make sure (?:to |you )?)*(?:keep|leave|preserve|retain|save)\s+"
        r"(?P<thing>(?!some|a |more|room|space|out\b|off\b|it (?:white|black|bright))\S.{0,60}?)$"
    ),
    Pattern(
        r"^(?:please |just |but |and |also )*(?:don't|do not|never|dont|without|no need to)\s+(?:touch|chang|mov"
        r"|alter|remov|edit|modify|delet|crop|cut|mess"
        r"|los|blur|sharpen|recolou?r|replac|eras|shrink|stretch|cover|hid|affect|tak|eras)(?:e|ing)?\b(?: out| "
        r"off| away| with| up)?\s+(?P<thing>\S.{0,60}?)$"
    ),
    Pattern(
        r"^(?:但是?|不过|请|记得|注意)*(?:千万)?(?:别|不要|不能|不许)(?:再|给我)*把(?P<thing>\S.{0,14}?)(?:也|都|给"
        r"|一起|一块儿?)*"
        r"(?:弄|搞|p|删|去|擦|抹|裁|切|抠|修|改|调|整|虚|模糊)(?:没|掉|坏|丢|花|糊|歪|除|变形|走样|了|走"
        r"|化)*了?[哈啊哦吧啦]*$"
    ),
    Pattern(r"^(?:but |and )*(?P<thing>(?:the|my|our|his|her|that|this) [a-z]+(?: [a-z]+)?),? (?:no|not)(?: please)?$"),
    Pattern(r"^(?:but |and )?not (?P<thing>(?:me|us|him|them|her|the|my|his|that|those|these)\b.{0,60})$"),
    Pattern(r"^不是(?P<thing>.{1,8}?(?:[那这]?[个只把位条张辆].{0,4}))$"),
    Pattern(
        r"^(?:and |but )*(?P<thing>\S.{0,60}?) (?:(?:has|have|needs?|is|are|should|must|can|gets?|will|to|all) )*"
        r"(?:stays?|remains?|no touch(?:ing)?|not to (?:be )?touch(?:ed)?|untouched|unchanged|fine|ok(?:ay)?|good)"
        r"(?: (?:as (?:it|they|is|before)(?: (?:is|are))?|the same|there|put|in|where (?:it|they) (?:is|are)"
        r"|exactly.{0,20}|unchanged|visible|though|please|alone))*$"
    ),
)
_SAID: Final = Pattern(r"[这那它他她你我]{1,2}|it|this|that")
_TOUCHED: Final = {
    "background": Pattern(r"background\.|tone\.|style\.|scene\.|freeform"),
    "person": Pattern(r"person\.|tone\.|style\.|scene\.|freeform"),
    "text": Pattern(r"style\."),
    "style": Pattern(r"style\.|tone\."),
    "other": Pattern(r"style\."),
    "thing": Pattern(r"style\."),
}
_LEFT_THERE: Final = Pattern(
    "(?:要|得|都|就|请|所以|给我|帮我)*(?:留着|留下来?|保留|别动|不要动|不动)(?:它|他|她|吧|哈|啊|哦)*"
)
"""``左边那辆是我的，留着``: the one that was spoken of."""
_MINE: Final = Pattern("[那这右左][个只辆把位条张台件盏本瓶杯边].{0,4}(?:是|属于)|^[^改换去删加调裁]{1,8}是我")
_LONGEST: Final = 160


def stays(before: Clause | None, clause: Clause) -> str | None:
    """What a clause wants unchanged, ``留着`` after a statement being the one that this spoke of; see `kept`."""
    if before is not None and _LEFT_THERE.fullmatch(clause.text) and _MINE.search(before.text):
        return "noun:one"
    return kept(clause)


def kept(clause: Clause) -> str | None:
    """What a clause wants unchanged: a key of the vocabulary or ``thing``; None if it asks for something else."""
    if len(clause.text) > _LONGEST:
        return None
    if ONLY_STAYS.match(clause.text):
        only = re.sub(ONLY_LEAD, "", clause.text)
        return f"only:{'text' if _category(only, quoted=False).startswith('text') else 'thing'}"
    if MODEST.match(clause.text):
        return "nothing"
    if (dreaded := DREADED.match(clause.text)) is not None:
        return f"look:{dreaded.group('zh') or dreaded.group('en')}"
    if _ONLY.search(clause.text) or clause.is_question:
        return None
    return (None if clause.quoted else _listed(clause)) or _free(clause)


def _listed(clause: Clause) -> str | None:
    """A clause that consists of known words only."""
    if not _STAY.search(clause.text):
        return None
    found = [name for name, pattern in _THINGS.items() if pattern.search(clause.text)]
    if not found:
        return None
    reader = Reader(clause)
    for pattern in (*_THINGS.values(), _STAY, _REST):
        reader.drop(pattern)
    return ("other" if "other" in found else found[-1]) if reader.done else None


def _free(clause: Clause) -> str | None:
    """A clause that names anything at all as what stays."""
    for form in _FREE:
        found = form.match(clause.text)
        if found is None or _WISH.search(found.group("thing")) or _SAID.fullmatch(found.group("thing")):
            continue
        if _TWO_ZH.search(found.group("thing")) or babble.babbles(found.group("thing")):
            continue
        return _category(found.group("thing"), quoted=bool(clause.quoted))
    return None


_TWO_ZH: Final = Pattern("[\u3400-\u9fff]\\s+\\S|[a-z]\\s+[\u3400-\u9fff]")
"""What stands after a space in Chinese is said of something else."""
_AS_IT_IS: Final = Pattern(
    r"(?: (?:alone|intact|exactly|though|visible|untouched|please|as (?:it|they) (?:is|are)|as is))+$"
)


def _category(thing: str, *, quoted: bool) -> str:
    thing = _AS_IT_IS.sub("", thing)
    if (kind := kinds.with_modifier(thing) or kinds.kind_in(thing)) is not None:
        return f"text:{kind}"
    if quoted or _LOGO.search(thing):  # a logo has letters: with all texts they would go
        return "text:words"
    if _ONE_OF.search(thing):
        return "noun:one"
    found = [name for name, pattern in _THINGS.items() if pattern.search(thing)]
    if "other" in found:
        return "other"
    read = things.read(thing)
    if read is not None and read.noun != "person":
        return f"noun:{read.noun}"
    return found[-1] if found else "thing"


_CLEARING: Final = ("object.remove", "background.cutout", "text.delete", "tone.adjust", "background.plain")
"""What goes with ``只留我女儿``."""


_ONE_OF: Final = Pattern(r"[这那第最].{0,3}[个只辆把位条张台件盏本瓶]$|\bones?\b")
"""``左边那辆``, ``the one on the left``: one of those that are spoken of."""


def breaks(operation: Operation, thing: str) -> bool:
    """Whether an operation changes what has to stay."""
    name, _, one = thing.partition(":")
    taken = operation.slots
    if name == "look":
        slot, sign = LOOKS[one]
        amount = taken.get(slot)
        return operation.ability == "tone.adjust" and isinstance(amount, int) and amount * sign > 0
    if name == "only":
        return operation.ability not in _CLEARING or (one == "text" and operation.ability == "text.delete")
    if name == "noun" and operation.ability == "object.remove":
        if one == taken.get("noun") and taken.get("which") is None:
            return True
        return one in ("one", taken.get("noun")) and taken.get("all") is True
    if name == "text" and operation.ability.startswith("text.") and taken.get("which") == "all":
        return True
    if name == "text" and one and taken.get("kind") == one and taken.get("which") is None:
        return True
    pattern = _TOUCHED.get("thing" if name == "noun" else name)
    return pattern is not None and pattern.match(operation.ability) is not None


def broken(operations: list[Operation], staying: list[tuple[str, Clause]]) -> list[Operation]:
    """Wishes for something to stay that the operations would break: only a larger pack could do both."""
    return [
        Operation("freeform", {"keep": clause.original}, clause.original)
        for thing, clause in staying
        if any(breaks(operation, thing) for operation in operations)
    ][:1]
