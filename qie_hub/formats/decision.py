"""Why a variant fits or not, and what would change it: the record of a choice.

Invariants:

* Codes, never prose: `Reason.code` and `Change.code` are keys of the message table (``REASON.MEMORY``).
* A verdict that does not fit has at least one blocking reason and at least one change; together, its changes
  make it fit.
* ``have`` None means unknown. Unknown never blocks and never counts as zero; it is noted.

Example (what ``--explain --format json`` prints for a loser)::

    {"ref": "acme/pro:1024@1.0.0", "variant": "cpu-int8", "fits": false,
     "reasons": [{"code": "MEMORY", "field": "memory_effective", "have": 2, "need": 3, "blocks": true}],
     "changes": [{"code": "MORE_MEMORY", "field": "memory_effective", "value": 3, "by": 1}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from qie_hub.errors import DoesNotFit
from qie_hub.formats.index import PackRow, VariantRow
from qie_hub.packref import PackRef

Fact: TypeAlias = int | str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding about a variant on a device. Only reasons with ``blocks`` rule it out."""

    code: str
    field: str
    have: Fact = None
    need: Fact = None
    blocks: bool = True

    @property
    def data(self) -> Mapping[str, object]:
        """The facts for the message ``REASON.<code>``."""
        return {"field": self.field, "have": self.have, "need": self.need}

    def to_json(self) -> dict[str, object]:
        """The object in the record."""
        return {
            "code": self.code, "field": self.field, "have": _plain(self.have), "need": _plain(self.need),
            "blocks": self.blocks,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change of one field that removes a blocking reason.

    ``field`` is a field of the device's profile (set it to ``value``), ``proofs`` (the provider ``value`` has to be
    proved), ``client`` (a qie_hub that satisfies ``value``), or ``ref`` (ask for ``value`` instead). ``by`` is the
    difference in bytes where there is one.
    """

    code: str
    field: str
    value: Fact
    by: int | None = None

    @property
    def data(self) -> Mapping[str, object]:
        """The facts for the message ``CHANGE.<code>``."""
        return {"field": self.field, "value": self.value, "by": self.by}

    def to_json(self) -> dict[str, object]:
        """The object in the record."""
        return {"code": self.code, "field": self.field, "value": _plain(self.value), "by": self.by}


@dataclass(frozen=True, slots=True)
class VariantVerdict:
    """What was found about one variant of one pack. ``nearest`` are the changes that together make it fit."""

    ref: PackRef
    variant: str
    fits: bool
    reasons: tuple[Reason, ...] = ()
    nearest: tuple[Change, ...] = ()
    predicted_ms: int | None = None
    predicted_range_ms: tuple[int, int] | None = None
    """One edit on smooth and on rough ground; ``predicted_ms`` lies between."""

    def to_json(self) -> dict[str, object]:
        """The object in the record."""
        return {
            "ref": str(self.ref), "variant": self.variant, "fits": self.fits,
            "reasons": [reason.to_json() for reason in self.reasons],
            "changes": [change.to_json() for change in self.nearest], "predicted_ms": self.predicted_ms,
            "predicted_range_ms": None if self.predicted_range_ms is None else list(self.predicted_range_ms),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """The pack and variant to install, every verdict, and what decided (``why``, none of it blocking)."""

    row: PackRow
    variant: VariantRow
    verdicts: tuple[VariantVerdict, ...]
    why: tuple[Reason, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The record."""
        return {
            "decision": "choice", "ref": str(self.row.ref), "variant": self.variant.id,
            "why": [reason.to_json() for reason in self.why],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing that was asked for fits. ``nearest`` are single steps, easiest first, each of which is enough.

    A step is a tuple of changes because one obstacle seldom comes alone; `leads_to` says what it makes fit.
    """

    ref: PackRef
    verdicts: tuple[VariantVerdict, ...]
    nearest: tuple[tuple[Change, ...], ...] = ()

    @property
    def leads_to(self) -> tuple[str, ...]:
        """For every step of ``nearest``, the exact ref that it makes fit."""
        return tuple(self._goal(step) for step in self.nearest)

    def _goal(self, step: tuple[Change, ...]) -> str:
        named = [str(change.value) for change in step if change.field == "ref"]
        fitting = [str(verdict.ref) for verdict in self.verdicts if verdict.nearest == step]
        return (named or fitting or [str(self.ref)])[0]

    def to_json(self) -> dict[str, object]:
        """The record."""
        return {
            "decision": "refusal", "ref": str(self.ref),
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "nearest": [[change.to_json() for change in step] for step in self.nearest],
            "leads_to": list(self.leads_to),
        }  # fmt: skip

    def to_error(self) -> DoesNotFit:
        """The error that a verb raises: the easiest step's facts on top, the whole record below ``decision``."""
        codes = sorted({reason.code for verdict in self.verdicts for reason in verdict.reasons if reason.blocks})
        step = self.nearest[0] if self.nearest else ()
        hint = f"DOES_NOT_FIT.{step[0].code}" if step else None
        facts = dict(step[0].data) if step else {}
        return DoesNotFit(hint=hint, ref=str(self.ref), reasons=codes, decision=self.to_json(), **facts)


def _plain(fact: Fact) -> object:
    return list(fact) if isinstance(fact, tuple) else fact
