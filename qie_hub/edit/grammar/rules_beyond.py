"""Rules for wishes that need a generative model. They are understood, so that a pack can refuse them by name.

These rules are looser than the others: a refusal that names the right ability is safe, an action is not. They come
last, and never answer for a clause with quoted text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qie_hub.edit.grammar import slots
from qie_hub.edit.grammar.beyond_words import (
    BACKGROUND,
    CHANGE,
    CHANGE_EN,
    FREE,
    MADE,
    PERSON,
    REMOVE,
    SCENES,
    SMILE,
    STYLES,
)  # fmt: skip
from qie_hub.edit.grammar.clause import Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.formats.operation import Operation, Slot

_GROUND: Final = Pattern(BACKGROUND)
_FORBIDS: Final = Pattern(
    r"\bleave\b.*\b(?:alone|as is|untouched|there)\b|^(?:please )?keep\b|(?:不要|别)动|"
    r"(?:不要|别|不用|(?<!能)不能|不许|不准)(?:再|给我|把|将)?.{0,6}(?:调|加|改|换|裁|放大|变|动|去|删|弄|做|留|抠"
    r"|虚|糊|擦|抹|贴|打)"
    r"|\b(?:don't|do not|never|without)\b.*\b(?:add|change|make|remove|crop|replace|put|touch|edit|delete|turn|cut"
    r"|blur|erase|move)"
)


def _nothing(clause: Clause, value: str | None) -> bool:
    """Whether an argument is there but only filler: ``删掉`` names nothing, nor does ``背景`` alone."""
    bare = _GROUND.sub(" ", str(value or ""))
    return bool(value) and Reader(Clause(bare, bare, clause.masked)).done


_COLOUR: Final = "|".join(one.pattern for one in slots.COLOUR_WORDS)
_REST: Final = r"(?P<to>.*)$"
_TO: Final = rf"(?:成|为|到|上)?{_REST}"
_MEASURE: Final = "[个只条顶团朵片张辆棵座把束些副双件杯本盆群对块瓶碗盘壶串排堆根支枝台架颗粒滴]"


def _rule(ability: str, pattern: str) -> Callable[[Clause], Operation | None]:
    compiled = Pattern(pattern)

    def rule(clause: Clause) -> Operation | None:
        found = compiled.search(clause.text)
        if found is None or clause.quoted or clause.is_question or _FORBIDS.search(clause.text):
            return None
        if any(_nothing(clause, value) for value in found.groupdict().values()):
            return None
        taken: dict[str, Slot] = {}
        for name, value in found.groupdict().items():
            if value and value.strip() and name != "say":
                taken[name] = clause.typed(found, name)
        return Operation(ability, taken, clause.original)

    return rule


RULES: Final = (
    _rule("background.replace", r"(?:身后|背后|后面|背后|后边)的?[^，,的]{1,8}(?:换成|改成|变成|换上|换为)(?P<to>.+)$"),
    _rule(
        "background.replace",
        r"\b(?:swap|replace|change|turn) (?P<old>.+? behind (?:us|me|her|him|them|it|(?:the|my|our) [a-z]+)) (?:for"
        r"|with|to|by|into) "
        r"(?P<to>.+)$",
    ),
    _rule(
        "background.replace",
        r"\b(?:put|place|set|show|i'd like|i want|have) (?:us|me|her|him|them|it|everyone|(?:the|my|our|this|that"
        r"|these|those) [a-z]+)"
        r"(?: all| both| out| back| up| standing| sitting)* (?P<to>(?:in|on|at|by|inside|under|in front of|out"
        r"|beside)\b.+) instead of (?:the|this"
        r"|that|my|our|a) .+$",
    ),
    _rule(
        "background.replace",
        r"\b(?:put|place|stick|pop|set|add|have|get|i want|i'd like|we want|show) (?P<to>[^,]{2,60}? behind (?:us|me"
        r"|her|him|them|it"
        r"|everyone|(?:the|my|our|this|that|these|those) [a-z]+)(?: [a-z]+)?) (?:instead of|rather than|not) .+$",
    ),
    _rule(
        "background.replace",
        r"\b(?:put|place|stick|pop|set|add|have|get|i want|i'd like|we want|show) (?P<to>(?:(?:an?|the|some)"
        r" )?(?:[a-z]+ ){0,3}?(?:beach"
        r"|courts?|lake|mountains?|tower|forest|woods|city|skyline|street|hall|sea|ocean|park|garden|temple|castle|sky"
        r"|sunset|stadium"
        r"|fields?|meadow|desert|river|waterfall|valley|harbou?r|bridge|kitchen|studio|library|church|market|village"
        r"|landscape|scene) "
        r"behind .+)$",
    ),
    _rule(
        "background.replace",
        (
            r"\blook like (?:i'm|we're|they're|he's|she's|it's|(?:i|we|they|he|she|it) (?:am|are|is|was|were)) "
            r"(?:standing |sitting |all )?(?P<to>(?:in|on|at|by|near|in front of) .+)$"
        ),
    ),
    _rule("scene.relight", r"^let (?P<to>(?:the )?(?:sun|light|sunlight|moon) (?:shine|come|fall|hit).+)$"),
    _rule(
        "object.replace",
        r"手(?:上|里|中)(?:拿|握|举|抱|提)?着?的(?P<old>[^，,]{1,8}?)(?:换成|改成|变成"
        r"|换为)(?P<new>.+)$",
    ),
    _rule(
        "person.change",
        r"\b(?:dress|clothe) (?P<old>him|her|me|us|them|the [a-z]+|my [a-z]+) (?:up )?(?:in|as"
        r"|like) (?P<to>.+)$",
    ),
    _rule(
        "person.change",
        r"\b(?:his|her|their|my) (?:[a-z]+ )?(?P<old>apron|shirt|dress|coat|jacket|hat|cap|tie|suit|trousers|jeans"
        r"|skirt|jumper|sweater"
        r"|uniform|shoes?|hair|beard|lipstick)\b.*\b(?:make|turn|change|colou?r|dye) (?:it|them|that) (?P<to>.+)$",
    ),
    _rule(
        "object.add",
        r"\b(?:i'd like|i want|we want|we need|i need|can (?:i|we|you) (?:have|get|add)|could (?:i|we) have) (?:an?"
        r"|some|a few|a couple of) "
        r"(?P<new>.+? (?:lying|sitting|standing|placed|hanging|floating|next to|beside|behind|on|in|under|over"
        r"|around) (?:the|my|our|her|his|it)\b.*)$",
    ),
    _rule("object.remove", rf"(?:{REMOVE})(?P<old>.+?)\s+(?:in|from|at|on)\s+the\s+(?:{BACKGROUND})$"),
    _rule("object.remove", rf"(?P<old>背景(?:里|中|上)的?.+?)(?:都|全部|给)*(?:{REMOVE})"),
    _rule("object.remove", rf"(?:{REMOVE})(?P<old>背景(?:里|中|上)的?.+)$"),
    _rule("freeform", rf"(?:{REMOVE}).{{0,8}}(?:{BACKGROUND})|(?:{BACKGROUND}|底)(?:变|改成?|换成?|弄成?)?透明"),
    _rule("background.replace", rf"(?:{BACKGROUND})(?:颜色|色)?(?:都|全部|要|想)?(?:{CHANGE}){_TO}"),
    _rule("background.replace", rf"(?:换|改)一?个?(?P<to>.*?)的?(?:{BACKGROUND})"),
    _rule("background.replace", rf"(?:{CHANGE_EN}).*?(?:{BACKGROUND})(?:\s+(?:to|with|into|for|of|an?))*\s*{_REST}"),
    _rule("background.replace", rf"^(?P<say>.*(?:{BACKGROUND}).*)$"),
    _rule(
        "object.replace",
        rf"\b(?:replace|swap) (?P<old>(?:the|my|this|that) (?!(?:{BACKGROUND}))(?!(?:[a-z]+ "
        rf")?(?:{PERSON}))[a-z]+(?: [a-z]+)?) "
        r"(?:by|with|for) (?P<new>(?:an?|some|the) .+)$",
    ),
    _rule("style.change", rf"(?:{STYLES})"),
    _rule("freeform", r"^(?:.*?(?:把|将))?(?P<old>.+?)的?颜色(?:换成?|改成?|变成?|调成?)(?P<to>.+)$"),
    _rule("freeform", r"^(?:.*?(?:把|将|给))?(?P<old>.+?)(?:换|改)(?:个|一个|种|下|一下)?颜色$"),
    _rule("person.change", r"\bchange the colou?r of (?:his|her|their|my) (?P<old>.+)$"),
    _rule("freeform", r"\b(?:change|make|turn) the colou?r of (?P<old>.+?)(?: to (?P<to>.+))?$"),
    _rule("scene.relight", r"(?:光线|打光|灯光|光照|光源|光影)(?:给我|帮我|都|再)*(?:改|换|调|变|弄|做)[成为]"),
    _rule(
        "person.change",
        r"\bput (?:us|me|her|him|them|(?:the|my|our) [a-z]+) (?:in|into) (?P<to>.*\b(?:suit|tie|dress|shirt"
        r"|jacket|coat|uniform|gown"
        r"|tuxedo|clothes|jeans|blazer|costume|robe|jersey|outfit)s?\b.*)$",
    ),
    _rule(
        "background.replace",
        r"\bput (?:us|me|her|him|them|it|(?:the|my|our) [a-z]+) (?:in front of|at|on|in|by|inside) "
        r"(?P<to>(?!(?:an? |the |this |my )?(?:second|other|top|bottom|left|right|middle|cent|corner|first|picture"
        r"|photo|image|upper|lower|back|front)).+)$",
    ),
    _rule("style.change", rf"\blook like an? .*\b(?:{MADE})\b"),
    _rule("freeform", r"(?:由|从).{1,4}色.{0,3}(?:变|改|换)[成为]?.{1,6}色"),
    _rule(
        "object.add",
        r"\b(?:put|place) (?:an?|some|two|three|more) (?P<new>.+? (?:in|into|on|onto|next to|beside|behind|near"
        r"|around)\b.*)$",
    ),
    _rule("person.change", r"\beyes? (?:are|is|were|look) (?:half[- ])?(?:closed|shut)\b"),
    _rule("person.change", rf"(?:{SMILE})"),
    _rule("freeform", rf"(?:{FREE})"),
    _rule(
        "person.change",
        r"\b(?:gimme|give (?:me|us|(?P<old>him|her|them|the (?:man|woman|girl|boy|model|lady|guy)))) "
        r"(?P<to>.+)$",
    ),
    _rule("freeform", r"^(?:.*?(?:把|将))?(?P<old>.+?)(?:往|向|朝)?(?P<to>[左右上下前后中].{0,2}?)(?:移动?|挪动?)"),
    _rule("freeform", r"^(?:.*?(?:把|将))?(?P<old>.+?)(?:移|挪)(?:到|去)(?P<to>.+)$"),
    _rule("freeform", r"\b(?:move|shift|relocate|straighten) (?P<old>.+)$"),
    _rule("person.change", rf"^(?:.*?(?:把|将|给|让))?(?P<old>.*?{PERSON}.*?)的?(?:{CHANGE}){_TO}"),
    _rule("person.change", rf"{CHANGE_EN}\s+(?P<old>.*?{PERSON}.*?)\s+(?:to|with|into|for|wear)\s+{_REST}"),
    _rule("person.change", rf"\bmake (?P<old>(?:his|her|their|my|the) .*?{PERSON})\s+(?P<to>.+)$"),
    _rule("scene.relight", rf"(?:{CHANGE}|改|弄|做|换|加).{{0,5}}(?:{SCENES})|(?:{CHANGE_EN}).*(?:{SCENES})"),
    _rule("scene.relight", r"\b(?:only|single|sole) (?:light source|source of light)\b"),
    _rule("scene.relight", r"(?:打|调|弄|换|改|变|做|p)[成为].*(?:光线|灯光|光影|光照|打光|光)的?$"),
    _rule("scene.relight", r"\bre-?light(?:ing)?\b|(?:打|来|加|补)一?[束道盏缕].{0,8}光"),
    _rule("person.change", r"\b(?:should|must|could|to|let) .{0,12}?\bwear(?:ing)?\b|\bwearing\b.*\binstead\b"),
    _rule("object.add", r"\b(?:stage|furnish|decorate|fill) (?:it|the|this|my) ?(?P<to>.+)$"),
    _rule("scene.relight", rf"^(?:(?:an?|some|the|please|with|in) )*(?:{SCENES}) (?:lighting|light|vibes?|glow)$"),
    _rule("scene.relight", rf"\blook like .*(?:{SCENES})"),
    _rule(
        "object.add",
        r"(?:摆|放|加|添|种|停|铺|挂|来)上?[一几两三][\u3400-\u9fff](?P<new>[^去掉换改]+?)(?:进去|上去|进来|上)$",
    ),
    _rule(
        "object.remove",
        r"\b(?:take|get|clear) (?P<old>.+?) (?:out|away|off)(?: (?:of )?(?:the|my|this|his|her|our) [a-z]+)?$",
    ),
    _rule("object.remove", rf"^.*?(?:{REMOVE})(?P<old>.+)$"),
    _rule("object.remove", rf"^(?:.*?(?:把|将))?(?P<old>.+?)(?:都|全部|全|给)*(?:{REMOVE})"),
    _rule(
        "freeform",
        rf"^(?:.*?(?:把|将))?(?P<old>.+?)(?:换|改|变|调|弄|染|涂|漆|刷)[成为](?P<to>(?:{_COLOUR})色?系?的?)$",
    ),
    _rule("object.replace", rf"^.*?(?:把|将)(?P<old>.+?)(?:都|全部|统一|给)*{CHANGE}(?P<new>.+)$"),
    _rule("object.replace", rf"^(?P<old>[^换改变]+?){CHANGE}(?P<new>.+)$"),
    _rule("object.replace", rf"{CHANGE_EN}\s+(?P<old>.+?)\s+(?:to|with|into|for|by)\s+(?P<new>.+)$"),
    _rule("freeform", r"\b(?:paint|make|turn|color|colour) (?P<old>(?:the|my|this|that) [a-z ]+?) (?P<to>[a-z]+)$"),
    _rule("freeform", r"^只[改换动](?P<only>.+?)(?:[,，]?不要?[改换动](?P<keep>.+))?$|^\bonly change (?P<thing>.+)$"),
    _rule(
        "freeform",
        r"^(?:.*?(?:把|将))?(?P<old>[^，,]{2,}?)(?:给|帮我|给我|帮忙|请|再|好好|重新)*修(?:补|复"
        r"|整)?(?:一下|一修|修|好|补)+(?:吧|呗|了)*$",
    ),
    _rule("freeform", r"^(?P<old>.+?)太(?:旧|破|丑|脏|乱|土)了?$"),
    _rule("freeform", r"^(?P<thing>.+?) (?:is|looks|are|look) too (?:old|ugly|dirty|messy)$"),
    _rule("object.add", rf"(?:添加上?|加上|加|添|放上?|摆上?|种上?|戴上?|画|来|多)[一几两]?{_MEASURE}(?P<new>.+)$"),
    _rule("object.add", r"(?:添加上?|加上|加)(?P<new>[^\d\s]{1,12})$"),
    _rule("object.add", r"\b(?:add|put|place|insert|draw) (?:an? |some |more )?(?P<new>.+)$"),
)
