# ruff: noqa: E501
"""One clause of a sentence and the means to read it to the end.

Pure. Invariant: a rule that acts must account for every word: what it has not taken, and what is no filler, makes it
answer "not mine". That is what keeps an unknown wish from being done as a weaker one.

Example::

    reader = Reader(clause)
    reader.take(BRIGHTER)     # the match, or None
    reader.done               # True when only fillers are left
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import HOLE, Masked
from qie_hub.edit.grammar.vocabulary import words

FILLERS_ZH: Final = words("""
    请问? 烦请 劳请 帮忙 帮我? 麻烦你? 劳驾 给我 我想要? 我要 我希望 希望 想要 需要 能不能 能否 可不可以 可以 一下子?
    这一?[张幅个些] 那一?[张幅个些] 所有的? 每一?[张个] 图片 照片 相片 图像 画面 原图 图里? 整体 整个 全图
    上面的 里面的 统一 全部 都 把 将 给 让 使 它 的 地 得 了 吧 呢 啊 呀 哦 噢 嗯 呃 额 哈 嘛 那个 就是说?
    然后 接着 再 还要? 也 并且? 同时 最后 先 另外 谢谢你? 好吗 行吗 好不好 弄 搞 做 处理 进行 来 去 上 里 中
    内 在 为 成 到 一 个 张 些 点 下 更 加 请 你 您 亲 老师 师傅 客服 我 这 那 哎 唉 欸 喂 对 掉 呗 嘞 咧 捏
    直接 顺便 顺手 尽量 感觉 觉得 应该 需 要 想 吗 么 哟 咯 咱们? 我们 你们 今天 现在 首先 其次 能 全 那就 俩
    各位 就 批量 全都 图 您好 你好 非常感谢 感谢 多谢 辛苦了? 就好 就行 就可以 即可 好了 好吧 好不 好嘛 有点儿? 各 看看
    一[个只把张辆条件位][也都](不要|别|不)留? 一个不留 必须 务必 叭 哩 帮(奶奶|爷爷|妈妈?|爸爸?|老人家?|哥|姐|人|个忙|小弟) 阿姨 试试
    谢啦 拜托 那个啥 那?什么的? 那种 只 行不行 可以不 成不 中不 哒 喽 啦 嗷 滴 呐 嘿 帮个忙 整一?下? 老板 宝子们?
    姐妹们? 家人们 大神 快点 马上
    太多了?
""")
FILLERS_EN: Final = words(
    "",
    """
    please pls plz kindly could_you can_you would_you will_you i_want(_you)?_to i_want i'd_like(_you)?_to i'd_like
    i_need let's just the this that these those an? my images? pictures? photos? photographs? pics? whole entire
    overall it its to of on in for me and then also with by so make some is be more look looks now next finally first
    thanks thank_you all_over everything up at hey hi hello um uh er well okay ok like you know actually basically
    maybe i'd we you your our us here there's there are let quickly one yeah yes hmm oh bit it's i'm lots kind sort_of
    off off_of from good_morning guys bro dude great awesome cool_thanks i would_you_mind would_you lol yo mate ta
    cheers asap btw gonna wanna u ur thx tysm haha do_me_a_favou?r i_need_you_to can could would should
    (is_)?it_possible_to is_possible_to right(?=_(in|on|at|under|across|over)\b) only need_you_to go_ahead_and so_i_need i'm_trying_to try_to try_and
    thanks?_(you_)?(a_(bunch|lot|million|ton)|so_much|very_much|in_advance|again) much_appreciated
    thank_you_(so|very)_much need want
    i_guess i_suppose help_me needs_to_be has_to_be must_be appreciate_it_(a_lot)?
    if_(you_can|possible|possible_please) that's_all right_now for_(me|us) dear sir madam team folks_please buddy
    man_please somehow simply quickly real_quick
