"""A spoken phrase for a thing: its word, which one of several it is, and what else was said of it.

Pure. Invariant: ``noun`` is known only when the whole phrase is read: determiners, a place, what was said of the thing,
and a word of `nouns` as its head. Of ``the man's hat`` or ``人的影子`` the head is no known word: it is no person.

Example::

    read("左边穿红衣服的人")      # Thing(noun="person", which="left", trait="穿红衣服", ...)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from qie_hub.edit.grammar import nouns, selectors
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.vocabulary import words

PICTURE: Final = (
    r"(?:(?:这|那)?[张幅个]?(?:照片|图片|相片|图像|画面|原图|图|镜头|视频|场景)(?:里面|里边|上面|当中|之?中|里|上"
    r"|内)?的?"
    r"|\b(?:in|from|on|of|inside) (?:the|this|my|that|our) "
    r"(?:image|picture|photo|photograph|pic|shot|frame|scene|screenshot)\b|\bfrom (?:here|view)\b)"
)
_ALL: Final = words(
    "所有的? 全部的? 全都 每一?[个只条位辆] 统统 一切 这些 那些 这几[个只条位辆] 那几[个只条位辆]? 每个",
    "all(_of)?(_the)? every each(_of)?(_the)? these those any both",
)
_DETERMINER: Final = Pattern(
    r"(?:这|那|某)(?:一)?(?:[个只条张件座辆位些棵把本瓶台部头匹块架艘盏盆杯碗双群排堆束]|$)?"
    r"|(?<=[那这边侧间])[个只条件辆位把台架艘]"
    r"|^(?:我们?|咱们?|他|她|隔壁|邻居|楼上|楼下)家的?(?=.)|^一?[个只条张件辆位把台架艘]|\b(?:the|a|an|that|this|my"
    r"|our|some)\b"
)
_BEHIND: Final = Pattern(
    r"(?:背景|背后|后面|身后|后边|后方|旁边|周围|远处|身边|两边|两侧|边上)(?:里面?|中|上|处)?的?"
    r"|\b(?:in|from|on|at|of) the (?:background|back|distance|rear)\b"
    r"|\bbehind(?: (?:me|us|her|him|them|it|(?:the|my|our) \w+))?\b"
    r"|\bstanding around\b|\b(?:other|unknown|strange|random|unwanted|background)\b"
)
_EXCEPT: Final = Pattern(
    r"^除了?(?P<kept>.{1,8}?)(?:以外|之外|外)?的?[，, ]?(?:其他|其它|其余|别)的?(?=人)"
    r"|^除了?(?P<only>.{1,8}?)(?:以外|之外)的?(?:所有|全部|其余)?的?(?=人)"
    r"|\b(?:except(?: for)?|but|other than|besides|apart from) (?P<en>.+)$|\belse\b"
)
BUT: Final = Pattern(r"除了|以外|之外|\b(?:except|but|besides|apart from)\b")
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
_TRAIT_EN: Final = Pattern(
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
    two three four blond(e)? bald nasty silly horrible loose leftover main second-hand stray dirty spare distracting
    weird elderly middle-aged \w+'s
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


def read(phrase: str, *, all_after: bool = False) -> Thing | None:
    """Read a phrase for a thing; None unless its head is a known word and all of it is accounted for."""
    strange = _STRANGE_EN.search(phrase)
    phrase = phrase if strange is None else phrase[: strange.start()]
    left = _WHO.sub(" who ", re.sub(PICTURE, _gap, _SO.sub("", phrase)).strip())
    left = _PLACED_EN.sub(" ", left).strip()
    kept = _EXCEPT.search(left)
    if kept is not None:
        said = next((one for one in kept.groups() if one), None)
        if said is not None and not _SUBJECT.fullmatch(said.strip()):
            return None
        left = f"{left[: kept.start()]} {left[kept.end() :]}".strip()
    if BUT.search(left):
        return None
    beside = [one.group().strip(" 的") for one in _BESIDE.finditer(left)]
    left = _BESIDE.sub(_gap, left)
    behind = _BEHIND.search(left) is not None
    left = _BEHIND.sub(_gap, left)
    left = re.sub("([男女])的$", r"\1人", left)
    which, several = selectors.which(left), all_after or _ALL.search(left) is not None
    left = _ALL.sub(_gap, selectors.WORDS.sub(_gap, left))
    left = re.sub(r"\s*\b(?:to|on|at|in|from) the\s*$", " ", left)
    if which is None and _BOTH_SIDES.search(phrase):
        return None
    head, traits = _head(_DETERMINER.sub(_gap, left).strip())
    name = nouns.noun(head) or nouns.compound(head)
    if name is None and (measured := _MEASURED.search(phrase)) is not None:
        head, traits = _MEASURES[measured.group("measure")], traits if head else []
        name = nouns.noun(head)
    if name is None:
        return None
    trait = " ".join(one for one in (*beside, *traits) if not _PLAIN.fullmatch(one)) or None
    named = head in nouns.BYSTANDERS or kept is not None or (name == "person" and _PASSING.search(phrase) is not None)
    if behind and name == "person" and _CHINESE.search(head) and not _one(phrase, head):
        several = True
    several = several or kept is not None or nouns.means_several(head) or (named and not _one(phrase, head))
    bystanders = name == "person" and (named or behind or strange is not None)
    return Thing(phrase, name, which, several and which is None, bystanders, trait)


_WHO: Final = Pattern(
    r" that (?=(?:walk|stand|sit|pass|cross|run|play|look|hang|park|lie|fly|stay|wait|come|go|move|swim|ride|talk"
    r"|block|hide)"
    r"(?:s|es|ed|ing)?\b)"
)
_BOTH_SIDES: Final = Pattern("左边?(?:和|跟|与|、)?右|右边?(?:和|跟|与|、)?左")
"""``左边右边的人`` are two places."""
_MEASURED: Final = Pattern(r"(?:^|[左右上下中]?[边面间方]?)(?:[那这]|第[一二三四五六七八九十])(?P<measure>[杯瓶碗])$")
_MEASURES: Final = {"杯": "杯子", "瓶": "瓶子", "碗": "碗"}
"""``最右边那杯`` is a cup."""
_PLACED_EN: Final = Pattern(
    r"\b(?:of|in|on|at|from) (?:the|our|my|this) (?:parking(?: lot| space)?|car park|street|road|square"
    r"|courtyard|terrace|car ?park)$"
)
_STRANGE_EN: Final = Pattern(
    r" (?:that|who|which) (?:aren't|are not|isn't|is not|weren't|don't belong|doesn't belong|i don't know"
    r"|we don't know)\b.*$"
)
"""``people that aren't with us``"""
_PASSING: Final = Pattern(
    r"(?:路过|经过|过路|走过|乱入|闯入|入镜|误入|不认识|陌生)的?(?:那些|几个)?人|\b(?:walking|passing) by\b"
    r"|\bphotobombing\b|\bunknown\b|\bpassing (?:behind|through|in)\b|\bwalk(?:s|ing)? through (?:my|the) (?:photo"
    r"|picture|shot)\b"
)
_SO: Final = Pattern(
    r"^(?:(?:就是说?|那个啥|然后|嗯+|还有|以及|连同|另外)|(?:so|um+|uh+|ok(?:ay)?|well|hey|yo|and|there(?:'s| is| are)"
    r"|see|you see)\s+)+"
)


