"""Rules for the colour of words that stand in the picture already.

Example::

    recolour(clause)     # 把‘¥199’改成红色: old=¥199, colour=#d9222a
    recolour(clause)     # make the price text red: kind=price, colour=#d9222a
"""

from __future__ import annotations

from typing import Final

from qie_hub.edit.grammar import kinds, printed, rules_text, selectors, slots
from qie_hub.edit.grammar.clause import JOINT, Clause, Reader
from qie_hub.edit.grammar.pattern import Pattern
from qie_hub.edit.grammar.quotes import HOLE, Masked
from qie_hub.edit.grammar.verbs import PUT
from qie_hub.edit.grammar.vocabulary import words
from qie_hub.formats.operation import Operation, Slot

_TURN: Final = words(
    """
    改写?[成为]? 换[成为]? 变[成为]? 调[成为]? 弄成? 设[置]?[成为]? 做成 涂成 染成 刷成 更改[成为]? 修改[成为]?
    替换[成为]? 搞成 整成 p成 改用 用 标[成为]?
    """,
    """
    make turn change set colou?r recolou?r paint switch render dye put convert should_be must_be in into to with
    replace
    """,
)
_COLOUR_OF: Final = words(
    "字体颜色 文字颜色 字的颜色 颜色 字色 色 的 变得?",
    "font_colou?rs? text_colou?rs? colou?rs? of font that_says? saying",
)
_ELSE: Final = words(
    "背景 底 边框 角标 标签 加 添加 写上 删 去掉 背景色 阴影 描边",
    "background border badge frame add write delete remove outline shadow",
)
_HOLE: Final = Pattern(HOLE)
_HEX: Final = Pattern(r"#[0-9a-f]{6}(?![0-9a-z])")
_NOT: Final = words("不要 别 不用 (?<!能)不能 不准", "don't do_not not never keep leave")


_OF_SURFACE: Final = Pattern(rf"[\u3400-\u9fff]{{1,5}}的(?={HOLE})")
_PUT_THERE: Final = Pattern(
    rf"^(?:(?:please|can you|could you|just|and|then) )*(?:{PUT}|write) {HOLE} (?!.*\b(?:to|into)\b)"
)
"""``put 'SOLD' in red at the top`` sets words that are not there yet."""


def recolour(clause: Clause) -> Operation | None:
    """``把‘¥199’改成红色``, ``color the title blue``, ``把‘原价’改成红色的‘现价’``."""
    clause = _wanted(clause)
    colour, quoted = _colour(clause.text), clause.quoted
    if colour is None or _comes(clause) or len(quoted) > 2 or clause.is_question or _NOT.search(clause.text):
        return None
    if _ELSE.search(clause.text) or not _TURN.search(clause.text):
        return None
    reader = Reader(clause)
    named = reader.take(rules_text.TEXT_NOUN)
    if not quoted and (spoken := _unquoted(clause)) is not None:
        return Operation("text.replace", {"old": spoken, "colour": colour}, clause.original)
    if not quoted and named is None:
        return None
    which = rules_text.which_of(_HOLE.sub(" ", clause.text))
    kind = None if named is None else kinds.kind_of(rules_text.bare_noun(named.group()))
    for pattern in (
        _OF_SURFACE, _HOLE, _HEX, selectors.WORDS, rules_text.ALL, rules_text.TEXT_NOUN, *kinds.KINDS,
        *slots.COLOUR_WORDS, _TURN, _COLOUR_OF, rules_text.WHERE,
    ):  # fmt: skip
        reader.drop(pattern)
    if not reader.done:
        return None
    wish: dict[str, Slot] = {"old": quoted[0] if quoted else None, "colour": colour, **which}
    if len(quoted) == 2:
        wish["new"] = quoted[1]
    elif not quoted and not kind and not which and named is not None and not rules_text.ANY_TEXT.search(named.group()):
        return None
    elif not quoted:
        wish |= {"kind": kind} if kind else {} if which else {"which": "all"}
    return Operation("text.replace", wish, clause.original)


def _comes(clause: Clause) -> bool:
    """Whether quoted words are not there yet: they are to be put at a place."""
    return _PUT_THERE.search(clause.text) is not None and slots.position(clause.text) is not None


def _wanted(clause: Clause) -> Clause:
    """``'8 oz' in gold instead of black``: without the colour that is not wanted."""
    found = _UNWANTED.search(clause.text)
    return clause if found is None else clause.part(0, found.start())


_COLOURS: Final = "|".join(one.pattern for one in slots.COLOUR_WORDS)
_UNWANTED: Final = Pattern(rf"(?<=..)(?: instead of|,? not|,? rather than|而不是|不要) ?(?:the )?(?:{_COLOURS})的?$")
_UNQUOTED: Final = (
    Pattern(
        rf"\b(?P<called>words?|text|line|phrase|letters|lettering|title) (?P<old>[^ ]+(?: [^ ]+){{0,4}}?)(?: text| "
        rf"words?)?"
        rf"(?: (?:to|into|in|turn|should be|be))* (?:a |bright |dark )*(?:{_COLOURS})(?: please| instead)?$"
    ),
    Pattern(
        rf"^(?:please |can you |could you )*(?:make|turn|colou?r|change|paint|set) (?:the )?(?P<old>[^ ]+(?: [^ "
        rf"]+){{0,4}}?)(?: text| words?| letters)?"
        rf"(?: (?:to|into|in))* (?:a |bright |dark )*(?:{_COLOURS})(?: please| instead)?$"
    ),
    Pattern(
        rf"^(?:请|帮我|把|将"
        r"|给我)*(?P<old>[^把将\s]{1,16}?)(?P<called>(?:[这那]?[几一两二三四五六七八九十]+个?大?字|字样"
        r"|[这那]个(?:单?词|英文)|这行字"
        rf"|那行字))的?(?:颜色)?\s*"
        rf"(?:都|全部?|给我|帮我|请)*(?:{_TURN.pattern})+(?:{_COLOURS})色?的?(?:吧|了|就行|就好|即可|哈)*$"
    ),
)
"""Words without quotes that are called words, or are in capitals."""


def _unquoted(clause: Clause) -> str | None:
    for form in _UNQUOTED:
        found = form.search(clause.text)
        if found is None:
            continue
        old, called = clause.typed(found, "old"), found.groupdict().get("called")
        if not _leads(clause.text[: found.start()]):
            continue
        if not selectors.WORDS.sub("", found.group("old")).strip(" 的那这"):
            continue
        plain = kinds.kind_in(found.group("old")) is None and rules_text.TEXT_NOUN.fullmatch(found.group("old")) is None
        if plain and JOINT not in old and (printed.is_shouted(old) or (called and not _OF.match(found.group("old")))):
            return old
    return None


def _leads(said: str) -> bool:
    """Whether nothing but a verb and fillers stands before the words."""
    reader = Reader(Clause(said, said, Masked("", "", ())))
    reader.drop(_TURN)
    return reader.done


_OF: Final = Pattern(r"^(?:in|on|at|of|to|is|are|the|should|color|colour)\b")


def _colour(text: str) -> str | None:
    """The one colour that is spoken of; with two, which is the old one stays open."""
    exact = [found.group() for found in _HEX.finditer(text)]
    named = [slots.COLOURS[name][0] for name in slots.colours(text)]
    return (exact or named)[0] if len({*exact, *named}) == 1 else None
