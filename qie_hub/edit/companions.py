"""The further pictures that a sentence speaks of, against those that were given. Pure.

Example::

    check(understood, 1)      # "put the logo at the bottom right" with one --with: fine
"""

from __future__ import annotations

from typing import Final

from qie_hub.errors import UsageError
from qie_hub.formats.operation import Instruction

NEEDING: Final = frozenset({"background.picture", "image.compose", "logo.add", "logo.replace"})
"""Abilities that cannot do without a further picture; slot ``number`` says which, from 1."""

_MAY_TAKE: Final = frozenset(
    {
        "background.replace", "freeform", "object.add", "object.replace", "person.change", "scene.relight",
        "style.change",
    }
)  # fmt: skip
"""Abilities of generative packs, for which a further picture is an example."""


def needed(instruction: Instruction) -> int:
    """How many further pictures the sentence speaks of."""
    numbers = [_number(item.slots.get("number")) for item in instruction.operations if item.ability in NEEDING]
    return max(numbers, default=0)


def check(instruction: Instruction, given: int) -> None:
    """Compare with the number of pictures that were given.

    Raises:
        UsageError: there are too few, or some that nothing in the sentence uses.
    """
    wanted = needed(instruction)
    if given < wanted:
        raise UsageError(hint="WITH_MISSING", needed=wanted, given=given)
    if given > wanted and not instruction.abilities & _MAY_TAKE:
        raise UsageError(hint="WITH_UNUSED" if wanted == 0 else "WITH_TOO_MANY", needed=wanted, given=given)


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 1