""",
)
_QUESTION: Final = Pattern(
    r"[吗么]$|^(?:为什么|怎么|什么|哪里?|谁|多少|几)|(?:是什么|怎么样|怎样|多少钱|在哪)"
    r"|^(?:what|where|why|who|when|how|which|is|are|does|do (?:you|i|we)|did|was|should i|shall)\b(?! about)(?!'s in)"
)
_ASKS_HOW: Final = Pattern(
    r"好用|好不好用|怎么[弄做去加换删改]|如何|会不会|是不是|多久|\bhow (?:do|can|to|does)\b|\bcan i\b"
)
"""Questions about the program, also when they hold a word of asking for something."""
_REQUEST: Final = Pattern(
    r"能|可以|可不可以|帮|麻烦|行吗|好吗|\b(?:can|could|would|will) (?:you|the|this|it)\b|\byou (?:can|could)\b"
    r"|\bplease\b|\bis it possible\b"
)
_WIDE: Final = Pattern("[\u3400-\u9fff]")
_COMPLAINT: Final = Pattern(
    r"(?:太|有点儿?|有些|好|很|真|特别|实在|实在太|确实有点)(?:乱|丑|杂|小|碍眼|难看|抢镜|讨厌|烦人|多余|突兀|显眼"
    r"|乱七八糟|乱糟糟的?|花|俗|烦|扎眼|恶心|空荡荡的?|不好看|土|普通|单调|廉价)了?的?(?![一些点]|度)"
    r"|(?:碍眼|难看|抢镜|突兀|不好看|煞风景|碍事)了?|挡[住着]了?(?:镜头|画面|视线|主体|产品|脸|我)?|影响(?:美观"
    r"|观感|画面)"
    r"|\b(?:is|are|it's|looks?) (?:so |really |very |too |a bit |kind of )?(?:ugly|distracting|annoying|messy"
    r"|cluttered|busy|in the way)\b"
)
_HOLES: Final = Pattern(HOLE)
JOINT: Final = "\u2029"
"""Stands in ``raw`` where two clauses were joined; no text that a person means reaches across one."""
_PUNCTUATION: Final = Pattern(r"[\s,.;:!?'\"，。；：！？、~～…·\-—_()（）]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a masked sentence: folded ``text`` and ``raw`` as typed, equally long."""

    text: str
    raw: str
    masked: Masked

    def typed(self, match: re.Match[str], group: str) -> str:
        """What a person typed in a group of a match on ``text``, quoted strings filled in, without outer space."""
        start, stop = match.span(group)
        return self.masked.fill(self.raw[start:stop]).strip()

    def part(self, start: int, stop: int) -> Clause:
        """A part of this clause, without outer space and punctuation."""
        piece = self.text[start:stop]
        lead = len(piece) - len(_PUNCTUATION.sub("", piece, count=1)) if _PUNCTUATION.match(piece) else 0
        begin = start + lead
        end = begin + len(self.text[begin:stop].rstrip(" ,.;:!?，。；：！？、~～…)）(（"))
        return Clause(self.text[begin:end], self.raw[begin:end], self.masked)

    def join(self, parts: Sequence[Clause]) -> Clause:
        """Several parts read as one; in ``raw`` a `JOINT` tells where they met."""
        return Clause(" ".join(one.text for one in parts), JOINT.join(one.raw for one in parts), self.masked)

    @property
    def is_question(self) -> bool:
        """Whether it asks for an answer, not for an edit: ``好看吗``, ``what is this``; ``can you ...`` asks for an edit."""
        if _ASKS_HOW.search(self.text):
            return True
        return _QUESTION.search(self.text) is not None and _REQUEST.search(self.text) is None

    @property
    def original(self) -> str:
        """The clause as typed (quotes themselves are not kept)."""
        return self.masked.fill(self.raw).replace(JOINT, " ").strip()

    @property
    def shown(self) -> str:
        """The clause as typed, with its quoted strings in quotes."""
        marks = "‘’" if _WIDE.search(self.text) else "''"
        return "".join(
            one.replace(JOINT, " ") if (text := self.masked.content(one)) is None else f"{marks[0]}{text}{marks[1]}"
            for one in self.raw
        ).strip()

    @property
    def quoted(self) -> tuple[str, ...]:
        """The quoted strings of this clause, in order."""
        return tuple(text for one in _HOLES.findall(self.text) if (text := self.masked.content(one)) is not None)


class Reader:
    """Takes known words out of a clause until nothing is left; a complaint (``太乱了``) only says why."""

    def __init__(self, clause: Clause) -> None:
        self.clause = clause
        self.left = _COMPLAINT.sub(" ", clause.text)

    def take(self, pattern: Pattern) -> re.Match[str] | None:
        """Remove the first occurrence and return its match."""
        found = pattern.search(self.left)
        if found is not None:
            self.left = f"{self.left[: found.start()]} {self.left[found.end() :]}"
        return found

    def drop(self, pattern: Pattern) -> None:
        """Remove every occurrence."""
        self.left = pattern.sub(" ", self.left)

    def take_quoted(self) -> str | None:
        """Remove the first quoted string and return it."""
        found = self.take(Pattern(HOLE))
        return None if found is None else self.clause.masked.content(found.group())

    @property
    def done(self) -> bool:
        """Whether only fillers and punctuation are left."""
        rest = FILLERS_EN.sub(" ", FILLERS_ZH.sub(" ", self.left))
        return _PUNCTUATION.sub("", rest) == ""
