"""Budgets: what a tier allows, and what the edit engine itself weighs on a disk.

Tiers come from ``manifests/tiers.toml``; the engine's size is measured, not declared: the files of every installed
distribution that ``qie-hub[edit]`` needs, as pip recorded them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from qie_hub.errors import BudgetExceeded, NotFound, PublishError
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.index import Tier
from qie_hub.formats.manifest import Manifest

MANIFESTS: Final = Path(__file__).parent.parent / "manifests"
TIERS_FILE: Final = MANIFESTS / "tiers.toml"
ENGINE: Final = "qie-hub[edit]"


def load_tiers(path: Path = TIERS_FILE) -> dict[str, Tier]:
    """Read the tiers.

    Raises:
        PublishError: hint BAD_RECIPE with every issue.
    """
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PublishError(hint="BAD_RECIPE", issues=[str(error)]) from None
    issues = Issues("tiers")
    tiers = Fields(value, issues).table("tiers", lambda inner, name: Tier.read(inner.inner(name), name))
    if issues.found:
        raise PublishError(hint="BAD_RECIPE", issues=issues.found)
    return tiers


def check(manifest: Manifest, tiers: Mapping[str, Tier], engine: int) -> None:
    """Hold a manifest against its tier; components have none and are not bounded.

    Raises:
        BudgetExceeded: the pack plus the engine is too large, or an edit needs too much memory.
        PublishError: hint TIER_ABILITIES; the pack claims what its tier does not.
        NotFound: the tier is not in the table.
    """
    if manifest.tier is None:
        return
    tier = tiers.get(manifest.tier)
    if tier is None:
        raise NotFound(hint="NOT_AMONG", what="tier", name=manifest.tier, closest=sorted(tiers))
    beyond = sorted(set(manifest.abilities) - set(tier.abilities))
    if beyond:
        raise PublishError(hint="TIER_ABILITIES", ref=str(manifest.ref), tier=tier.name, abilities=beyond)
    for variant in manifest.variants:
        size = engine + sum(file.size for file in manifest.files_of(variant))
        _bound(manifest, "bytes", size, tier.max_bytes)
        _bound(manifest, "ram", variant.peak_ram, tier.max_ram)


def slow_variants(manifest: Manifest, tiers: Mapping[str, Tier]) -> dict[str, int]:
    """Variants whose edit takes longer on the reference device than their tier aims at, in milliseconds by id.

    Said and not refused: the builder's machine may have been busy, and a clock is no proof.
    """
    tier = tiers.get(manifest.tier or "")
    if tier is None:
        return {}
    return {item.id: item.edit_ms for item in manifest.variants if item.edit_ms and item.edit_ms > tier.edit_ms}


def _bound(manifest: Manifest, what: str, measured: int, allowed: int) -> None:
    if measured > allowed:
        raise BudgetExceeded(ref=str(manifest.ref), tier=manifest.tier, budget=what, measured=measured, allowed=allowed)


def engine_size(requirement: str = ENGINE) -> int:
    """Return the installed bytes of a distribution with everything that it needs.

    Raises:
        NotFound: a needed distribution is not installed, so the sum would be too small.
    """
    return sum(_installed(name) for name in _closure(Requirement(requirement)))


def _closure(wanted: Requirement) -> set[str]:
    seen: set[tuple[str, str]] = set()
    waiting = [wanted]
    while waiting:
        current = waiting.pop()
        name = canonicalize_name(current.name)
        for extra in {"", *current.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _needs(name, extra)
    return {name for name, _ in seen}


def _needs(name: str, extra: str) -> Iterator[Requirement]:
    for text in _distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def _installed(name: str) -> int:
    paths = (Path(str(file.locate())) for file in _distribution(name).files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def _distribution(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise NotFound(what="distribution", name=name, closest=()) from None
