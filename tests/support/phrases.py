"""Reads the golden phrases and judges what the grammar makes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from qie_hub.edit.grammar.instruction import understand
from qie_hub.edit.grammar.nouns import CLASSES
from qie_hub.edit.lite.abilities import ABILITIES, OBJECT_REMOVE
from qie_hub.formats.operation import Instruction, Operation

Expected: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Abilities in order, each with the slots that matter."""

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "phrases"

_HEX: Final = re.compile(r"#[0-9a-f]{6}")
_COLOURS: Final = {
    "white": "ffffff", "black": "000000", "grey": "808080 4a4a4a c0c0c0 e5e5e5", "red": "ff0000 d9222a 9b1c1c",
    "orange": "ff8000 f5821f", "yellow": "ffff00 f7d117", "green": "008000 2e9e4f 14532d",
    "blue": "0000ff 2563c9 1f3a93 7ec8e3", "purple": "800080 7b3fa0", "pink": "ffc0cb f48fb1", "brown": "7b4a2b",
    "gold": "c9a227 d4af37", "cream": "f2e8d5 fffdd0",
}  # fmt: skip
"""Colours that an expectation may name instead of ``#rrggbb``, light and dark shades of one beside each other."""


@dataclass(frozen=True)
class Phrase:
    """A sentence and what it has to be understood as; no operations for what must not be understood."""

    sentence: str
    expected: Expected
    dictated: bool

    def judge(self) -> str:
        """``right``; ``refused``: asks, or takes it for a larger pack's work; ``wrong``: would act otherwise."""
        found = understand(self.sentence)
        if found.problem is not None:
            return "right" if not self.expected else "refused"
        if self._matches(found):
            return "right"
        return "wrong" if all(map(acts, found.operations)) else "refused"

    def _matches(self, found: Instruction) -> bool:
        return matches(self.expected, found)


def matches(expected: Expected, found: Instruction) -> bool:
    """Whether the operations are the expected ones, in their order."""
    if len(found.operations) != len(expected):
        return False
    pairs = zip(expected, found.operations, strict=True)
    return all(_same(ability, slots, operation) for (ability, slots), operation in pairs)


def acts(operation: Operation) -> bool:
    """Whether a small pack would carry it out: a thing that no detector knows is refused, not removed."""
    unknown = operation.ability == OBJECT_REMOVE and operation.slots.get("noun") is None
    return operation.ability in ABILITIES and not unknown


def _same(ability: str, slots: tuple[str, ...], operation: Operation) -> bool:
    return operation.ability == ability and all(_holds(slot, operation) for slot in slots)


def _holds(slot: str, operation: Operation) -> bool:
    """A ``noun`` that is no class of the detector holds if the words said it and nothing would be removed."""
    if slot[-1] in "+-" and "=" not in slot:
        value = operation.slots.get(slot[:-1])
        return isinstance(value, int) and (value > 0) == (slot[-1] == "+")
    name, _, value = slot.partition("=")
    if name == "noun" and value != "None" and value.replace("_", " ") not in CLASSES:
        return operation.slots.get("noun") is None and value.replace("_", " ") in str(operation.slots.get("old"))
    found = str(operation.slots.get(name))
    return found.replace(" ", "_") == value or (value in _COLOURS and _colour_name(found) == value)


def _colour_name(text: str) -> str | None:
    """What people call a colour: the name that is nearest to ``#rrggbb``; None for anything else."""
    if not _HEX.fullmatch(text):
        return None
    return min(_COLOURS, key=lambda name: min(_distance(text, f"#{one}") for one in _COLOURS[name].split()))


def _distance(one: str, other: str) -> int:
    return sum((int(one[at : at + 2], 16) - int(other[at : at + 2], 16)) ** 2 for at in (1, 3, 5))


def load(name: str) -> list[Phrase]:
    """The phrases of a file in `FOLDER`."""
    phrases, dictated = [], False
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            dictated = line.rstrip().endswith("(dictated)")
        elif line.strip():
            expected, sentence = line.split("\t")
            phrases.append(Phrase(sentence, expected_of(expected), dictated))
    return phrases


def expected_of(text: str) -> Expected:
    """Read a list of operations as the files write it."""
    if text.strip() == "?":
        return ()
    return tuple((words[0], tuple(words[1:])) for part in text.split("; ") if (words := part.split()))


@dataclass(frozen=True)
class Answer:
    """A sentence and what a tier answers: operations, or a reason with the abilities that are lacking."""

    sentence: str
    tier: str
    said: str

    def holds(self, abilities: frozenset[str]) -> bool:
        """Whether a pack with all ``abilities`` of the tier answers so."""
        found = understand(self.sentence)
        kind, _, rest = self.said.partition(": ")
        lacking = sorted(found.abilities - abilities)
        if kind == "acts":
            return found.problem is None and not lacking and matches(expected_of(rest), found)
        reason = found.problem or ("out_of_ability" if lacking else "none")
        return rest.split() == [reason, *(lacking if found.problem is None else [])]


def answers() -> list[Answer]:
    """What every tier answers to the sentences that it is known for."""
    lines = (FOLDER / "tiers.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [Answer(row[0], tier, row[at]) for row in rows for at, tier in ((1, "ultra-lite"), (2, "pro"))]
