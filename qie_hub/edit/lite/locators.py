"""Where each ability acts: one function per ability that needs a place, chosen by name.

Invariants: locating changes nothing; the picture is read, and its objects are detected, at most once per plan; an
ability without a locator acts on the whole picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from qie_hub.edit import match
from qie_hub.edit.lite import abilities, watermark
from qie_hub.edit.lite.locate import find_kind, find_text, region_of, select
from qie_hub.edit.lite.objects.asked import asked, region_around
from qie_hub.edit.lite.objects.detect import FAINT
from qie_hub.edit.lite.objects.named import Wish, find_named
from qie_hub.edit.lite.tools import Tools
from qie_hub.edit.ocr import TextLine
from qie_hub.errors import EditRefused, UsageError
from qie_hub.formats.operation import Operation, PlannedOperation, Region
from qie_hub.ports import PipelineInput


@dataclass(slots=True)
class Seen:
    """What was seen in the picture so far."""

    tools: Tools
    source: PipelineInput
    _lines: tuple[TextLine, ...] | None = None
    _faint: tuple[TextLine, ...] | None = None

    @property
    def lines(self) -> tuple[TextLine, ...]:
        """The picture's text."""
        if self._lines is None:
            self._lines = self.tools.reader.read(self.source.picture)
        return self._lines

    @property
    def known(self) -> tuple[TextLine, ...]:
        """All that was read so far."""
        return self._faint or self._lines or ()

    @property
    def faint(self) -> tuple[TextLine, ...]:
        """Also what can hardly be seen."""
        if self._faint is None:
            self._faint = watermark.read_faint(self.tools.reader, self.source.picture, self.lines)
        return self._faint


Locator: TypeAlias = Callable[[Operation, Seen], PlannedOperation]


def locate(operation: Operation, seen: Seen) -> PlannedOperation:
    """Find what an operation acts on; operations on the whole picture have no regions.

    Raises:
        EditRefused: it is not there, or it is not clear which is meant.
        UsageError: a place was needed and none was given, or the given one does not fit the picture.
    """
    locator = LOCATORS.get(operation.ability)
    return PlannedOperation(operation) if locator is None else locator(operation, seen)


def _text(operation: Operation, seen: Seen) -> PlannedOperation:
    """The words that were named: quoted, by what they are (``kind``), by their place, or all of them."""
    source, slots = seen.source, operation.slots
    which = None if slots.get("which") is None else str(slots["which"])
    size = (source.picture.shape[1], source.picture.shape[0])
    if slots.get("old") is not None:
        return _quoted(operation, which, size, seen)
    if slots.get("kind") is not None:
        found = find_kind(str(slots["kind"]), which, seen.lines, size, source.pick)
    elif seen.lines:
        found = select(
            tuple(region_of(line) for line in seen.lines), operation.clause, which or "all", size, source.pick
        )
    else:
        raise EditRefused(reason="not_found", wanted=operation.clause, found=[], hint="REFUSED_NO_TEXT")
    return PlannedOperation(operation, found.regions, found.candidates)


def _quoted(operation: Operation, which: str | None, size: tuple[int, int], seen: Seen) -> PlannedOperation:
    """A named text; where it is not found, with its numbers written the other way (``10元`` and ``十元``)."""
    slots, pick = operation.slots, seen.source.pick
    wanted, spoken = str(slots["old"]), slots.get("old_spoken")
    try:
        found = find_text(wanted, which, seen.lines, size, pick)
    except EditRefused:
        if spoken is None or str(spoken) == wanted:
            raise
        found = find_text(str(spoken), which, seen.lines, size, pick)
        operation = replace(operation, slots={**slots, "old": spoken, "new": slots["new_spoken"]})
    return PlannedOperation(operation, found.regions, found.candidates)


def _watermark(operation: Operation, seen: Seen) -> PlannedOperation:
    """The watermark's texts: the named one, else those that look like one; refuses with what was read."""
    named = operation.slots.get("text")
    lines, chosen = seen.lines, []
    if named is not None:
        chosen = sorted({one.line for one in match.find(str(named), [line.text for line in lines])})
    if not chosen:
        lines = seen.faint
        found = match.find(str(named), [line.text for line in lines]) if named is not None else ()
        chosen = (
            sorted({one.line for one in found})
            if named is not None
            else list(watermark.choose(lines, seen.source.picture))
        )
    if not chosen:
        texts = [line.text for line in lines]
        hint = "REFUSED_NO_WATERMARK" if texts else "REFUSED_NO_WATERMARK_TEXT"
        raise EditRefused(reason="not_found", wanted=str(named or operation.clause), found=texts, hint=hint)
    regions: tuple[Region, ...] = tuple(region_of(lines[index]) for index in chosen)
    return PlannedOperation(operation, regions)


def _pointed(operation: Operation, seen: Seen) -> PlannedOperation:
    """What the box or the mask shows."""
    return PlannedOperation(operation, (region_around(asked(seen.source)),))


def _sign(operation: Operation, seen: Seen) -> PlannedOperation:
    """The words of an old sign, or what a box shows of one without words."""
    if operation.slots.get("old") is not None:
        return _text(operation, seen)
    if seen.source.box is None and seen.source.mask is None:
        raise UsageError(hint="LOGO_WHERE")
    return _pointed(operation, seen)


def _things(operation: Operation, seen: Seen) -> PlannedOperation:
    """The things that the sentence names; small ones are looked for only if the first look shows none."""
    source, detector = seen.source, seen.tools.needed_detector()
    wish = Wish.of(operation.slots)
    things = detector.find(source.picture, FAINT)
    if wish.noun is not None and not any(thing.noun == wish.noun for thing in things):
        things = detector.find_small(source.picture, FAINT)
    size = (source.picture.shape[1], source.picture.shape[0])
    found = find_named(wish, things, size, pick=source.pick, language=source.instruction.language)
    return PlannedOperation(operation, found.regions, found.candidates)


LOCATORS: Final[Mapping[str, Locator]] = {
    abilities.TEXT_REPLACE: _text,
    abilities.TEXT_DELETE: _text,
    abilities.WATERMARK_REMOVE: _watermark,
    abilities.LOGO_REPLACE: _sign,
    abilities.OBJECT_ERASE: _pointed,
    abilities.OBJECT_REMOVE: _things,
}
