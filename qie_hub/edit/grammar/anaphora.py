"""What ``it``, ``them``, ``它`` stand for where a statement named it: ``there's a cat on the chair, take it out``.

Pure. Invariants: only a statement names a thing (a wish before would be another wish), the thing has to be a known
one, and
the pronoun has to be what is to go; every word of statement and wish is accounted for by what they match here.

Example::

    named(clause)               # 门口有辆车 -> 门口那辆车; my dog is in the picture again -> my dog
    pointed(clauses)            # [my dog is in the picture, take it out] -> [remove the dog]
"""

from __future__ import annotations

import re
from typing import Final

from qie_hub.edit.grammar import nouns, selectors, things
from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.departing import GO_BARE_ZH, GO_EN, GO_ZH, MANY
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import HOLE
from qie_hub.edit.grammar.standins import handled as _handled
from qie_hub.edit.grammar.standins import kind_of
from qie_hub.edit.grammar.verbs import GONE

_LONGEST: Final = 160
_AFTER_EN: Final = (
    r"(?='s (?:been|gone|in|on|at|still|there|already|sold)\b| (?:flew|came|drove|is|are|was|were|has|have|got"
    r"|keeps?|kept|just|sits?|sat|sittin|stands?|lies|hangs?|walk(?:s|ed)|snuck|jumped"
    r"|wandered|ran|photobombed|ruins?|ruined|blocks?|spoils?|in|on|at|by|near|behind|beside|under|next|over|there|here"
    r"|everywhere|again|[a-z]+in(?:g|')?|right|left|all over|that|who|which)\b|$)"
)
_NAMED_EN: Final = (
    Pattern(
        r"^(?:(?:oh|um|uh|so|but|and|well|look|see|y'all|also|now) )*(?:there(?:'s| is| are|'re| was| were| (?:stand"
        r"|sit|lie|hang|park)s?)|i "
        r"(?:can )?(?:see"
        r"|spot|notice)|(?:i|we) (?:left|forgot|have|still have|missed|dropped)|you (?:can )?see) (?:still "
        r"|also |now )?"
        rf"(?P<x>[a-z' -]{{2,40}}?){_AFTER_EN}(?P<rest>.*)$"
    ),
    Pattern(
        r"^(?:in|on|at|before|behind|under|near|beside|next to|in front of) (?P<rest>[a-z' ]{2,30}?) (?:sits?"
        r"|stands?|lies|hangs"
        r"|is|are|there is|there's) (?P<x>(?:an?|some|two|three|my|the) [a-z -]{2,30})$"
    ),
    Pattern(
        r"^(?:in front of|in|on|at|before|behind|under|near|beside|next to) (?P<rest>[a-z' ]{2,30}?) (?P<x>(?:(?:many"
        r"|some|several"
        r"|lots of|a lot of|two|three|other|unknown|strange) )+[a-z]+) (?:are|were) [a-z]+ing(?: by| around)?$"
    ),
    Pattern(
        r"^(?:(?:oh|um|so|but|and|well|look|ugh|y'all) )*(?P<x>(?:(?:one|my|our|the|that|this|these|those|some|an?"
        r"|someone's|his|her"
        rf"|their) )?[a-z -]{{2,30}}?){_AFTER_EN}(?P<rest>[ '].*)$"
    ),
)
_COUNT_ZH: Final = "[只个条辆台把张位棵本瓶杯盆艘架头匹群堆些]"
_NAMED_ZH: Final = (
    Pattern(
        r"^(?P<place>[\u3400-\u9fff]{0,6}?)(?:还|又|也|居然|竟然|好像|总)*有(?:一|两|三|好几|几|好多|很多|不少|许多"
        rf"|一些|些|一群|一堆|把)?{_COUNT_ZH}?"
        r"(?P<x>[\u3400-\u9fff]{1,5}?)(?P<rest>(?:在|入镜|乱入|挡|站|坐|趴|躺|停|跑|路过).{0,8}|)$"
    ),
    Pattern(
        rf"^(?P<place>[\u3400-\u9fff]{{1,6}}?)(?:停|坐|站|趴|躺|挂|放|摆)(?:着|了)(?:一|两|三|好?几)?{_COUNT_ZH}?"
        r"(?P<x>[\u3400-\u9fff]{1,5}?)(?P<rest>)$"
    ),
    Pattern(
        rf"^(?P<place>)(?P<x>(?:[那这我][一的家]?{_COUNT_ZH}?的?)?[\u3400-\u9fff]{{1,4}}?)(?P<rest>(?:就|还|正"
        r"|都)?(?:趴|坐|站|躺|停)?在"
        r"[\u3400-\u9fff]{1,6}[上里边旁下前后面口])$"
    ),
    Pattern(
        rf"^(?P<place>)(?P<x>[\u3400-\u9fff]{{0,6}}?(?:[那这][一]?{_COUNT_ZH})?[\u3400-\u9fff]{{1,5}}?)(?P<rest>(?:已"
        r"经|早就|都|又|也|老"
        r"|总|刚|正|不小心|今天|昨天)*(?:卖掉?|卖出去|送人?|坏掉?|借走|扔掉?|丢掉?|入镜|乱入|(?:跑|闯|溜|窜|走|混|钻"
        r"|蹿)(?:进|到)(?:了?(?:镜头|画面|照片|图)里?|来)|抢镜|挡住?|搬走|出镜|进来"
        r"|走进来|拿走|预订|被订|有人要|不卖|不要|不在|退).{0,6})$"
    ),
)
_ORDERS: Final = Pattern(
    r"[把将删换改加擦抹]|去掉|不要动|别|\b(?:remove|delete|erase|change|replace|add|make|keep|leave|don't|not|never"
    r"|crop|blur)\b"
)


