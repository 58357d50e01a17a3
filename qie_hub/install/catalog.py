"""What is on offer: which origin a ref means, its verified view, and the rows that a ref may choose from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qie_hub.errors import NotFound, TransferError, UsageError
from qie_hub.events import Sink, Warned
from qie_hub.formats.index import PackRow, Revocations
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.trust.origins import Origin, Origins
from qie_hub.trust.view import View, last_view


@dataclass(frozen=True, slots=True)
class Offer:
    """One publisher of one origin, as it was last verified."""

    origin: Origin
    view: View
    publisher: str

    @property
    def rows(self) -> tuple[PackRow, ...]:
        """Every pack version that the publisher offers."""
        return self.view.indexes[self.publisher].packs

    @property
    def revocations(self) -> Revocations:
        """What the publisher took back."""
        return self.view.revocations[self.publisher]


def refresh(site: Site, origin: Origin, sink: Sink) -> View:
    """Ask the origin and verify what it says.

    Raises:
        TrustError: what it says is not to be trusted.
        TransferError: it cannot be asked.
    """
    from qie_hub.trust import updater

    return updater.refresh(origin, site.home, site.transport(), site.clock, on_event=sink)


def refresh_all(site: Site, sink: Sink) -> tuple[View, ...]:
    """Refresh every origin; one that cannot be asked is reported and does not stop the others.

    Raises:
        TransferError: none could be asked; the last reason.
    """
    views: list[View] = []
    last: TransferError | None = None
    for origin in Origins(site.home).all():
        try:
            views.append(refresh(site, origin, sink))
        except TransferError as error:
            sink(Warned("ORIGIN_UNREACHABLE", {"origin": origin.name, "code": error.code}))
            last = error
    if not views and last is not None:
        raise last
    return tuple(views)


def select(site: Site, ref: PackRef) -> Origin:
    """The origin that a ref means: the one asked for, else its publisher's, else the default.

    Raises:
        NoOrigin: none is known.
        NotFound: no origin of that name, or none that speaks for the publisher.
    """
    origins = Origins(site.home)
    if site.origin is not None:
        return origins.get(site.origin)
    default = origins.default()
    if ref.publisher is None or ref.publisher in default.publishers:
        return default
    holder = origins.holder(ref.publisher)
    if holder is None:
        known = [publisher for origin in origins.all() for publisher in origin.publishers]
        raise NotFound(what="publisher", name=ref.publisher, closest=known)
    return holder


def offer(view: View, ref: PackRef) -> Offer:
    """The publisher of a view that a ref means.

    Raises:
        UsageError: several publishers offer a pack of that name.
        NotFound: the view has no such publisher.
    """
    if ref.publisher is not None:
        if ref.publisher not in view.indexes:
            raise NotFound(what="publisher", name=ref.publisher, closest=sorted(view.indexes))
        return Offer(view.origin, view, ref.publisher)
    having = [name for name, index in view.indexes.items() if any(row.name == ref.name for row in index.packs)]
    if len(having) > 1:
        raise UsageError(hint="SEVERAL_PACKS", ref=str(ref), several=[f"{name}/{ref}" for name in sorted(having)])
    publishers = having or sorted(view.indexes)
    if not publishers:
        raise NotFound(what="pack", name=str(ref), closest=())
    return Offer(view.origin, view, publishers[0])


def last_views(site: Site) -> tuple[View, ...]:
    """The last verified view of every origin that was ever refreshed; reads plain files only."""
    views = (last_view(origin, site.home, site.clock) for origin in Origins(site.home).all())
    return tuple(view for view in views if view is not None)


def available(views: Iterable[View]) -> tuple[PackRow, ...]:
    """Every pack version on offer that was not taken back."""
    rows = [
        row
        for view in views
        for publisher, index in view.indexes.items()
        for row in index.packs
        if view.revocations[publisher].judge(row.ref)[0] == "listed"
    ]
    return tuple(sorted(rows, key=lambda row: (str(row.ref.unversioned), row.version)))


def able(views: Sequence[View], abilities: frozenset[str]) -> tuple[PackRef, ...]:
    """The packs on offer that sign up to all of ``abilities``, one ref each, without version."""
    fitting = [row.ref.unversioned for row in available(views) if abilities <= set(row.abilities)]
    return tuple(dict.fromkeys(fitting))


def tiers_for(views: Sequence[View], abilities: frozenset[str]) -> tuple[str, ...]:
    """The tiers that publishers announce for ``abilities``, whether or not a pack of them exists yet."""
    names = [
        tier.name
        for view in views
        for index in view.indexes.values()
        for tier in index.tiers.values()
        if abilities <= set(tier.abilities)
    ]
    return tuple(dict.fromkeys(names))