def _gap(found: re.Match[str]) -> str:
    """What parts the words around something that was taken out: in Chinese the mark after an attribute."""
    return "的" if _CHINESE.search(found.group()) else " "


_CHINESE: Final = Pattern(r"[\u3400-\u9fff]")
_PLAIN: Final = Pattern(
    r"[^穿戴拿骑抱背着红黄蓝绿黑白左右]{1,4}(?:上|里|下|边|中|内|外)(?:面|边|头)?|(?:多余|碍眼|讨厌|乱入|不相干"
    r"|无关|路过|闯入|陌生)的?"
    r"|(?:on|at|from|off) \w+"
    r"|in (?:sky|water|sea|air|street|room|grass|snow|sand|corner|garden|driveway|kitchen|field|park)"
    r"|many|several|unknown|strange|(?:passing|walking)(?: (?:by|past|through|behind)\b.*)?|(?:unwanted|random|extra"
    r"|annoying|ugly|distracting|stray|parked|spare|weird|main)"
)
"""What says no more than where a thing stands by nature, or what somebody thinks of it."""
_BESIDE: Final = Pattern(
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
    if any(nouns.noun(part) is not None for part in phrase.split()[:-1]):
        return "", []
    while nouns.noun(head) is None:
        found = _ADJECTIVE.match(head)
        if found is None or found.end() >= len(head):
            break
        said.append(found.group())
        head = head[found.end() :]
    return head, said