def named(clause: Clause) -> str | None:
    """The phrase for the known thing that a statement names; None if it names none or wishes for something."""
    if clause.quoted or len(clause.text) > _LONGEST or clause.is_question or _ORDERS.search(clause.text):
        return None
    strange = _STRANGE.match(clause.text)
    if strange is not None and all(
        things.read(one) is None for one in (strange.group("x"), *strange.group("x").split())
    ):
        return None if _OTHERS.search(strange.group("rest")) else strange.group("x")
    for form in (*_NAMED_EN, *_NAMED_ZH):
        found = form.match(clause.text)
        if found is None:
            continue
        phrase = found.group("x").strip()
        place = found.groupdict().get("place")
        if place and not phrase.startswith(("那", "这")):
            phrase = f"{place}的{phrase}"
        rest = found.group("rest")
        if not _KNOWN.match(phrase) and not nouns.means_several(phrase) and form is _NAMED_EN[-1]:
            return None
        if things.read(phrase) is None or _OTHERS.search(rest):
            return None
        return phrase if place or selectors.which(rest) is None else _placed(phrase, rest)
    return None


_STRANGE: Final = Pattern(
    r"^(?:(?:oh|um|so|but|and|look|ugh|mate) )*(?:there(?:'s| is)|(?:somebody|someone) (?:has )?(?:left|parked|put)|i"
    r" (?:left|forgot"
    r"|can see)) (?:still )?(?P<x>(?:an?|my|the|their) [a-z-]+(?: [a-z-]+)?) (?P<rest>(?:in|on|at|by|behind|before"
    r"|across|along|above"
    r"|under|near|next to|over) [a-z' ]{2,30})$"
)
"""A thing that no detector knows: it can only be asked for."""
_OTHERS: Final = Pattern(
    r"\b(?:with|holding|carrying|riding|eating|chasing|wearing|pulling|pushing|(?:has|have) (?!been|gone|already"
    r"|to go)|and|or|but|got (?!in)|of)\b|[和跟拿骑牵抱]"
)
"""A second thing in the statement: which of them ``it`` stands for nobody can tell."""
_KNOWN: Final = Pattern(r"(?:one|my|our|the|that|this|these|those|some|an?|someone's|his|her|their)\b")
_IS: Final = Pattern(r"^ ?(?:is|are|was|were|sits?|stands?|lies) (?:sitting |standing |lying )?")


