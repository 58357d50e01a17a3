"""The ways to say that what was spoken of before is to go: ``take it out``, ``make them vanish``, ``that one must go``.

Pure data for `anaphora`; groups ``it``, ``that``, ``goes`` and ``must`` hold the pronoun.
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.removing import VERB_ZH
from qie_hub.edit.grammar.verbs import GONE

_IT_EN: Final = r"(?:it|him|her|them|that|those|these|that one|that thing|the thing)"
GO_EN: Final = Pattern(
    r"^(?:(?:please|can|could|would|will|you|i|we|want|need|to|just|so|and|then|now|kindly|maybe|possibly|ya|try"
    r"|have) )*"
    rf"(?:(?:{GONE}|crop out|photoshop out|hide|make(?= (?:it|him|her|them|that|those) (?:vanish|disappear|go away))) "
    rf"(?:all of |both of )?"
    rf"(?P<it>{_IT_EN})|(?:take|get|edit|photoshop|crop|wipe|airbrush|brush) (?:all of |both of )?(?P<that>{_IT_EN}))"
    r"(?P<all> all| both)?(?: (?:out|away|off|vanish|disappear|go away))?(?: (?:of|from) (?:the|this|my|there|here"
    r"|it)(?: (?:picture"
    r"|photo|shot|pic|image"
    r"|frame))?)?(?: (?:please|thanks|ta|for me|too|now|lol|somehow|if you can|if possible|(?:would|will|could"
    r"|can) you|love|mate"
    r"|dear|pal|son|darling|honey))*(?: (?:he|she|it|they)(?:'s| is| are|'re| was) .{1,30})?$"
    r"|^(?:please )?get rid(?: please)?$|^(?:(?:please|kindly|just|so|and|can you|could you) )*(?:remove|delete|erase)"
    r"(?: please| kindly| for me)*$"
    r"|^(?:(?:so|please|and) )*(?P<must>it|this|that|that one|he|she|they|those) (?:must|should|has to|have to|needs?"
    r" to|can) "
    r"(?:go(?: away)?|disappear|vanish|be (?:removed|deleted|erased|gone|taken (?:out|off|away)))(?: please)?$"
    r"|^(?:(?:so|please|and) )*(?:can|could|should|must|may) (?P<goes>it|that|he|she|they|those)(?P<both> all"
    r"| both)? (?:please |just )?"
    r"(?:go(?: away)?|disappear|vanish|come (?:off|out)|be (?:removed|deleted|erased|taken (?:out|off"
    r"|away)))(?: please)?$"
)
MANY: Final = Pattern(r"\b(?:all|them|those|these)\b")
GO_ZH: Final = Pattern(
    r"^(?:请|麻烦|帮我|帮忙|能不能|可以|可不可以|给我|直接|就|拜托|顺便|你|您|也)*(?:把|将)?(?:它|他|她|这个|那个"
    r"|这家伙|那家伙)(?P<many>们?)"
    rf"(?P<all>都|全部?|统统|通通|一起)?(?:给我|给|帮我|也|先|从图里|从照片里|从画面里)*(?:{VERB_ZH})(?:掉|了|吧|一下"
    r"|好吗|可以吗|呗|啦|谢谢|吗)*$"
    r"|^(?:请|麻烦|帮我|帮忙|能不能|可以|给我|直接|就|拜托|你|也|先)*"
    rf"(?:{VERB_ZH})(?:它|他|她)(?P<several>们?)(?:吧|了|好吗|可以吗|呗|谢谢|吗)*$"
)
GO_BARE_ZH: Final = Pattern(
    rf"^(?:请|麻烦|帮我|帮忙|能不能|可以|给我|直接|就|拜托|你|您|也|都)*(?:{VERB_ZH})(?:掉|了|吧|一下|好吗|谢谢|吗)*$"
)
"""``日期不好看，请您帮我去掉``: no pronoun is needed."""
