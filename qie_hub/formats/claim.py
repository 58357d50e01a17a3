"""What a process says about itself when it holds a generation or works on a pack, and how far its work is.

Local, unsigned and short-lived. A claim is written once; its heartbeat is the file's modification time, set from the
injected clock, so that beating costs no write. docs/format.md section 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues

SCHEMA: Final = 1
WORK_BYTES: Final = 512
"""Every work document is padded with spaces to this length, so that writing it in place never leaves a tail."""


@dataclass(frozen=True, slots=True)
class Process:
    """Which process: enough to tell it from a later one with the same number. Unknown is None.

    ``start`` is the start time in kernel ticks since boot, ``boot`` the boot's id, ``space`` the id of the pid name
    space (a number means nothing in another container), ``host`` the machine's name.
    """

    pid: int
    start: int | None
    boot: str | None
    space: int | None
    host: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A process's claim. ``nonce`` tells two claims of one process apart; ``purpose`` is for people."""

    process: Process
    nonce: str
    purpose: str
    since: str

    def to_bytes(self) -> bytes:
        """The bytes of the claim file."""
        return canonical.dumps(
            {
                "schema": SCHEMA, "pid": self.process.pid, "start": self.process.start, "boot": self.process.boot,
                "space": self.process.space, "host": self.process.host, "nonce": self.nonce,
                "purpose": self.purpose, "since": self.since,
            }
        )  # fmt: skip

    @classmethod
    def from_bytes(cls, data: bytes) -> Claim:
        """Read a claim.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("claim")
        fields = Fields(canonical.loads(data, what="claim", limit=1 << 16), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        process = Process(
            pid=fields.integer("pid", low=1),
            start=fields.optional("start", lambda key: fields.integer(key, high=(1 << 63) - 1)),
            boot=fields.optional("boot", lambda key: fields.text(key, limit=64)),
            space=fields.optional("space", lambda key: fields.integer(key, high=(1 << 63) - 1)),
            host=fields.text("host", limit=255),
        )
        claim = cls(process, fields.text("nonce", limit=64), fields.text("purpose", limit=200), fields.moment("since"))
        issues.raise_any()
        return claim


@dataclass(frozen=True, slots=True)
class Work:
    """How far a writer is: the step's name, verified bytes and their total."""

    step: str
    verified: int
    total: int

    def to_bytes(self) -> bytes:
        """The bytes of the work file: always `WORK_BYTES`."""
        document = {"schema": SCHEMA, "step": self.step, "verified": self.verified, "total": self.total}
        return canonical.dumps(document).ljust(WORK_BYTES)

    @classmethod
    def from_bytes(cls, data: bytes) -> Work:
        """Read a work document.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("work")
        fields = Fields(canonical.loads(data, what="work", limit=WORK_BYTES), issues)
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        work = cls(fields.text("step", limit=32), fields.integer("verified"), fields.integer("total"))
        issues.raise_any()
        return work
