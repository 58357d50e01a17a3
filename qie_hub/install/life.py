"""The small verbs on what is installed: use, pin, rollback, remove. Each is one atomic change of one ref."""

from __future__ import annotations

from qie_hub.errors import NotInstalled
from qie_hub.install.admit import admit
from qie_hub.install.installed import Installation, describe, everything, find
from qie_hub.install.site import Site
from qie_hub.packref import PackRef
from qie_hub.store import disk, gc
from qie_hub.store.gc import GcReport


def use(site: Site, ref: PackRef) -> Installation:
    """Make a pack the one that ``run`` uses.

    Raises:
        NotInstalled: it is not installed.
        TrustError, Tampered: it may not run.
    """
    chosen = find(site, ref)
    admit(site, chosen.ref, chosen.generation)
    with disk.translated(site.home):
        if not chosen.current:
            site.store.refs.activate(chosen.ref, chosen.generation)
        site.store.refs.use(chosen.ref)
    return again(site, chosen.ref, chosen.generation)


def rollback(site: Site, ref: PackRef) -> Installation:
    """Go back to the generation used before, if it may run.

    Raises:
        NotFound: there is none before.
        Pinned: the pack is pinned.
        TrustError, Tampered: the one before may not run; nothing changes.
    """
    chosen = find(site, ref)
    state = site.store.refs.state(chosen.ref)
    if state.previous is not None and not state.pinned:
        admit(site, chosen.ref, state.previous)
    with disk.translated(site.home):
        state = site.store.refs.rollback(chosen.ref)
    return again(site, chosen.ref, state.current)


def pin(site: Site, ref: PackRef) -> Installation:
    """Keep a pack at its generation.

    Raises:
        NotInstalled: it is not installed.
    """
    chosen = find(site, ref)
    with disk.translated(site.home):
        site.store.refs.pin(chosen.ref)
    return again(site, chosen.ref, chosen.generation)


def unpin(site: Site, ref: PackRef) -> Installation:
    """Undo `pin`.

    Raises:
        NotInstalled: it is not installed.
    """
    chosen = find(site, ref)
    with disk.translated(site.home):
        site.store.refs.unpin(chosen.ref)
    return again(site, chosen.ref, chosen.generation)


def remove(site: Site, ref: PackRef) -> tuple[Installation, GcReport]:
    """Remove a pack with all its generations. If it was the default, the newest of the others becomes it.

    Raises:
        NotInstalled: it is not installed.
        Pinned, Busy: it stays.
    """
    chosen = find(site, ref)
    report = gc.remove(site.store, chosen.ref)
    if chosen.default:
        left = [item for item in everything(site) if item.current]
        if left:
            site.store.refs.use(max(left, key=lambda item: item.installed).ref)
    return chosen, report


def again(site: Site, ref: PackRef, number: int | None) -> Installation:
    """Read one installation afresh.

    Raises:
        NotInstalled: it is gone.
    """
    if number is None:
        raise NotInstalled(ref=str(ref), closest=())
    receipt = site.store.generations.receipt(ref, number)
    return describe(site, receipt, site.store.refs.everything(), site.store.refs.default())
