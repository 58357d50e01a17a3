"""Rules for things that are to go: named ones that a detector knows, and whatever a box or a mask shows.

Invariant: ``noun`` is filled only when the whole phrase is read: determiners, a place, what was said of the thing, and
a word of `nouns` as its head. Of ``the man's hat`` or ``人的影子`` the head is no known word, so no person goes.

Example::

    remove(clause)     # 去掉左边穿红衣服的人: noun=person, which=left, trait=穿红衣服
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from qie_hub.edit import nouns, selectors
from qie_hub.edit.clause import JOINT, Clause, Reader
from qie_hub.edit.vocabulary import alternatives, words
from qie_hub.formats.operation import Operation

_VERB_ZH: Final = alternatives(
    """
    去掉 去除 除去 除掉 删掉 删除 删去 删了 擦掉 擦除 擦去 抹掉 抹去 抹除 消除 消掉 清除 清掉 清理掉? 移除 移走 移掉
    拿开 移开 挪走 挪开 请走 擦干净 去干净 抹干净 清干净 清理干净 弄干净 涂掉 摘掉 撤掉 弄不见 搬走 p掉 p了 p没 p走 ps掉
    弄掉 弄走 弄没 拿掉 拿走 搞掉 干掉 赶走 剔除 裁掉 抠掉 搞没 修掉 不要 去了 抹 擦 删 去 消
    p(?![a-z])
    """
)
_VERB_EN: Final = alternatives(
    "",
    """
    remove delete erase get_rid_of take_out take_away take_off photoshop_out edit_out clean_up clear(_away|_out)?
    wipe_out eliminate lose crop_out wipe drop scrub(_out)? rub_out brush_out paint_out hide
    i?_?do(n't|_not)_(want|need)(_to_see)? no_more
    """,
)
_AWAY: Final = "(?!(?<=[进出上过下回失])去(?![掉除了]))"
"""``摆进去`` takes nothing away."""
_AROUND_ZH: Final = (
    r"(?:都|全部?|全都|统统|一起|一并|一律|给我|给|帮我|帮忙|麻烦|能不能|能否|可不可以|可以|通通|也|再|彻底|直接"
    r"|完全|都给我"
    r"|请|麻烦|你|您)*"
)
_AROUND_EN: Final = (
    r"(?:please|completely|too|as well|for (?:me|us)|entirely|cleanly|right now|now|thanks|thank you"
    r"|would you|will you|lol|mate|cheers|ok(?:ay)?|asap|haha|if (?:possible|you can)|from there|somehow|quickly)"
)
_BLAMED_ZH: Final = (
    r"(?:太|很|好|真|有点|特别|实在)?(?:挡[住着]?了?(?:镜头|画面|视线|我|脸|主体|产品)?"
    r"|碍眼|碍事|挡路|占地方|没用|抢镜|难看|多余|讨厌|突兀|丑|乱|烦人|煞风景|不好看)了?"
)
_FORMS: Final = (
    re.compile(
        rf"^(?P<lead>)(?P<old>.+?){_BLAMED_ZH}\s*(?P<rest>(?:请|帮(?:我|忙|奶奶|爷爷|[阿妈爸]?[姨妈爸]|老人家?)"
        rf"|麻烦|给我|都|全部|一下)*)"
        r"(?:把(?:它|他|她)们?)?(?:都|全部)?"
        rf"(?:{_VERB_ZH})(?:它|他|她)?们?(?:吧|了|掉|一下)*$"
    ),
    re.compile(
        r"^(?P<lead>.*?\bthere(?:'s| is| are) )?(?:i (?:left|forgot|dropped|see|can see|still have) )?(?P<old>.+?)"
        r"(?: (?:is|are|looks?) (?:(?:still |also )?(?:in|on|there|visible|showing)(?: (?:the|my|this) (?:way"
        r"|picture|photo|shot|frame|image|background))?"
        r"|(?:so |really |very |too )?(?:ugly|annoying|distracting|unwanted)|not supposed to be (?:there|here)"
        r"|(?:ruining|spoiling|blocking|photobombing"
        r"|killing|wrecking|hogging|messing|getting|standing|sitting)\b.{0,40}?)"
        r"|(?: (?:shouldn't be (?:there|here)|doesn't belong(?: there| here)?))|(?: (?:ruins|spoils|blocks"
        r"|photobombed|wandered|walked|got|snuck)\b.{0,40}?))?"
        r"(?P<rest>(?:\s+(?:and|so|can|could|would|you|please|just|i want to|i need to))*)"
        rf"\s+(?:(?:{_VERB_EN}) (?:(?:all|both|each|every one) of )?(?:it|them|that|him|her|those)(?: all)?"
        r"|(?:take|get|crop|edit|photoshop) (?:(?:all|both|each) of )?(?:it|them|that|him|her|those)(?: all)? "
        r"(?:out|away|off))$"
    ),
    re.compile(
        rf"^(?P<lead>)(?P<old>.+?)\s*(?P<rest>(?:请|帮我|麻烦|给我|就|直接)*)把[它他她]们?(?:都|全部|给我"
        rf"|给)*(?:{_VERB_ZH})(?:吧|了|掉|一下)*$"
    ),
    re.compile(r"^(?P<lead>.*?)\bmake (?P<old>.+?) (?:disappear|vanish|go(?: away)?)(?P<rest>)$"),
    re.compile(r"^(?P<lead>)(?:no more|no) (?P<old>[a-z]+(?: [a-z]+)??)(?P<rest>(?: please)?)$"),
    re.compile(r"^(?P<lead>.*?)\bget (?!rid)(?P<old>.+?) out(?: of (?:the|this|my|here|there)(?: \w+)?)?(?P<rest>)$"),
    re.compile(
        rf"^(?P<lead>.*?)(?:把|将)(?P<old>.+?){_AROUND_ZH}{_AWAY}(?:{_VERB_ZH})(?P<rest>(?:了|吧|掉|一下|哈|呗|啦"
        rf"|谢谢)*)$"
    ),
    re.compile(rf"^(?P<lead>.*?)(?:把|将)(?P<old>.+?){_AROUND_ZH}(?:{_VERB_ZH})(?P<rest>.*)$"),
    re.compile(r"^(?P<lead>.*?)\b(?:take|get|clear) (?P<old>.+? off (?:the|my|her|his|our) [a-z]+)(?P<rest>)$"),
    re.compile(
        r"^(?P<lead>.*?)\btake (?P<old>.+?) (?:out|away|off)(?: of (?:the|this|my) (?:shot|picture|photo|frame"
        r"|image|scene|background))?(?P<rest>(?:\b.*)?)$"
    ),
    re.compile(rf"^(?P<lead>.*?)(?:{_VERB_EN})\s+(?P<old>.+?)(?P<rest>(?:\s+{_AROUND_EN})*)$"),
    re.compile(
        r"^(?P<lead>)(?P<old>.+?)\s+(?:should|must|needs? to|ha(?:s|ve) to)\s+"
        r"(?:go(?: away)?|disappear|vanish|be (?:removed|deleted|erased|gone))(?P<rest>.*)$"
    ),
    re.compile(rf"^(?P<lead>.*?){_AWAY}(?P<verb>{_VERB_ZH})(?P<rest>(?:一下|掉|了|吧)*)(?P<old>.+)$"),
    re.compile(rf"^(?P<lead>)(?P<old>.+?){_AROUND_ZH}{_AWAY}(?:{_VERB_ZH})(?P<rest>(?:了|吧|掉|一下|哈|呗|啦|谢谢)*)$"),
    re.compile(rf"^(?P<lead>)(?P<old>.+?){_AROUND_ZH}{_AWAY}(?:{_VERB_ZH})(?P<rest>.*)$"),
)
"""The ways to say that a thing is to go; ``lead`` and ``rest`` may hold fillers only."""

_THERE: Final = re.compile(r"有(?=一?[个只条辆把位些几](?!点))")
"""``桌上有个杯子，去掉`` speaks of that cup."""
_NOT: Final = re.compile(
    r"不要(?:把|将|再|去|删|擦|抹|移|动|给)|别(?!人)|不用|不必|(?<!能)不能(?!留)|不准|不许|不想"
    r"|\b(?:don't|do not|never|not)\b(?! (?:want|need))|\b(?:leave|keep|without removing)\b"
)
_PICTURE: Final = (
    r"(?:(?:这|那)?[张幅个]?(?:照片|图片|相片|图像|画面|原图|图|镜头|视频|场景)(?:里面|里边|上面|当中|之?中|里|上"
    r"|内)?的?"
    r"|\b(?:in|from|on|of|inside) (?:the|this|my|that|our) "
    r"(?:image|picture|photo|photograph|pic|shot|frame|scene|screenshot)\b|\bfrom (?:here|view)\b)"
)
_ALL: Final = words(
    "所有的? 全部的? 全都 每一?[个只条位辆] 统统 一切 这些 那些 这几[个只条位辆] 那几[个只条位辆]? 每个",
    "all(_of)?(_the)? every each(_of)?(_the)? these those any both",
)
_ALL_AFTER: Final = re.compile(rf"(?:都|全部?|统统|通通)(?:给|帮)?我?(?:$|{_VERB_ZH})")
_DETERMINER: Final = re.compile(
    r"(?:这|那|某)(?:一)?(?:[个只条张件座辆位些棵把本瓶台部头匹块架艘盏]|$)?|(?<=[那这边侧间])[个只条件辆位把台架艘]"
    r"|^一?[个只条张件辆位把台架艘]|\b(?:the|a|an|that|this|my|our|some)\b"
)
_BEHIND: Final = re.compile(
    r"(?:背景|背后|后面|身后|后边|后方|旁边|周围|远处|身边|两边|两侧|边上)(?:里面?|中|上|处)?的?"
    r"|\b(?:in|from|on|at|of) the (?:background|back|distance|rear)\b"
    r"|\bbehind(?: (?:me|us|her|him|them|the \w+))?\b"
    r"|\bstanding around\b|\b(?:other|random|unwanted|background)\b"
)
_EXCEPT: Final = re.compile(
    r"^除了?(?P<kept>.{1,8}?)(?:以外|之外|外)?的?[，, ]?(?:其他|其它|其余|别)的?(?=人)"
    r"|^除了?(?P<only>.{1,8}?)(?:以外|之外)的?(?:所有|全部|其余)?的?(?=人)"
    r"|\b(?:except(?: for)?|but|other than|besides|apart from) (?P<en>.+)$|\belse\b"
)
_BUT: Final = re.compile(r"除了|以外|之外|\b(?:except|but|besides|apart from)\b")
"""An exception that is not understood turns a wish into its opposite."""
_SUBJECT: Final = words(
    """
    我 她 他 主角 主体 主人公 模特 新娘 新郎 新人 中间的?那?个?人? 本人 人物主体 前景人物 自己 她们 他们 我们
    """,
    """
    me her him us them myself the_(main_)?(subject|model|bride|couple|person|man|woman|girl|boy)
    my_(wife|kid|son|daughter|husband|friend)
    """,
)
_MARKED: Final = "(?:selected|marked|masked|highlighted|circled|boxed|painted)"
_SHOWN: Final = re.compile(
    r"(?:(?:我|你|刚才?|刚刚|用|拿|手指?|红?笔|鼠标|已经|都|给|上面|图上|照片上|那个|红色?|黄色?)*"
    r"(?:打框|打圈|打上?框|框|圈|选|涂|标|画|抹|勾|遮|描|点)(?:选|起来|出来|出|住|中|好|了|抹|记|罩|上|过|掉|红|圈"
    r"|框|线|到|的)*的?"
    r"(?:那一?块儿?|那个|那些|那片|那里|那儿|这一?块儿?|里面?|内|中|部分|区域|位置|地方|部位|范围)*的?"
    r"|(?:选区|红框|遮罩|蒙版|方框)里?面?的?|[这那]里的?"
    r"|[这那](?:行|段|句|个地方|个区域|个位置|一块|块|个|处|部分|片|东西|玩意儿?)"
    r"|\b(?:the|this|that|what(?:'s| is)?|everything|anything|whatever(?:'s| is)?|things?|stuff|objects?|part|area"
    rf"|region|selection|spot)\b(?: {_MARKED})?(?: (?:thing|object|part|area|region|selection|spot|stuff|one|bit))?"
    rf"(?: (?:that )?(?:i(?:'ve)? )?(?:have )?(?:just )?(?:{_MARKED}|drew|draw|drawn|put|scribbled|selected|tapped"
    rf"|brushed|coloured|colored|outlined|ringed|pointed)"
    r"(?: (?:over|out|at|on|in (?:red|yellow|green|blue)|an?|the|my|red|yellow|box|circle|frame|ring|rectangle"
    r"|around|round|finger|with)\b)*)?"
    r"(?: (?:in|inside|under|within|behind) (?:the |this |my |that )?(?:red |yellow |green |blue |black )?"
    r"(?:box|mask|selection|frame|rectangle|marked area|selected area|circle))?)"
)
_MARKED_ZH: Final = re.compile("(?:框|圈|涂|标|勾)(?:选|起来|出来|出|住|中|好|了|记|到)+的")
_SHORT: Final = 6
"""Characters of a name for what a mark shows: the mark tells, not the name."""
_POINTED: Final = words(
    "框 圈 选区? 选中 选择 涂 遮罩 蒙版 标记", "box mask selected marked masked circled highlighted selection"
)
_SHOWN_REST: Final = words(
    "儿 印子 印记 污渍 痕迹 斑点? 脏东西 瑕疵 东西 字 文字 文案 物体 内容 玩意儿? 物品 杂物 部分 区域 地方 它 里 "
    "的 全部",
    "here there it this that please everything and around all i drew a circle box texts? words? lines? letters? "
    "writing",
)
_TRAIT_EN: Final = re.compile(
    r"^(?P<head>.+?)(?P<tail>\s+(?:in|on|at|with|wearing|who|that|which|near|next to|beside|by|from|under|over"
    r"|above|off"
    r"|below|behind|sitting|standing|holding|riding|walking|lying|carrying|playing|looking|of the|to the"
    r"|hanging|parked|flying|(?!(?:call|text|contact|email|messag|know|us|steal|ask|see|build|paint|draw|r|str|th"
    r"|ceil|cloth|wedd|spr|k|w|sw|earr|rail|awn|light|carv"
    r"|sl)ings?\b)[a-z]+ing)\b.*)$"
)
_ADJECTIVE: Final = words(
    """
    [红蓝绿黄黑白灰粉紫橙棕银金]色?的? 大 小 旧 破 老 新 空 多余的? 碍眼的? 讨厌的? 乱入的? 不相干的? 无关的? 路过的?
    玻璃 塑料 木头? 陌生的? 闯入的? 挡镜头的? [两三四五俩几2-9]([个只条张件辆位把])? 多个
    """,
    r"""
    (bunch|lots?|group|couple|loads?|number|pair|few|crowd|row|pile|stack)_of several many few
    red blue green yellow black white gr[ae]y pink purple orange brown silver golden? dark light big large small little
    tiny old new young empty broken ugly wooden glass plastic metal parked unwanted random extra annoying tall short
    two three four blond(e)? bald main second-hand stray dirty spare distracting weird elderly middle-aged \w+'s
    """,
)


@dataclass(frozen=True, slots=True)
class Thing:
    """A spoken phrase, read: see the slots of ``object.remove``."""

    old: str
    noun: str | None
    which: str | None
    several: bool
    bystanders: bool
    trait: str | None


def remove(clause: Clause) -> Operation | None:
    """``去掉照片里的路人``, ``remove the man on the left``; only what `nouns` knows."""
    phrase = phrase_of(clause)
    if phrase is None or JOINT in _typed(clause, phrase):
        return None
    thing = read(phrase, all_after=_ALL_AFTER.search(clause.text) is not None)
    if thing is None:
        return None
    return Operation(
        "object.remove",
        {
            "old": _typed(clause, thing.old), "noun": thing.noun, "which": thing.which, "all": thing.several,
            "bystanders": thing.bystanders, "trait": thing.trait,
        },
        clause.original,
    )  # fmt: skip


_TOLD: Final = re.compile(
    r"^(?:i|we)(?:'ve| have)? (?:just |already )?(?:circled|marked|highlighted|boxed|outlined|painted over|drawn? "
    r"(?:a )?(?:box|circle) around) [^,]{1,40} "
    r"(?:(?:please|can you|could you|just|so|and) )*(?:remove|delete|erase|get rid of|take out|clean) (?:it|that"
    r"|them)(?: please)?$"
    rf"|^我?(?:已经|都)?(?:用.{{1,3}})?(?:圈|框|标|涂)(?:出来|起来|好|住|上)了?\s*(?:请|帮我|麻烦"
    rf"|把它)*(?:{_VERB_ZH})(?:了|吧)*$"
)
"""``I've circled a stain, remove it``"""


def erase(clause: Clause) -> Operation | None:
    """``去掉这个``, ``把框里的东西去掉``, ``remove the selected area``: what a box or a mask shows."""
    phrase = phrase_of(clause)
    if _BUT.search(clause.text):
        return None
    if _TOLD.match(clause.text) and not clause.quoted:
        return Operation("object.erase", {}, clause.original)
    if phrase is None:
        return None
    left = re.sub(_PICTURE, " ", phrase)
    shown = _SHOWN.search(left)
    if shown is None or shown.group().strip() == "the":
        return None
    strong = _MARKED_ZH.search(left) is not None
    rest = "".join(_SHOWN_REST.sub(" ", _SHOWN.sub(" ", left)).split())
    if rest and not (_POINTED.search(left) and (nouns.noun(rest) is not None or (strong and len(rest) <= _SHORT))):
        return None
    return Operation("object.erase", {}, clause.original)


def phrase_of(clause: Clause) -> str | None:
    """The words for what is to go; None if nothing is, or if more than fillers stands around them."""
    if clause.quoted or clause.is_question or _NOT.search(clause.text):
        return None
    text = _THERE.sub("那", clause.text)
    for form in _FORMS:
        found = form.match(text)
        if found is None or not found.group("old").strip():
            continue
        if all(_filler(found.group(name) or "", clause) for name in ("lead", "rest")):
            return found.group("old").strip()
    return None


def _filler(text: str, clause: Clause) -> bool:
    return Reader(Clause(text, text, clause.masked)).done


def read(phrase: str, *, all_after: bool = False) -> Thing | None:
    """Read a phrase for a thing; None unless its head is a known word and all of it is accounted for."""
    left = re.sub(_PICTURE, _gap, _SO.sub("", phrase)).strip()
    kept = _EXCEPT.search(left)
    if kept is not None:
        said = next((one for one in kept.groups() if one), None)
        if said is not None and not _SUBJECT.fullmatch(said.strip()):
            return None
        left = f"{left[: kept.start()]} {left[kept.end() :]}".strip()
    if _BUT.search(left):
        return None
    beside = [one.group().strip(" 的") for one in _BESIDE.finditer(left)]
    left = _BESIDE.sub(_gap, left)
    behind = _BEHIND.search(left) is not None
    left = _BEHIND.sub(_gap, left)
    left = re.sub("([男女])的$", r"\1人", left)
    which, several = selectors.which(left), all_after or _ALL.search(left) is not None
    left = _ALL.sub(_gap, selectors.WORDS.sub(_gap, left))
    left = re.sub(r"\s*\b(?:to|on|at|in|from) the\s*$", " ", left)
    head, traits = _head(_DETERMINER.sub(_gap, left).strip())
    name = nouns.noun(head)
    if name is None:
        return None
    trait = " ".join(one for one in (*beside, *traits) if not _PLAIN.fullmatch(one)) or None
    named = head in nouns.BYSTANDERS or kept is not None or (name == "person" and _PASSING.search(phrase) is not None)
    if behind and name == "person" and _CHINESE.search(head) and not _one(phrase, head):
        several = True
    several = several or kept is not None or nouns.means_several(head) or (named and not _one(phrase, head))
    bystanders = name == "person" and (named or behind)
    return Thing(phrase, name, which, several and which is None, bystanders, trait)


_PASSING: Final = re.compile(
    r"(?:路过|经过|过路|走过|乱入|闯入|入镜|误入|不认识|陌生)的?(?:那些|几个)?人|\b(?:walking|passing) by\b"
    r"|\bphotobombing\b"
)
_SO: Final = re.compile(
    r"^(?:(?:就是说?|那个啥|然后|嗯+)|(?:so|um+|uh+|ok(?:ay)?|well|hey|yo|and|there(?:'s| is| are)|see|you see)\s+)+"
)


def _gap(found: re.Match[str]) -> str:
    """What parts the words around something that was taken out: in Chinese the mark after an attribute."""
    return "的" if _CHINESE.search(found.group()) else " "


_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_PLAIN: Final = re.compile(
    r"[^穿戴拿骑抱背着红黄蓝绿黑白左右]{1,4}(?:上|里|下|边|中|内|外)(?:面|边|头)?|(?:多余|碍眼|讨厌|乱入|不相干"
    r"|无关|路过|闯入|陌生)的?"
    r"|(?:on|at|from|off) \w+"
    r"|in (?:sky|water|sea|air|street|room|grass|snow|sand|corner|garden|driveway|kitchen|field|park)"
    r"|(?:unwanted|random|extra|annoying|ugly|distracting|stray|parked|spare|weird|main)"
)
"""What says no more than where a thing stands by nature, or what somebody thinks of it."""
_BESIDE: Final = re.compile(
    r"[^的\s]{1,6}(?<![最的正偏靠在中间里])(?:左|右|上|下|前)(?:边|面|侧|方)(?:的(?=.)|(?=[那这]))"
    r"|\b(?:to|on|at) the (?:left|right|top|bottom|side) of .+$|\b(?:left|right) of .+$|\b(?:next to|beside|near) .+$"
)
"""A place beside another thing says something of what is wanted, but not where in the picture it is."""


def _one(phrase: str, head: str) -> bool:
    """Whether one person is meant: ``那个路人``, ``the tourist``."""
    return head.isascii() or re.search(r"[那这一][个位]|第|最|[左右上下]", phrase) is not None


def _head(phrase: str) -> tuple[str, list[str]]:
    """The last word of a Chinese phrase or the main word of an English one, and what was said of it."""
    if _CHINESE.search(phrase):
        return _head_zh(phrase)
    said = []
    found = _TRAIT_EN.match(phrase)
    if found is not None:
        phrase = found.group("head")
        said.append(" ".join(found.group("tail").split()))
    phrase = " ".join(phrase.split())
    if nouns.noun(phrase) is not None:
        return phrase, said
    words_before = []
    while (before := _ADJECTIVE.match(phrase)) is not None and nouns.noun(phrase) is None:
        words_before.append(before.group().strip())
        phrase = phrase[before.end() :].strip()
    return phrase, [*words_before, *said]


def _head_zh(phrase: str) -> tuple[str, list[str]]:
    parts = [part for part in re.split(r"[的\s]+", phrase) if part]
    if not parts:
        return "", []
    head, said = parts[-1], parts[:-1]
    while nouns.noun(head) is None:
        found = _ADJECTIVE.match(head)
        if found is None or found.end() >= len(head):
            break
        said.append(found.group())
        head = head[found.end() :]
    return head, said


def _typed(clause: Clause, phrase: str) -> str:
    at = clause.text.find(phrase)
    return clause.masked.fill(clause.raw[at : at + len(phrase)]).strip() if at >= 0 else phrase
