"""What is installed: receipts and refs, read only. Needs no network, no trust machinery and no numpy."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from qie_hub.errors import FormatError, NotInstalled, UsageError
from qie_hub.formats.manifest import Manifest
from qie_hub.formats.receipt import Receipt, RefState
from qie_hub.install.site import Site
from qie_hub.packref import PackRef


@dataclass(frozen=True, slots=True)
class Installation:
    """One installed generation, as ``list`` shows it. ``size`` counts its files in bytes, shared ones too."""

    ref: PackRef
    generation: int
    current: bool
    default: bool
    pinned: bool
    channel: str | None
    origin: str
    variant: str
    tier: str | None
    title: Mapping[str, str]
    abilities: tuple[str, ...]
    pipeline: str
    release: int
    size: int
    path: Path
    installed: str
    freshness: str
    canary: str
    state: str | None = None

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "ref": str(self.ref),
            "generation": self.generation,
            "current": self.current,
            "default": self.default,
            "pinned": self.pinned,
            "channel": self.channel,
            "origin": self.origin,
            "variant": self.variant,
            "tier": self.tier,
            "title": dict(self.title),
            "abilities": list(self.abilities),
            "pipeline": self.pipeline,
            "release": self.release,
            "size": self.size,
            "path": str(self.path),
            "installed": self.installed,
            "freshness": self.freshness,
            "canary": self.canary,
            "state": self.state,
        }


def everything(site: Site) -> tuple[Installation, ...]:
    """Every generation that is on this device; the one in use first among its pack's."""
    states = site.store.refs.everything()
    default = site.store.refs.default()
    found = [describe(site, receipt, states, default) for receipt in site.store.generations.installed()]
    return tuple(sorted(found, key=lambda item: (str(item.ref.unversioned), not item.current, -item.generation)))


def in_use(site: Site) -> tuple[Installation, ...]:
    """The generation in use of every pack, the default pack first, then the newest installed first."""
    found = [item for item in everything(site) if item.current]
    found.sort(key=lambda item: item.installed, reverse=True)
    found.sort(key=lambda item: not item.default)
    return tuple(found)


def stated(site: Site, item: Installation) -> Manifest | None:
    """What the publisher says of an installed generation, to be shown and not to be trusted (`admit` proves it).

    None where the document cannot be read.
    """
    try:
        data = (site.store.layout.proof(item.ref, item.generation) / "pack.json").read_bytes()
        return Manifest.from_bytes(data)
    except (OSError, FormatError):
        return None


def components(site: Site, manifest: Manifest) -> tuple[Installation, ...]:
    """The installed components that a pack's manifest lists: one each, its own publisher's before another's."""
    if not manifest.optional:
        return ()
    offered = sorted(in_use(site), key=lambda item: item.ref.publisher != manifest.publisher)
    chosen: list[Installation] = []
    for text in manifest.optional:
        asked = PackRef.parse(text)
        chosen += [item for item in offered if matches(item.ref, asked)][:1]
    return tuple(chosen)


def find(site: Site, ref: PackRef) -> Installation:
    """The installation in use that ``ref`` names: publisher and resolution may be left out, a version may be given.

    Raises:
        NotInstalled: none matches; ``closest`` offers names.
        UsageError: several packs match.
    """
    installed = everything(site) if ref.version is not None else in_use(site)
    matching = [item for item in installed if matches(item.ref, ref)]
    packs = {item.ref.unversioned for item in matching}
    if len(packs) > 1:
        preferred = [item for item in matching if item.default]
        if len(preferred) == 1:
            return preferred[0]
        raise UsageError(hint="SEVERAL_PACKS", ref=str(ref), several=sorted(str(item) for item in packs))
    if not matching:
        names = [str(item.ref.unversioned) for item in installed]
        short = [name.partition("/")[2] for name in names]
        closest = difflib.get_close_matches(str(ref.unversioned), [*names, *short], n=3, cutoff=0.4)
        raise NotInstalled(ref=str(ref), closest=closest)
    return matching[0]


def matches(exact: PackRef, asked: PackRef) -> bool:
    """Whether the exact ref of an installation is one that ``asked`` could mean."""
    return (
        asked.name == exact.name
        and asked.publisher in (None, exact.publisher)
        and asked.resolution in (None, exact.resolution)
        and asked.version in (None, exact.version)
    )


def describe(
    site: Site, receipt: Receipt, states: Mapping[PackRef, RefState | None], default: PackRef | None
) -> Installation:
    """Join a receipt with its pack's ref."""
    pack = receipt.ref.unversioned
    state = states.get(pack) or RefState()
    current = state.current == receipt.generation
    return Installation(
        ref=receipt.ref,
        generation=receipt.generation,
        current=current,
        default=current and pack == default,
        pinned=state.pinned,
        channel=state.channel,
        origin=receipt.origin,
        variant=receipt.variant,
        tier=receipt.tier,
        title=receipt.title,
        abilities=receipt.abilities,
        pipeline=receipt.pipeline,
        release=receipt.release,
        size=receipt.size,
        path=site.store.layout.files(receipt.ref, receipt.generation),
        installed=receipt.installed,
        freshness=receipt.freshness,
        canary=receipt.canary,
    )


def with_state(item: Installation, state: str | None) -> Installation:
    """The same installation, judged: listed, superseded, yanked, revoked, or None while unknown."""
    return replace(item, state=state)
