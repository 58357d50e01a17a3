"""The ways to say that something is to go, and what words are said to go; `rules_object` judges what they mean.

Example::

    phrase_of(clause)     # 把左边的车去掉 -> 左边的车
    phrase_of(clause)     # take the man out of the shot -> the man
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.verbs import GONE_EN, GONE_ZH
from qie_hub.edit.grammar.vocabulary import alternatives

VERB_ZH: Final = alternatives(
    f"""
    {GONE_ZH}
    移掉 拿开 移开 挪走 挪开 请走 擦干净 去干净 抹干净 清干净 清理干净 弄干净 弄不见 搬走 p走 ps掉 p一下
    处理干净 清一下 清理一下 清走 干掉 赶走 裁掉 抠掉 修掉 不要 去了
    抹 擦 删 去 消
    (?<![a-z])p(?![a-z])
    """
)
_VERB_EN: Final = alternatives(
    "",
    f"""
    {GONE_EN} photoshop_out clean_up
    clear(?!_(the|my|our|this)_(table|desk|counter|bench|shelf|floor|bed|sink|sofa|couch|room))(_away|_out)?
    yeet banish crop_out brush_out paint_out
    hide
    i?_?do(n't|_not)_(want|need)(_to_see)? no_more
    """,
)
_AWAY: Final = "(?!(?<=[进出上过下回失])去(?![掉除了]))"
"""``摆进去`` takes nothing away."""
_AROUND_ZH: Final = (
    r"(?:从(?:这?[张幅]?(?:图|照片|图片|画面))(?:里|中|上)面?|都|全部?|全都|统统|一起|一并|一律|给我|给|帮我"
    r"|帮忙|麻烦|能不能|能否|可不可以|可以|通通|也|再|彻底|直接"
    r"|完全|都给我|拜托|辛苦|先|谢谢|劳烦"
    r"|请|麻烦|你|您)*"
)
_AROUND_EN: Final = (
    r"(?:please|completely|too|as well|for (?:me|us)|entirely|cleanly|right now|now|thanks|thank you"
    r"|would you|will you|lol|mate|cheers|ok(?:ay)?|asap|haha|if (?:possible|you can)|from there|somehow|quickly)"
)
_BLAMED_ZH: Final = (
    r"(?:太|很|好|真|有点|特别|实在)?(?:挡[住着]?了?(?:镜头|画面|视线|我|脸|主体|产品)?"
    r"|碍眼|碍事|挡路|占地方|没用|抢镜|难看|多余|讨厌|突兀|丑|乱|烦人|煞风景|不好看|(?<!也)不[要用]了|没用了|入镜了)了?"
)
_FORMS: Final = (
    Pattern(
        rf"^(?P<lead>)(?P<old>.+?){_BLAMED_ZH}\s*(?P<rest>(?:请|你|您|帮(?:我|忙|奶奶|爷爷|[阿妈爸]?[姨妈爸]|老人家?)"
        rf"|麻烦|给我|都|全部|一下)*)"
        r"(?:把(?:它|他|她)们?)?(?:都|全部)?"
        rf"(?:{VERB_ZH})(?:它|他|她)?们?(?:吧|了|掉|一下)*$"
    ),
    Pattern(
        r"^(?:(?:in|on|at|before|behind|under|next to|near|beside) .{2,30}? (?:sits?|stands?|lies|hangs|is"
        r"|are) (?=(?:an?|some|two"
        r"|three|my) ))?(?P<lead>.*?\bthere(?:'s| is| are) )?(?:i (?:left|forgot|dropped|see|can see"
        r"|still have) )?(?P<old>.+?)"
        r"(?: (?:is|are|looks?) (?:(?:still |also )?(?:in|on|there|visible|showing)(?: (?:the|my|this) (?:way"
        r"|picture|photo|shot|frame|image|background))?"
        r"|(?:so |really |very |too )?(?:ugly|annoying|distracting|unwanted)|not supposed to be (?:there|here)"
        r"|(?:ruining|spoiling|blocking|photobombing"
        r"|killing|wrecking|hogging|messing|getting|standing|sitting)\b.{0,40}?)"
        r"|(?: (?:shouldn't be (?:there|here|in (?:it|(?:the|this|my) [a-z]+))|doesn't belong(?: there| here)?))|(?:"
        r" (?:ruins|spoils|blocks"
        r"|photobombed|wandered|walked|got|snuck)\b.{0,40}?))?"
        r"(?P<rest>(?:\s+(?:and|so|can|could|would|you|please|just|i want to|i need to))*)"
        rf"\s+(?:(?:{_VERB_EN}) (?:(?:all|both|each|every one) of )?(?:it|them|that|him|her|those)(?: all)?"
        r"|(?:take|get|crop|edit|photoshop) (?:(?:all|both|each) of )?(?:it|them|that|him|her|those)(?: all)? "
        r"(?:out|away|off))$"
    ),
    Pattern(
        rf"^(?P<lead>)(?P<old>.+?)\s*(?P<rest>(?:请|你|您|帮我|麻烦|给我|就|直接)*)把[它他她]们?(?:都|全部|给我"
        rf"|给)*(?:{VERB_ZH})(?:吧|了|掉|一下)*$"
    ),
    Pattern(r"^(?P<lead>.*?)\bmake (?P<old>.+?) (?:disappear|vanish|go(?: away)?)(?P<rest>)$"),
    Pattern(r"^(?P<lead>)(?:no more|no) (?P<old>[a-z]+(?: [a-z]+)??)(?P<rest>(?: please)?)$"),
    Pattern(r"^(?P<lead>.*?)\bget (?!rid)(?P<old>.+?) out(?: of (?:the|this|my|here|there)(?: \w+)?)?(?P<rest>)$"),
    Pattern(
        rf"^(?P<lead>.*?)(?:把|将)(?P<old>.+?){_AROUND_ZH}{_AWAY}(?:{VERB_ZH})(?P<rest>(?:了|吧|掉|一下|哈|呗|啦"
        rf"|谢谢)*)$"
    ),
    Pattern(rf"^(?P<lead>.*?)(?:把|将)(?P<old>.+?){_AROUND_ZH}(?:{VERB_ZH})(?P<rest>.*)$"),
    Pattern(
        r"^(?P<lead>.*?)\b(?:take|get|clear) (?P<old>.+? off (?:the|my|her|his|our) [a-z]+(?: [a-z]+)?)(?P<rest>)$"
    ),
    Pattern(
        r"^(?P<lead>.*?)\btake (?P<old>.+?) (?:out|away|off)(?: of (?:the|this|my) (?:shot|picture|photo|frame"
        r"|image|scene|background))?(?P<rest>(?:\b.*)?)$"
    ),
    Pattern(rf"^(?P<lead>.*?)(?:{_VERB_EN})\s+(?P<old>.+?)(?P<rest>(?:\s+{_AROUND_EN})*)$"),
    Pattern(
        r"^(?P<lead>)(?P<old>.+?)\s+(?:should|must|needs? to|ha(?:s|ve) to)\s+"
        r"(?:go(?: away)?|disappear|vanish|be (?:removed|deleted|erased|gone))(?P<rest>.*)$"
    ),
    Pattern(rf"^(?P<lead>.*?){_AWAY}(?P<verb>{VERB_ZH})(?P<rest>(?:一下|掉|了|吧)*)(?P<old>.+)$"),
    Pattern(rf"^(?P<lead>)(?P<old>.+?){_AROUND_ZH}{_AWAY}(?:{VERB_ZH})(?P<rest>(?:了|吧|掉|一下|哈|呗|啦|谢谢)*)$"),
    Pattern(rf"^(?P<lead>)(?P<old>.+?){_AROUND_ZH}{_AWAY}(?:{VERB_ZH})(?P<rest>.*)$"),
)
"""The ways to say that a thing is to go; ``lead`` and ``rest`` may hold fillers only."""

_THERE: Final = Pattern(r"有(?=一?[个只条辆把位些几](?!点))")
"""``桌上有个杯子，去掉`` speaks of that cup."""
_NOT: Final = Pattern(
    r"不要(?:把|将|再|去|删|擦|抹|移|动|给)|别(?!人)|不用|不必|(?<!能)不能(?!留)|不准|不许|不想"
    r"|\b(?:don't|do not|never|not)\b(?! (?:want|need|know|recogni[sz]e|belong))|\b(?:leave|keep|without removing)\b"
)


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