def _placed(phrase: str, rest: str) -> str | None:
    """``the cat`` that ``is on the left``."""
    full = " ".join(f"{phrase} {_IS.sub('', rest)}".split())
    read = things.read(full)
    return full if read is not None and read.which is not None else None


_PEOPLE: Final = ("person", "cat", "dog", "horse", "bird", "cow", "sheep")


def _agrees(phrase: str, said: str) -> bool:
    """Whether a pronoun may stand for a thing: ``them`` for several, ``him`` for somebody, ``it`` for something."""
    read = things.read(phrase)
    if read is None:
        return said in ("it", "that")
    several = read.several or re.search(r"\b(?:two|three|four|some|several|many)\b", phrase) is not None
    if said in ("them", "those", "these", "they"):
        return several or read.noun in ("sheep", "skis", "scissors")
    if said in ("him", "her", "he", "she"):
        return read.noun in _PEOPLE and not several
    return read.noun != "person" and not several


_PRICED: Final = (
    Pattern(
        r"^(?:[a-z' -]{2,40}) (?=.*\b(?:now|up|down|today)\b)(?:is|are|costs?|cost|went up to|go(?:es)? for"
        r"|sells? for|has gone up to|should be) (?:now |only )?"
        r"(?P<new>[$£€]\d[\d.,]*)(?: now| each| today| from [a-z ]{3,20})*$"
    ),
    Pattern(
        r"^[\u3400-\u9fff]{0,6}?(?:现在|都|已经|今天|又)*(?:卖|涨到|涨成|降到|改卖|涨价到"
        r"|降价到)(?P<new>\d+(?:\.\d+)?(?:元|块)?)(?:一.{1,2})?[了啦]?$"
    ),
)
_REPRICE: Final = Pattern(
    r"^(?:(?:please|can|could|would|you|so|just|and) )*(?:fix|update|change|correct|adjust) (?:the |that "
    r")?price(?: please"
    r"| accordingly| for me| thanks)*$"
    r"|^(?:请|麻烦|帮我|帮忙|给我)*(?:把)?价格?(?:也|帮我|给我|请|麻烦)*(?:改一?[下改]|更新一?下|改过来|换一?下)(?:吧"
    r"|哈|谢谢|呗)*$"
)
_QUOTED: Final = Pattern(HOLE)
_LEADS: Final = Pattern(
    rf"^(?:(?:the|this|that|our|my) )?(?:(?:text|words?|line|sign|sticker|label|title|caption) )?(?:says "
    rf")?{HOLE}(?!.*\b(?:next|beside|near|"
    rf"behind|under|on)\b)|^[\u3400-\u9fff]{{0,6}}{HOLE}"
)
"""The quoted words are what is spoken of."""


def _resolved(before: Clause, wish: Clause) -> Clause | None:
    """The wish with what the statement names in place of its pronoun; None unless both are wholly read."""
    if len(wish.text) > _LONGEST or wish.quoted:
        return None
    for form in _PRICED if _REPRICE.match(wish.text) else ():
        if (found := form.match(before.text)) is not None:
            new = before.typed(found, "new")
            text = f"change the price to {new}" if form is _PRICED[0] else f"价格改成{new}"
            return Clause(text, text, wish.masked)
    return _handled(before, wish) or _one_of(before, wish) or _going(before, wish)


def _one_of(before: Clause, wish: Clause) -> Clause | None:
    """``there are two bikes, remove the left one``: one of those that were named."""
    found = _ONE_EN.match(wish.text)
    phrase = named(before) if found else None
    read = things.read(phrase) if phrase else None
    if found is None or read is None or not read.several or read.noun is None:
        return None
    text = f"remove the {found.group('which')} {read.noun}"
    return Clause(text, text, wish.masked)


_ONE_EN: Final = Pattern(
    rf"^(?:(?:please|can|could|would|you|just|so|and) )*(?:{GONE}|take|get) the (?:one (?:on|at|in|to) (?:the |my"
    r" )?)?(?P<which>left|right|top|bottom|middle|first|second"
    r"|third|last|biggest|largest|smallest)(?:[ -]hand)?(?: one| side)?(?: out| off| away)?(?: please| on the"
    r" picture)?$"
)


