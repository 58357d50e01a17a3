"""What the publisher says today about a pack that is installed; pure, but for the ledger that is read.

Judged after each refresh and before each run, from plain files: no tuf, no network.

* ``listed``: still on offer, and the newest on its channel;
* ``superseded``: a newer one is on offer;
* ``yanked``: no new installs; it runs on, with a warning;
* ``revoked``: it must not run; the successor, if any, is named;
* ``unknown``: no origin speaks for its publisher, or none ever said a word about it. It runs on: only a signed
  revocation stops a pack.

Example::

    judge(receipt.ref, "stable", view=last_view(origin, home, clock), known=Ledger(home).revocations("acme"))
    # Verdict(ref=..., standing=Standing.REVOKED, reason='leaks memory', successor='acme/pro:512@1.0.1')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from qie_hub.errors import Revoked
from qie_hub.formats.index import DEFAULT_CHANNEL, PackRow, PublisherIndex, Revocations
from qie_hub.packref import PackRef
from qie_hub.trust.ledger import Ledger
from qie_hub.trust.view import View


class Standing(StrEnum):
    """The five answers."""

    LISTED = "listed"
    SUPERSEDED = "superseded"
    YANKED = "yanked"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A pack and where it stands. ``reason`` is the publisher's; ``successor`` what to install instead, if anything."""

    ref: PackRef
    standing: Standing
    reason: str | None = None
    successor: str | None = None

    def refuse(self) -> None:
        """Stop a pack that must not run.

        Raises:
            Revoked: it is revoked.
        """
        if self.standing is Standing.REVOKED:
            hint = "REVOKED_SUCCESSOR" if self.successor else "TRUST_REVOKED"
            raise Revoked(hint=hint, ref=str(self.ref), reason=self.reason, successor=self.successor)


def judge(ref: PackRef, channel: str | None, *, view: View | None, known: Revocations | None) -> Verdict:
    """Judge an exact ref by the last view of its origin and by the revocations in the ledger.

    ``channel`` is the one that the pack is followed on, None for one that was installed by its version.
    """
    publisher = str(ref.publisher)
    revocations = [item for item in (known, None if view is None else view.revocations.get(publisher)) if item]
    withdrawn = [item.judge(ref) for item in revocations]
    for kind in (Standing.REVOKED, Standing.YANKED):
        for verdict, why in withdrawn:
            if verdict == kind and why is not None:
                return Verdict(ref, kind, why.reason, why.successor)
    index = None if view is None else view.indexes.get(publisher)
    return Verdict(ref, Standing.UNKNOWN) if index is None else _by_index(ref, channel or DEFAULT_CHANNEL, index)


def judge_all(packs: Mapping[PackRef, str | None], views: Iterable[View], ledger: Ledger) -> tuple[Verdict, ...]:
    """Judge every installed pack (exact ref to channel) by the views of all origins."""
    by_publisher = {publisher: view for view in views for publisher in view.origin.publishers}
    return tuple(
        judge(ref, channel, view=by_publisher.get(str(ref.publisher)), known=ledger.revocations(str(ref.publisher)))
        for ref, channel in packs.items()
    )


def newest(ref: PackRef, channel: str, index: PublisherIndex) -> PackRow | None:
    """The row that the channel names for this pack and resolution, None if it names none."""
    version = index.channels.get(ref.name, {}).get(channel)
    rows = [row for row in index.packs if (row.name, row.resolution) == (ref.name, ref.resolution)]
    return next((row for row in rows if row.version == version), None)


def _by_index(ref: PackRef, channel: str, index: PublisherIndex) -> Verdict:
    row = newest(ref, channel, index)
    if row is not None and row.version != ref.version:
        return Verdict(ref, Standing.SUPERSEDED, successor=str(row.ref))
    listed = any(known.ref == ref for known in index.packs)
    return Verdict(ref, Standing.LISTED if listed else Standing.UNKNOWN)
