"""Recalls: what publishers last said of what is installed, and when to ask them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from qie_hub import atomic
from qie_hub.clock import from_text, to_text
from qie_hub.install import catalog
from qie_hub.install.installed import Installation, with_state
from qie_hub.install.site import Site
from qie_hub.trust import recall
from qie_hub.trust.ledger import Ledger
from qie_hub.trust.recall import Standing

EVERY = timedelta(hours=24)
RETRY = timedelta(hours=1)
"""After an attempt that did not get through, so that a traveller's every edit does not wait for a dead network."""


def judged(site: Site, installed: Sequence[Installation]) -> tuple[Installation, ...]:
    """Each installation with its standing: listed, superseded, yanked, revoked, or None where nobody ever said."""
    packs = {item.ref: item.channel for item in installed}
    verdicts = recall.judge_all(packs, catalog.last_views(site), Ledger(site.home))
    standing = {verdict.ref: verdict.standing for verdict in verdicts}
    return tuple(with_state(item, _word(standing[item.ref])) for item in installed)


def _word(standing: Standing) -> str | None:
    return None if standing is Standing.UNKNOWN else standing.value


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