def _going(before: Clause, wish: Clause) -> Clause | None:
    """The wish that what the statement names is to go."""
    english, chinese = GO_EN.match(wish.text), GO_ZH.match(wish.text)
    bare = GO_BARE_ZH.match(wish.text)
    kind = kind_of(before) if english or chinese or bare else None
    said = next((one for name in ("it", "that", "goes", "must") if english and (one := english.group(name))), None)
    if kind is not None and said in (None, "it", "that"):
        text = f"remove the {kind}" if english else f"把{kind}去掉"
        return Clause(text, text, wish.masked)
    if english is None and chinese is None and bare is None:
        return None
    holes = _QUOTED.findall(before.text)
    if len(holes) == 1 and _LEADS.match(before.text) and not _ORDERS.search(before.text) and not before.is_question:
        return Clause(f"remove {holes[0]}", f"remove {holes[0]}", wish.masked)
    phrase = named(_told(before))
    if phrase is None or (said is not None and not _agrees(phrase, said)):
        return None
    if english is not None:
        named_en = re.sub(r"^(?:an?|some|the|my|our|all|these|those|this|that) ", "", phrase)
        many = english.group("all") or english.group("both") or MANY.match(said or "")
        text = f"remove {'all the' if many else 'the'} {named_en}"
    else:
        several = chinese is not None and any(chinese.group(one) for one in ("many", "several", "all"))
        text = f"把{'所有的' if several else ''}{phrase}去掉"
    return Clause(text, text, wish.masked)


def _told(before: Clause) -> Clause:
    """The statement without what is said of oneself after it: ``... and we don't speak``."""
    cut = _OF_US.search(before.text)
    return before if cut is None else before.part(0, cut.start())


_OF_US: Final = Pattern(r" (?:and|but) (?:i|we|he|she|they|nobody)\b.*$")
_BREATH: Final = Pattern(
    r"\s+(?:(?:so|and|but) )?(?=(?:can|could|would|will) you\b|please\b|just (?:take|get|remove|edit)|(?:that one|he"
    r"|she|they|it) (?:must|should|has to|needs to) (?:go|be (?:removed"
    r"|deleted|erased|gone))\b)"
    r"|\s+(?=(?:take|get|remove|edit) "
    r"(?:it|him|her|them|that)\b)|(?<=[了啦吧啊呀嘛呢])\s*(?=把[它他她]|帮我(?:去|删|拿|擦|p)|帮我把[它他她]|能不能"
    r"|麻烦)"
)
"""Where a statement ends and a wish begins in one breath."""
_ON: Final = Pattern(r"\s+(?:and(?: also| then)?|then|plus|also)\s+|(?:并且?|再|然后|顺便|同时)")


def pointed(clauses: list[Clause]) -> list[Clause] | None:
    """The clauses with each pronoun that a statement explains replaced, without that statement; None if none is."""
    said = [part for clause in clauses for part in _breaths(clause)]
    out: list[Clause] = []
    changed = False
    for clause in said:
        found = next((one for back in (1, 2) if len(out) >= back and (one := _turned(out[-back], clause))), None)
        if found is None:
            out.append(clause)
            continue
        back = 1 if out and _turned(out[-1], clause) else 2
        del out[-back]
        out.extend(found)
        changed = True
    return out if changed else None


def _breaths(clause: Clause) -> list[Clause]:
    """A clause in which a statement and its wish follow each other without a stop, as two."""
    for cut in _BREATH.finditer(clause.text) if len(clause.text) <= _LONGEST else ():
        before, after = clause.part(0, cut.start()), clause.part(cut.end(), len(clause.text))
        if before.text and after.text and _turned(before, after):
            return [before, after]
    return [clause]


def _turned(before: Clause, wish: Clause) -> list[Clause] | None:
    """The wish resolved, with what else is wished for after ``and`` as a clause of its own."""
    if (whole := _resolved(before, wish)) is not None:
        return [whole]
    for cut in _ON.finditer(wish.text):
        first = _resolved(before, wish.part(0, cut.start()))
        if first is not None:
            return [first, wish.part(cut.end(), len(wish.text))]
    return None
