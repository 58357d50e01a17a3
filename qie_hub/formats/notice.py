"""What a process that edits says about the packs that it has loaded, for ``qie-hub ps`` in another process.

Local, unsigned and for people: nothing is decided by it. docs/format.md section 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from qie_hub.formats import canonical
from qie_hub.formats.claim import Claim
from qie_hub.formats.fields import Fields, Issues

LIMIT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LoadedNote:
    """One pack of that process, as `runtime.status.PackStatus` has it; unknown is None. Memory in bytes by stage."""

    pack: str
    generation: int
    variant: str
    state: str
    serving: bool
    kept: bool
    bytes: int
    held: int | None
    memory: Mapping[str, int | None]
    error: str | None

    @classmethod
    def read(cls, fields: Fields) -> LoadedNote:
        """Read one from a notice."""
        return cls(
            pack=fields.text("pack", limit=300),
            generation=fields.integer("generation"),
            variant=fields.text("variant", limit=100),
            state=fields.text("state", limit=32),
            serving=fields.truth("serving"),
            kept=fields.truth("kept"),
            bytes=fields.integer("bytes"),
            held=fields.optional("held", fields.integer),
            memory=fields.table("memory", lambda table, stage: table.optional(stage, table.integer)),
            error=fields.optional("error", lambda key: fields.text(key, limit=64)),
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """Who says it, and what is loaded there."""

    claim: Claim
    packs: tuple[LoadedNote, ...]

    def to_bytes(self) -> bytes:
        """The bytes of the notice file."""
        packs = [{**asdict(pack), "memory": dict(pack.memory)} for pack in self.packs]
        return canonical.dumps({"claim": canonical.loads(self.claim.to_bytes(), what="claim"), "packs": packs})

    @classmethod
    def from_bytes(cls, data: bytes) -> Notice:
        """Read a notice.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("notice")
        document = canonical.loads(data, what="notice", limit=LIMIT)
        fields = Fields(document, issues)
        packs = fields.items("packs", LoadedNote.read, limit=256)
        claim = Claim.from_bytes(canonical.dumps(fields.anything("claim")))
        issues.raise_any()
        return cls(claim, packs)
