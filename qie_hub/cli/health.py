"""What a doctor looks at: the home, the engine, the origins, the packs, the plugins, the log.

Each check answers with a message key and facts and none of them raises. Nothing is changed but what a refresh learns.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from qie_hub.errors import QieHubError, TransferError
from qie_hub.messages import has
from qie_hub.trust.freshness import Freshness

if TYPE_CHECKING:
    from qie_hub.clock import Clock
    from qie_hub.hub import Hub
    from qie_hub.trust.origins import Origin
    from qie_hub.trust.view import View

LOW_DISK: Final = 500_000_000
"""Bytes below which an installation of the smallest tier is in doubt (its budget in manifests/tiers.toml)."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: ``verdict`` is ok, look (works, but) or bad; ``key`` and ``next`` are message keys."""

    key: str
    verdict: str = "ok"
    next: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


def examine(hub: Hub) -> tuple[Check, ...]:
    """Look at everything."""
    looks: tuple[Callable[[Hub], Iterator[Check]], ...] = (_home, _engine, _origins, _packs, _plugins)
    found: list[Check] = []
    for look in looks:
        try:
            found += look(hub)
        except QieHubError as error:
            found.append(_failure(error))
    return tuple(found)


def _failure(error: QieHubError) -> Check:
    """An error as a finding: its own sentence and hint."""
    key = error.hint if has(error.hint) else error.code
    following = next((name for name in (f"HINT.{error.hint}", f"HINT.{error.code}") if has(name)), None)
    return Check(key, "bad", following, dict(error.data))


def _home(hub: Hub) -> Iterator[Check]:
    home = hub.settings.home
    if not home.is_dir():
        yield Check("DOCTOR.no_home", data={"home": str(home)})
        return
    if not os.access(home, os.W_OK):
        yield Check("DOCTOR.read_only", "bad", "HINT.READ_ONLY_HOME", {"home": str(home)})
    free = hub.device().disk_free
    low = free is not None and free < LOW_DISK
    yield Check("DOCTOR.disk", "look" if low else "ok", "DOCTOR.disk_next" if low else None, {"free": free})


def _engine(hub: Hub) -> Iterator[Check]:
    profile = hub.device()
    if profile.onnxruntime_version is None:
        yield Check("DOCTOR.no_engine", "look", "DOCTOR.no_engine_next")
        return
    yield Check("DOCTOR.engine", data={"version": profile.onnxruntime_version, "providers": profile.providers or ()})
    for name, proof in profile.proofs.items():
        if not proof.proved and proof.outcome != "absent":
            yield Check("DOCTOR.provider", "look", None, {"name": name, "outcome": proof.outcome})
    for warning in profile.warnings:
        data = {"probe": warning.probe, "detail": warning.detail}
        yield Check(f"PROBE.{warning.problem}", "look", None, data)


def _origins(hub: Hub) -> Iterator[Check]:
    origins = hub.origins()
    if not origins:
        yield Check("ORIGIN.none", "look", "HINT.NO_ORIGIN")
        return
    if hub.settings.offline:
        yield from (Check("DOCTOR.origin_offline", data={"name": item.name, "url": item.url}) for item in origins)
        return
    for origin in origins:
        yield from _mirrors(origin, hub.clock)
    answered = {view.origin.name: view for view in _refreshed(hub)}
    for origin in origins:
        view, data = answered.get(origin.name), {"name": origin.name, "url": origin.url}
        if view is None:
            yield Check("DOCTOR.origin_silent", "look", None, data)
        elif view.freshness is not Freshness.FRESH:
            yield Check("DOCTOR.origin_old", "look", None, {**data, "freshness": view.freshness.value})
        else:
            yield Check("DOCTOR.origin", data=data)


def _mirrors(origin: Origin, clock: Clock) -> Iterator[Check]:
    """What stands between this device and each URL of an origin; never bad, because what is installed works without."""
    from qie_hub.transfer import doctor
    from qie_hub.transfer.client import open_transport

    with closing(open_transport(clock)) as transport:
        for base in origin.bases:
            for finding in doctor.examine(base, transport, clock):
                hint = f"HINT.{finding.key}"
                following = hint if finding.verdict != "ok" and has(hint) else None
                yield Check(finding.key, "ok" if finding.verdict == "ok" else "look", following, dict(finding.data))


def _refreshed(hub: Hub) -> tuple[View, ...]:
    try:
        return hub.refresh()
    except TransferError:
        return ()  # nobody answered: each origin is reported as silent


def _packs(hub: Hub) -> Iterator[Check]:
    installed = [item for item in hub.installed() if item.current]
    if not installed:
        yield Check("LIST.empty", "look", "LIST.empty_next")
    for item in installed:
        if item.state == "revoked":
            yield Check("DOCTOR.revoked", "bad", "DOCTOR.revoked_next", {"ref": str(item.ref)})
    for report in hub.verify():
        data = {"ref": str(report.ref), "number": report.generation, "count": len(report.problems)}
        if report.ok:
            yield Check("DOCTOR.pack", data=data)
        else:
            yield Check("DOCTOR.pack_bad", "bad", "DOCTOR.pack_next", data)


def _plugins(hub: Hub) -> Iterator[Check]:
    for info in hub.plugins.infos():
        if info.state == "broken":
            yield Check("PLUGINS.broken", "look", None, {"name": info.name, "error": info.error})
