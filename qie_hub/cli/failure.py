"""An error as text for a person: what happened, the details that the error carries as data, what to do next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from qie_hub.cli.explaining import brief_blocks
from qie_hub.cli.layout import Block, Line, Table, safe
from qie_hub.errors import QieHubError
from qie_hub.messages import describe, has, pattern, plain, text

_LISTED: Final = ("issues", "reasons", "nearest", "failures")
_MOST: Final = 12


def failure_blocks(error: QieHubError, language: str) -> tuple[Block, ...]:
    """Lay an error out."""
    what, hint = describe(error, language)
    blocks: list[Block] = [Line(safe(text("CLI.error", language, {"code": error.code, "message": what})), "red")]
    decision = error.data.get("decision")
    if isinstance(decision, dict):
        blocks += brief_blocks(decision, lambda key, **data: text(key, language, data))
    for name in _LISTED if decision is None else ():
        value = error.data.get(name)
        if isinstance(value, (list, tuple)) and value and f"{{{name}}}" not in _pattern(error, language):
            heading = f"LISTED.{name}"
            blocks += [Line(text(heading, language), indent=2)] if has(heading) else []
            blocks += [Line(f"- {safe(sentence(item, language))}", indent=2) for item in value[:_MOST]]
    blocks += _closest(error, language)
    blocks += _places(error, language)
    if hint is not None:
        blocks.append(Line(safe(text("CLI.next", language, {"hint": hint})), indent=2))
    return tuple(blocks)


def _closest(error: QieHubError, language: str) -> list[Block]:
    """Names that were perhaps meant, unless the sentence tells them already."""
    names = error.data.get("closest")
    if not isinstance(names, (list, tuple)) or not names or "{closest}" in _pattern(error, language):
        return []
    return [Line(safe(text("LISTED.closest", language, {"closest": names})), indent=2)]


def _places(error: QieHubError, language: str) -> list[Block]:
    """Numbered places of the picture to choose from."""
    listed = error.data.get("places")
    if not isinstance(listed, (list, tuple)):
        return []
    places = [place for place in map(_facts, listed) if "number" in place]
    rows = tuple(
        (
            str(place["number"]),
            safe(plain(place.get("text") or place.get("label"), language)),
            text(f"AT.{place.get('at')}", language),
            ",".join(str(side) for side in _sides(place.get("box"))),
        )
        for place in places
    )
    headings = (text("HEAD.number", language), text("HEAD.what", language), text("HEAD.place", language), "x,y,w,h")
    return [Table(headings, rows, right=frozenset({0}), spare=(3,))] if rows else []


def _sides(box: object) -> Iterable[object]:
    return box if isinstance(box, (list, tuple)) else ()


def sentence(item: object, language: str) -> str:
    """Write one detail: a text as it stands, an error by its code, a reason by its code and facts."""
    if isinstance(item, str):
        return item
    if isinstance(item, QieHubError):
        return describe(item, language)[0]
    facts = _facts(item)
    code = facts.get("code")
    if isinstance(code, str):
        data = facts.get("data") if isinstance(facts.get("data"), Mapping) else facts
        return text(f"REASON.{code}" if has(f"REASON.{code}") else code, language, data)  # type: ignore[arg-type]  # checked
    return ", ".join(f"{name}: {plain(value, language)}" for name, value in facts.items()) or plain(item, language)


def _facts(item: object) -> Mapping[str, object]:
    from qie_hub.cli.document import jsonable

    value = jsonable(item)
    return value if isinstance(value, dict) else {}


def _pattern(error: QieHubError, language: str) -> str:
    """The sentences of an error before its facts are filled in: what they name needs no list."""
    keys: Iterable[str] = (error.hint, error.code, f"HINT.{error.hint}", f"HINT.{error.code}")
    return " ".join(pattern(key, language) or "" for key in keys)
