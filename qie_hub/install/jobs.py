"""Jobs that outlive their process: what was asked for, so that the next process finds it paused.

One small file per pack below ``<home>/jobs/``, written when an install begins and removed when it ended, was
cancelled, or was refused for good. How far it got is not here: that is what `partial/` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qie_hub import atomic
from qie_hub.clock import to_text
from qie_hub.errors import FormatError
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.install.site import Site
from qie_hub.packref import PackRef

FOLDER = "jobs"


@dataclass(frozen=True, slots=True)
class PausedJob:
    """An install that a process began and did not end."""

    ref: PackRef
    policy: str
    accept: tuple[str, ...]
    since: str

    def to_json(self) -> dict[str, object]:
        """Plain JSON values; also what the file holds."""
        return {"ref": str(self.ref), "policy": self.policy, "accept": list(self.accept), "since": self.since}


def note(site: Site, ref: PackRef, policy: str, accept: Sequence[str]) -> None:
    """Remember an install that begins."""
    job = PausedJob(ref, policy, tuple(accept), to_text(site.clock.now()))
    atomic.write(_file(site, ref), canonical.dumps(job.to_json()))


def forget(site: Site, ref: PackRef) -> None:
    """An install ended, was cancelled or refused."""
    _file(site, ref).unlink(missing_ok=True)


def everything(site: Site) -> tuple[PausedJob, ...]:
    """What was begun and not ended, by name; a file that cannot be read is left out."""
    found = []
    for path in sorted((site.home / FOLDER).glob("*.json")):
        try:
            found.append(_read(path.read_bytes()))
        except (OSError, FormatError):
            continue
    return tuple(found)


def _read(data: bytes) -> PausedJob:
    issues = Issues("job")
    fields = Fields(canonical.loads(data, what="job"), issues)
    job = PausedJob(
        ref=fields.parsed("ref", PackRef.parse, PackRef("invalid")),
        policy=fields.text("policy", limit=32),
        accept=fields.texts("accept"),
        since=fields.moment("since"),
    )
    issues.raise_any()
    return job


def _file(site: Site, ref: PackRef) -> Path:
    name = str(ref).replace("/", "+").replace(":", "-")
    return site.home / FOLDER / f"{name}.json"
