"""English wishes in other forms than a plain order, recast as one: passive, impersonal, object first, place first.

Pure. A recast clause is only another reading: the rules still have to account for every word of it. Words are moved
and a verb is put into its base form; nothing that a person said is left out but the words of asking.

Example::

    recast(clause)      # could the background be blurred? -> blur the background
    recast(clause)      # the old price please change to $5 -> change the old price to $5
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from qie_hub.edit.grammar.clause import Clause
from qie_hub.edit.grammar.pattern import Pattern

_BASE: Final = {
    "removed": "remove", "deleted": "delete", "erased": "erase", "taken out": "remove", "taken off": "remove",
    "taken away": "remove", "cleared": "clear", "changed": "change", "replaced": "replace", "swapped": "swap",
    "exchanged": "exchange", "updated": "update", "corrected": "correct", "edited out": "remove", "renamed": "rename",
    "altered": "change", "substituted": "replace",
    "cropped": "crop", "blurred": "blur", "brightened": "brighten", "lightened": "lighten", "darkened": "darken",
    "sharpened": "sharpen", "resized": "resize", "scaled": "scale", "enlarged": "enlarge", "upscaled": "upscale",
    "doubled": "double", "cut out": "cut out", "cut": "cut", "isolated": "isolate", "added": "add", "put": "put",
    "placed": "place", "inserted": "insert", "pasted": "paste", "written": "write", "stuck": "stick", "made": "make",
    "turned": "turn", "converted": "convert", "set": "set", "painted": "paint", "coloured": "colour",
    "colored": "color", "rotated": "rotate", "straightened": "straighten", "cleaned up": "clean up",
    "cleaned": "clean", "increased": "increase", "reduced": "reduce", "lowered": "lower", "raised": "raise",
    "boosted": "boost", "denoised": "denoise", "warmed up": "warm up", "warmed": "warm", "cooled down": "cool down",
    "lifted": "lift", "defocused": "defocus", "softened": "soften", "toned down": "tone down",
}  # fmt: skip
"""Participles and the order that each is."""

_GERUND: Final = {
    f"{base.removesuffix('e')}ing": base
    for base in ("remove", "change", "replace", "crop", "blur", "brighten", "lighten", "darken", "sharpen", "resize",
                 "enlarge", "denoise", "warm", "straighten", "rotate")
} | {"cropping": "crop", "blurring": "blur", "warming up": "warm up", "cutting out": "cut out"}  # fmt: skip


def _any(words: dict[str, str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_DONE: Final = rf"(?P<done>{_any(_BASE)})\b(?P<rest>.*)$"
_HOW: Final = r"(?:(?:please|also|just|now|all|really|too|either|possibly|maybe|kindly|then|instead) )*"
_OUGHT: Final = (
    r"(?:should|must|shall|needs? to|has to|have to|ought to|has got to|is to|are to|can|could|may|might|would"
    r"|will|wants to)"
)
_THING: Final = (
    r"(?P<x>(?:[\ue000-\ue0ff]|(?:the|this|that|these|those|my|our|his|her|their|all|every|both|an?|some|it|everything"
    r"|any"
    r"|title|heading|price|date|phone(?: number| no)?|background|logo|watermark|border|caption|(?:first|second"
    r"|third|fourth|last|2nd|3rd) [a-z]+)\b).{0,60}?)"
)
_LEAD: Final = r"^(?:(?:please|could you|can you|would you|and|then|also|but|so|kindly) )*"
_I_WANT: Final = (
    rf"(?:(?:can|could|may|might|shall) (?:i|we) {_HOW}(?:have|get|see)"
    rf"|(?:i|we)(?:'d| would)? {_HOW}(?:like|love|want|need|prefer|fancy|appreciate)(?: to (?:have|see|get))?"
    r"|(?:let's|let us|please) have|i(?:'m| am) after|we(?:'re| are) after"
    r"|(?:really )?(?:need|want|would like)|(?:can|could|would|will) you (?:please )?(?:have|get|let me have"
    r"|give (?:me|us))|have|get)"
)
_NEEDED: Final = (
    r"(?:(?:it|this|that|(?:the|this|my|our) (?:[a-z]+ )?(?:picture|photo|image|pic|poster|flyer|invitation|card|menu"
    r"|cover|shot|ad|page|post|photograph))(?: also| just| still| really)* (?:needs|wants|could use|could do with"
    r"|lacks|is missing|should have|must have|should get|must get|has to have|deserves)"
    r"|there (?:should|must|needs to|has to|could) be|how about|what about|give (?:it|me|us|this))"
)
_VERBS: Final = (
    "remove|delete|erase|get rid of|take out|take off|change|replace|swap|exchange|make|turn|set|write|put|place|add"
    "|blur|crop|cut out|cut|brighten|darken|sharpen|resize|scale|enlarge|upscale|double|convert|colour|color|update"
    "|correct|isolate|bring|lighten|warm up|cool down"
)
_ORDERS: Final = (
    (Pattern(rf"{_LEAD}{_THING} {_OUGHT} {_HOW}(?:be|get) {_HOW}{_DONE}"), "{done} {x}{rest}"),
    (
        Pattern(
            rf"{_LEAD}(?:can|could|would|will|may|might|should|shall) {_HOW}{_THING} {_HOW}(?:be|get) {_HOW}{_DONE}"
        ),
        "{done} {x}{rest}",
    ),
    (Pattern(rf"{_LEAD}{_I_WANT} {_HOW}{_THING} {_HOW}(?:(?:to )?be |being )?{_DONE}"), "{done} {x}{rest}"),
    (Pattern(rf"{_LEAD}{_THING} (?:to be|being) {_DONE}"), "{done} {x}{rest}"),
    (Pattern(rf"{_LEAD}{_THING} make (?:it|them) (?P<rest>(?:a bit |a little "
        rf"|more )?[a-z]+(?: please)?)$"), "make {x} {rest}"),
    (Pattern(
        rf"{_LEAD}{_THING} (?:needs?|wants|requires|could do with) (?:some "
        rf"|a bit of )?(?P<ing>{_any(_GERUND)})(?: up)?(?: a (?:bit|little|touch))?$"), "{ing} {x}"),
    (
        Pattern(
            rf"{_LEAD}(?:can|could|would|will|may|might|should|shall) {_HOW}{_THING} {_HOW}(?:be|become|look) "
            r"(?P<rest>(?!left|kept|as\b|like|the same|un).+)$"
        ),
        "make {x} {rest}",
    ),
    (Pattern(rf"{_LEAD}{_THING} {_OUGHT} {_HOW}(?:become|look|turn) (?P<rest>.+)$"), "make {x} {rest}"),
    (
        Pattern(
            rf"{_LEAD}(?:can|could|would|will|may|might|should|shall) {_HOW}{_THING} {_HOW}(?P<say>say|read|show) "
            r"(?P<rest>.+)$"
        ),
        "{x} should {say} {rest}",
    ),
    (
        Pattern(
            rf"{_LEAD}(?:{_I_WANT}|{_NEEDED}) (?P<x>(?:an?|the|our|my|some)? ?.{{0,60}}?\b(?:borders?|frames?|badges?"
            r"|stickers?|labels?|logos?|text|captions?|words?|tag|stamp)\b.*)$"
        ),
        "add {x}",
    ),
    (Pattern(rf"{_LEAD}{_I_WANT} {_HOW}{_THING} (?:gone|taken away|away)$"), "remove {x}"),
    (
        Pattern(
            rf"{_LEAD}{_I_WANT} {_HOW}(?:it|this|that|one|(?:an?|the|another) (?:version|copy|one|picture|photo"
            rf"|shot)) without (?P<x>.+)$"
        ),
        "remove {x}",
    ),
    (Pattern(rf"{_LEAD}{_I_WANT} {_HOW}{_THING} (?:in|to (?:be|become|look)|as) (?P<rest>.+)$"), "make {x} {rest}"),
    (Pattern(rf"{_LEAD}{_I_WANT} {_HOW}(?P<x>\S.*)$"), "make {x}"),
    (Pattern(rf"{_LEAD}{_NEEDED} (?P<x>\S.*)$"), "make it {x}"),
    (
        Pattern(rf"{_LEAD}(?:ensure|make sure)(?: that)? {_THING} (?:is|are) (?P<rest>(?!not|kept|left).+)$"),
        "make {x} {rest}",
    ),
    (Pattern(rf"{_LEAD}(?:could do with|could use|needs)(?: being| to be)? (?P<x>\S.*)$"), "make it {x}"),
    (
        Pattern(
            rf"{_LEAD}(?:it(?:'d| would) (?:be|look) (?:great|nice|lovely|good|better|perfect|best)|(?:i|we)(?:'d"
            rf"| would) (?:love|like|prefer)"
            rf" it) if {_THING} (?:was|were|could be|would be) (?:in )?(?P<rest>\S.*)$"
        ),
        "make {x} {rest}",
    ),
    (
        Pattern(rf"{_LEAD}(?:i|we)(?:'d| would) (?:rather|prefer) {_THING} (?:was|were|be) (?:in )?(?P<rest>\S.*)$"),
        "make {x} {rest}",
    ),
    (
        Pattern(
            r"^(?:please )?(?P<x>(?:(?:the|this|that|these|those|my|our|all|every|everything|whatever|what"
                r"|from|of|(?:mobile|phone|telephone|contact) number|price|date|first|second|third|fourth|last|2nd|3rd"
                r"|4th)\b|[\ue000-\ue0ff]).{0,60}?),? "
            rf"(?:please |kindly )?(?P<verb>{_VERBS})(?P<rest>| .+)$"
        ),
        "{verb} {x}{rest}",
    ),
    (
        Pattern(
            r"^(?:please )?(?P<x>(?:in|on|at|into|along|across|over|under|from|to|onto)\b.{2,50}?),? (?:(?:please|i"
            r"|we|want|need|would like|to|you|can|could|should|and) )*"
            rf"(?P<verb>{_VERBS}|take)(?P<rest> .+)$"
        ),
        "{verb}{rest} {x}",
    ),
    (
        Pattern(
            rf"{_LEAD}(?:(?:i|we)(?:'d| would)? (?:want|need|like|love|prefer) )?(?:(?:the|this|my|our) (?:same )?"
            r"(?:[a-z]+ )?(?:picture|photo|image|shot|pic)|it|this|that|same)(?: just| but| again)* (?:without|minus) "
            r"(?P<x>.+)$"
        ),
        "remove {x}",
    ),
    (
        Pattern(
            rf"{_LEAD}{_THING} (?:can|could|should|must|may|gotta|got to|has got to|have got to|needs? to|has to"
            r"|have to|ought to|is to|are to|may) (?:please )?(?:go|disappear|vanish|leave|be gone|come off|come out"
            r"|away)"
            r"(?: away)?(?: (?:too|also|as well|please))*(?:,? (?:from|off|out of) (?:the|this|my) [a-z]+)?$"
        ),
        "remove {x}",
    ),
    (
        Pattern(
            rf"{_LEAD}(?:make|have|let) (?P<x>.{{2,60}}?) (?:disappear|vanish|gone|away|go away|go)"
            r"(?: (?:from|off|out of) (?:the|this|my) [a-z]+)?$"
        ),
        "remove {x}",
    ),
    (Pattern(rf"{_LEAD}(?:take|lift|get|cut) (?P<x>.{{2,40}}?) (?:out of|off|from) (?:its|the) (?:background"
    r"|backdrop|bg)$"),
     "cut out {x}"),
    (Pattern(r"^(?P<x>(?:all|both|every|the|any) .{2,40}?) (?:away|gone|off)$"), "remove {x}"),
    (
        Pattern(r"^(?:could|can|would|will) you (?:please )?(?P<x>(?:the|my|this|that|all) .{2,60}?)"
        rf" (?P<verb>{_VERBS})$"),
        "{verb} {x}",
    ),
    (
        Pattern(rf"{_LEAD}(?:i|we) wish (?:that )?{_THING} (?:will|would|could|can) (?:be|become|look)"
        r" (?P<rest>.+)$"),
        "make {x} {rest}",
    ),
    (
        Pattern(
            rf"{_LEAD}(?:(?:can|could|would|will) you )?(?:please )?(?:airbrush|crop|shop|edit|photoshop|paint|chuck"
            rf"|throw|toss|kick|boot|pull|brush|rub"
            r"|wipe|clone|take|get|magic) (?P<x>.{1,60}?) (?:out|away|off)(?: of (?:it|this|there|here|the (?:picture"
            r"|photo|image|pic|shot|frame)))?$"
        ),
        "remove {x}",
    ),
)  # fmt: skip
"""Forms and the order that each is: groups of the form and words between them."""

_NOT: Final = Pattern(r"\b(?:not|never|don't|dont|doesn't|shouldn't|mustn't|can't|cannot|without|nothing|no)\b")
_LONGEST: Final = 140


def recast(clause: Clause) -> Iterator[Clause]:
    """The orders that a clause in another form may be; nothing for a clause that denies."""
    if len(clause.text) > _LONGEST or (not clause.text[:1].isascii() and not "\ue000" <= clause.text[:1] <= "\ue0ff"):
        return
    for form, order in _ORDERS:
        found = form.match(clause.text)
        if found is None or _NOT.search(found.group("x")):
            continue
        text, raw = (_built(clause, found, order, folded=folded) for folded in (True, False))
        if text != clause.text:
            yield Clause(text, raw, clause.masked).part(0, len(text))


def _built(clause: Clause, found: re.Match[str], order: str, *, folded: bool) -> str:
    """The order with its groups filled in, as folded or as typed; a participle becomes its verb in both."""
    source = clause.text if folded else clause.raw
    parts = {
        name: _BASE.get(said) or _GERUND.get(said) or source[found.start(name) : found.end(name)]
        for name, said in found.groupdict().items()
        if said is not None
    }
    return order.format(**{"rest": "", **parts})
