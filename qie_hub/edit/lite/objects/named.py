"""Things that a sentence names, among those that the detector sees. Pure, given what it sees.

Invariants: nobody is taken for a bystander while it is not clear who the subject is; candidates are numbered from the
left and are at most `SHOWN`, the largest ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rapidfuzz import fuzz

from qie_hub.edit.grammar import nouns
from qie_hub.edit.lite.choose import chosen
from qie_hub.edit.lite.locate import Found
from qie_hub.edit.lite.objects.detect import FAINT, SURE, Thing
from qie_hub.errors import EditRefused
from qie_hub.formats.operation import Region

SHOWN: Final = 12
"""Candidates that a person is asked to choose from."""
_SUBJECT_SHARE: Final = 0.03
"""Share of the picture below which nobody is its subject: one of a crowd, or a figure in a landscape."""
_KIN: Final = (
    frozenset(("cup", "bowl", "wine glass", "vase", "bottle")), frozenset(("car", "truck", "bus", "train")),
    frozenset(("cat", "dog", "bear", "teddy bear")), frozenset(("horse", "cow", "sheep")),
    frozenset(("chair", "couch", "bench", "bed")), frozenset(("tv", "laptop")),
    frozenset(("backpack", "handbag", "suitcase")), frozenset(("bicycle", "motorcycle")),
    frozenset(("fork", "knife", "spoon")), frozenset(("apple", "orange")), frozenset(("cell phone", "remote")),
)  # fmt: skip
"""Classes that are easily taken for each other: then the thing seen is offered, never taken."""
_CLEARLY: Final = 1.8
"""How much more weight the subject has than anybody else."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sentence said about the thing; see the slots of ``object.remove``."""

    spoken: str
    noun: str | None
    which: str | None = None
    every: bool = False
    bystanders: bool = False
    trait: str | None = None

    @classmethod
    def of(cls, slots: Mapping[str, Any]) -> Wish:
        """Read an operation's slots."""
        noun, which, trait = slots.get("noun"), slots.get("which"), slots.get("trait")
        return cls(
            str(slots.get("old") or noun or ""), None if noun is None else str(noun),
            None if which is None else str(which), bool(slots.get("all")), bool(slots.get("bystanders")),
            None if trait is None else str(trait),
        )  # fmt: skip


def find_named(wish: Wish, things: Sequence[Thing], size: tuple[int, int], *, pick: int | None, language: str) -> Found:
    """The regions of the things that are meant.

    Args:
        wish: what the sentence said.
        things: what the detector saw, down to faint scores.
        size: width and height of the picture.
        pick: the candidate that a person chose, counted from 1.
        language: of the names in refusals.

    Raises:
        EditRefused: ``not_found`` with what was seen, or with the nouns that are known; ``ambiguous`` when ``pick`` is
            no candidate's number.
    """
    if wish.noun is None:
        known = nearest_nouns(wish.spoken, language)
        raise EditRefused(reason="not_found", wanted=wish.spoken, known=known, hint="REFUSED_UNKNOWN_NOUN")
    same = [thing for thing in things if thing.noun == wish.noun and thing.score >= FAINT]
    if not same:
        kin = [thing.region for thing in things if thing.score >= SURE and are_kin(thing.noun, wish.noun)]
        if kin:
            return _asked(kin, wish, pick)
        seen = sorted({name_of(thing.noun, language) for thing in things if thing.score >= SURE})
        hint = "REFUSED_OBJECT_NOT_FOUND" if seen else "REFUSED_NO_OBJECTS"
        raise EditRefused(reason="not_found", wanted=wish.spoken, found=seen, hint=hint)
    if wish.bystanders:
        return _bystanders(same, wish, size, pick)
    regions = [thing.region for thing in same]
    if wish.trait is None:
        if wish.every or len(regions) == 1:
            return Found(tuple(_from_left(regions)))
        region = None if wish.which is None or pick is not None else chosen(regions, wish.which, size)
        if region is not None:
            return Found((region,))
    return _asked(regions, wish, pick)


def nearest_nouns(spoken: str, language: str) -> list[str]:
    """All nouns of the detector in a language, those most like the spoken words first."""

    def likeness(item: tuple[str, str]) -> float:
        words = [word.replace("_", " ") for word in item[1].split()]
        return -max(fuzz.ratio(spoken, word) + 40 * (word in spoken) for word in words)

    return [name_of(noun, language) for noun, _ in sorted(nouns.CLASSES.items(), key=likeness)]


def name_of(noun: str, language: str) -> str:
    """A class in a language: in Chinese its usual word."""
    return nouns.CLASSES[noun].split()[0].replace("_", " ") if language == "zh" else noun


def subject_of(people: Sequence[Thing], size: tuple[int, int]) -> Thing | None:
    """The person that the picture is about: much larger or more central than anybody else; None if nobody is."""
    weighed = sorted(((_weight(one, size), one) for one in people), key=lambda pair: -pair[0])
    weight, first = weighed[0]
    if first.area < _SUBJECT_SHARE * size[0] * size[1]:
        return None
    return first if len(weighed) == 1 or weight >= _CLEARLY * weighed[1][0] else None


def are_kin(one: str, other: str) -> bool:
    """Whether the detector takes one class for the other: a cup seen from above is a bowl."""
    return any(one in family and other in family for family in _KIN)


def _bystanders(people: Sequence[Thing], wish: Wish, size: tuple[int, int], pick: int | None) -> Found:
    regions = [one.region for one in people]
    if pick is not None:
        return _asked(regions, wish, pick)
    subject = subject_of(people, size)
    if subject is None:
        return _asked(regions, wish, None)
    rest = [one.region for one in people if one is not subject]
    if not rest:
        raise EditRefused(reason="not_found", wanted=wish.spoken, found=[], hint="REFUSED_NO_BYSTANDERS")
    if wish.every:
        return Found(tuple(_from_left(rest)))
    region = None if wish.which is None else chosen(rest, wish.which, size)
    if region is not None or len(rest) == 1:
        return Found((region or rest[0],))
    return _asked(rest, wish, None)


def _asked(regions: Sequence[Region], wish: Wish, pick: int | None) -> Found:
    """The regions as candidates, or the one that was picked."""
    largest = sorted(regions, key=lambda region: -region.box[2] * region.box[3])[:SHOWN]
    shown = _from_left(largest)
    if pick is None:
        return Found((), tuple(shown))
    if not 1 <= pick <= len(shown):
        raise EditRefused(reason="ambiguous", wanted=wish.spoken, pick=pick, count=len(shown), hint="REFUSED_PICK")
    return Found((shown[pick - 1],))


def _from_left(regions: Sequence[Region]) -> list[Region]:
    return sorted(regions, key=lambda region: (region.box[0] + region.box[2] / 2, region.box[1]))


def _weight(thing: Thing, size: tuple[int, int]) -> float:
    """Area, less of it towards the sides: subjects stand in the middle."""
    x, _, width, _ = thing.box
    aside = abs((x + width / 2) / size[0] - 0.5) * 2
    return thing.area * (1 - 0.6 * aside)
