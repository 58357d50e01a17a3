"""Recalls: what publishers last said of what is installed, and when to ask them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from qie_hub import atomic
from qie_hub.clock import from_text, to_text
from qie_hub.formats.index import PublisherIndex
from qie_hub.install import catalog
from qie_hub.install.installed import Installation, with_state
from qie_hub.install.site import Site
from qie_hub.trust.ledger import Ledger

EVERY = timedelta(hours=24)
RETRY = timedelta(hours=1)
"""After an attempt that did not get through, so that a traveller's every edit does not wait for a dead network."""


def judged(site: Site, installed: Sequence[Installation]) -> tuple[Installation, ...]:
    """Each installation with its state: revoked, yanked, superseded, listed, or None where nobody ever said."""
    indexes = {name: index for view in catalog.last_views(site) for name, index in view.indexes.items()}
    return tuple(with_state(item, _state(site, item, indexes.get(item.ref.publisher or ""))) for item in installed)


def _state(site: Site, item: Installation, index: PublisherIndex | None) -> str | None:
    revocations = Ledger(site.home).revocations(item.ref.publisher or "")
    verdict = "listed" if revocations is None else revocations.judge(item.ref)[0]
    if verdict != "listed":
        return verdict
    if index is None:
        return None
    newest = index.channels.get(item.ref.name, {}).get(item.channel or "")
    if newest is not None and item.ref.version is not None and newest > item.ref.version:
        return "superseded"
    return "listed"


def is_due(site: Site) -> bool:
    """Whether a day went by since the last refresh, and an hour since the last attempt. A clock set back is due."""
    now = site.clock.now()
    views = catalog.last_views(site)
    if not views or all(timedelta(0) <= now - view.checked < EVERY for view in views):
        return False
    try:
        tried = from_text(_file(site).read_text())
    except (OSError, ValueError):
        return True
    return not timedelta(0) <= now - tried < RETRY


def note_attempt(site: Site) -> None:
    """Remember that a refresh was tried now."""
    atomic.write(_file(site), to_text(site.clock.now()).encode())


def _file(site: Site) -> Path:
    return site.store.layout.derived / "refresh-tried"
