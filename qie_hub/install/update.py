"""The verb update: the same name, resolution and channel, at the version that the channel names now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qie_hub.errors import QieHubError
from qie_hub.events import Sink
from qie_hub.install.install import install
from qie_hub.install.installed import Installation, find, in_use
from qie_hub.install.plan import InstallRequest
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.transfer.control import Control


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What became of one pack: ``outcome`` is updated, current, pinned, exact (no channel to follow) or failed."""

    before: Installation
    outcome: str
    after: Installation | None = None
    error: QieHubError | None = None

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "ref": str(self.before.ref),
            "outcome": self.outcome,
            "after": None if self.after is None else str(self.after.ref),
            "error": None if self.error is None else self.error.to_json(),
        }


def update(site: Site, ref: PackRef | None, control: Control, sink: Sink) -> tuple[UpdateReport, ...]:
    """Update one pack, or all; one that fails does not stop the others.

    Raises:
        NotInstalled: ``ref`` names none.
        QieHubError: what stopped the only pack that was asked for.
    """
    chosen: Sequence[Installation] = in_use(site) if ref is None else (find(site, ref),)
    reports = tuple(_one(site, item, control, sink) for item in chosen)
    if ref is not None and reports[0].error is not None:
        raise reports[0].error
    return reports


def _one(site: Site, item: Installation, control: Control, sink: Sink) -> UpdateReport:
    if item.pinned:
        return UpdateReport(item, "pinned")
    if item.channel is None:
        return UpdateReport(item, "exact")
    asked = PackRef(item.ref.name, item.ref.publisher, item.ref.resolution, channel=item.channel)
    default = site.store.refs.default()
    try:
        after = install(site, InstallRequest(asked), control, sink)
    except QieHubError as error:
        return UpdateReport(item, "failed", error=error)
    if default is not None and default != after.ref.unversioned:
        site.store.refs.use(default)
    return UpdateReport(item, "current" if after.generation == item.generation else "updated", after)
