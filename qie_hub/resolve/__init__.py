"""Which pack and variant a device gets, and why: pure, from signed index rows alone.

Invariants:

* The same inputs give the same answer; nothing is probed or read here.
* Unknown is not zero: an unknown fact never rules a variant out, it is noted and ranks behind a known fit.
* The ranking does not look at memory or disk, so more of either never yields a pack that needs less.
* A refusal names, for every variant, the changes that together make it fit, and first the easiest step of all.

The order of a choice: version (named, or the channel's), then drop what cannot run, then rank

1. a pinned variant before others,
2. resolutions: the largest whose predicted edit time is under the tier's target; without a prediction 512, then
   smaller, then larger ones; if all are too slow, the smallest,
3. within a resolution: known fits before unknown ones, proved accelerators before the CPU, then the larger variant
   (quality) as long as its predicted time is under the tier's target, else the faster one.

A device that saves power, is hot, or is on a metered network gets one resolution less, and `Choice.why` says so.

Example::

    match resolve(index.packs, index.channels, PackRef.parse("acme/pro"), profile, policy):
        case Choice(row=row, variant=variant): ...
        case Refusal() as refusal: raise refusal.to_error()
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from qie_hub.errors import NotFound, Revoked
from qie_hub.formats.decision import Change, Choice, Refusal, VariantVerdict
from qie_hub.formats.device import DeviceProfile
from qie_hub.formats.index import DEFAULT_CHANNEL, PackRow
from qie_hub.packref import PackRef, Version
from qie_hub.resolve.fit import ResolvePolicy, accelerator_for, judge, memory_need
from qie_hub.resolve.rank import constraint, outrank, rank, settle

__all__ = ["ResolvePolicy", "accelerator_for", "alternatives", "constraint", "judge", "memory_need", "resolve"]


def resolve(
    rows: Sequence[PackRow],
    channels: Mapping[str, Mapping[str, Version]],
    ref: PackRef,
    profile: DeviceProfile,
    policy: ResolvePolicy,
) -> Choice | Refusal:
    """Choose exactly one row and variant for ``ref``, or refuse with reasons.

    Args:
        rows: what one publisher offers (index rows).
        channels: pack name -> channel -> version.
        ref: without version: its channel's, ``stable`` by default; without resolution: the best that fits.
        profile: the device.
        policy: see `ResolvePolicy`.

    Raises:
        NotFound: no such pack, version, channel or resolution; ``closest`` offers names.
        Revoked: the exactly named version is revoked.
    """
    offered = _select(rows, channels, ref, policy)
    candidates = [judge(row, variant, profile, policy) for row in offered for variant in row.variants]
    verdicts = tuple(item.verdict for item in candidates)
    fitting = sorted((item for item in candidates if item.verdict.fits), key=lambda item: rank(item, profile, policy))
    if not fitting:
        return Refusal(ref, verdicts, _steps(rows, ref, verdicts, profile, policy))
    winner, why = settle(fitting, ref, profile)
    return Choice(winner.row, winner.variant, tuple(outrank(item, winner) for item in candidates), why)


# -- which rows are meant ---------------------------------------------------------------------------------------


def _select(
    rows: Sequence[PackRow], channels: Mapping[str, Mapping[str, Version]], ref: PackRef, policy: ResolvePolicy
) -> list[PackRow]:
    mine = [row for row in rows if ref.publisher in (None, row.publisher)]
    named = [row for row in mine if row.name == ref.name]
    if not named:
        raise _missing(ref, {row.name for row in mine}, ref.name)
    sized = [row for row in named if ref.resolution in (None, row.resolution)]
    if not sized:
        raise _missing(ref, {str(row.ref.unversioned) for row in named}, str(ref.unversioned))
    version = ref.version or _channel_version(sized, channels.get(ref.name), ref, policy)
    chosen = [row for row in sized if row.version == version]
    if not chosen:
        raise _missing(ref, {str(row.ref) for row in sized}, f"{sized[0].ref.unversioned}@{version}")
    _refuse_revoked(chosen, policy)
    return chosen


def _channel_version(
    rows: Sequence[PackRow], table: Mapping[str, Version] | None, ref: PackRef, policy: ResolvePolicy
) -> Version:
    """The version that a channel names; a pack without channels gives its highest release that still stands."""
    if table is None and ref.channel is None:
        standing = [row for row in rows if row.ref not in policy.withdrawn] or list(rows)
        return max(standing, key=lambda row: row.release).version
    channel = ref.channel or DEFAULT_CHANNEL
    if table is None or channel not in table:
        names = {f"{rows[0].ref.unversioned}@{name}" for name in table or ()}
        raise _missing(ref, names, f"{rows[0].ref.unversioned}@{channel}")
    return table[channel]


def _refuse_revoked(rows: Sequence[PackRow], policy: ResolvePolicy) -> None:
    if all(policy.withdrawn.get(row.ref) == "revoked" for row in rows):
        raise Revoked(ref=str(rows[0].ref), successor=policy.successors.get(rows[0].ref))


def _missing(ref: PackRef, names: Iterable[str], word: str) -> NotFound:
    known = sorted(names)
    closest = difflib.get_close_matches(word, known, 3, 0.4) or known[:3]
    return NotFound(hint="NO_SUCH_PACK", ref=str(ref), closest=tuple(closest))


# -- what would help ---------------------------------------------------------------------------------------------

_EFFORT: Final = (
    "OTHER_PACK", "MORE_MEMORY", "MORE_DISK", "MORE_DEVICE_MEMORY", "PROVE", "INSTALL_PROVIDER", "OTHER_RUNTIME",
    "NEWER_CLIENT", "PIPELINE", "OTHER_CPU", "OTHER_OS", "OTHER_ARCH",
)  # fmt: skip
"""Changes from the easiest to the hardest."""

_Step: TypeAlias = tuple[Change, ...]


def _steps(
    rows: Sequence[PackRow],
    ref: PackRef,
    verdicts: Sequence[VariantVerdict],
    profile: DeviceProfile,
    policy: ResolvePolicy,
) -> tuple[_Step, ...]:
    """Every step that is enough, easiest first; empty only if all that is related is withdrawn."""
    others = [_switch(row) for row in alternatives(rows, ref, profile, policy)]
    own = {verdict.nearest for verdict in verdicts if _complete(verdict)}
    if others or own:
        return (*others, *sorted(own, key=_effort))
    both = {
        (*_switch(row), *verdict.nearest)
        for row in _related(rows, ref)
        for verdict in (judge(row, variant, profile, policy).verdict for variant in row.variants)
        if _complete(verdict)
    }
    return tuple(sorted(both, key=_effort))


def _switch(row: PackRow) -> _Step:
    return (Change("OTHER_PACK", "ref", str(row.ref)),)


def _complete(verdict: VariantVerdict) -> bool:
    return bool(verdict.nearest) and len(verdict.nearest) == sum(reason.blocks for reason in verdict.reasons)


def _effort(step: _Step) -> tuple[int, int, int, str]:
    hardest = max(_EFFORT.index(change.code) for change in step)
    return hardest, len(step), sum(change.by or 0 for change in step), str(step)


def alternatives(
    rows: Sequence[PackRow], ref: PackRef, profile: DeviceProfile, policy: ResolvePolicy
) -> tuple[PackRow, ...]:
    """At most three rows that do fit instead of ``ref``.

    First other resolutions and versions of the same pack, then packs of a tier with most of its abilities; of each
    the newest release.
    """
    fitting = [
        row
        for row in _related(rows, ref)
        if any(judge(row, variant, profile, policy).verdict.fits for variant in row.variants)
    ]
    newest = {(row.publisher, row.name, row.resolution): row for row in sorted(fitting, key=lambda row: row.release)}
    wanted = _abilities(rows, ref)

    def order(row: PackRow) -> tuple[bool, int, int]:
        return row.name != ref.name, -len(wanted & set(row.abilities)), -(row.resolution or 0)

    return tuple(sorted(newest.values(), key=order)[:3])


def _related(rows: Sequence[PackRow], ref: PackRef) -> list[PackRow]:
    mine = [row for row in rows if ref.publisher in (None, row.publisher)]
    wanted = _abilities(rows, ref)
    return [row for row in mine if row.name == ref.name or (row.tier and wanted & set(row.abilities))]


def _abilities(rows: Sequence[PackRow], ref: PackRef) -> set[str]:
    return {ability for row in rows if row.name == ref.name for ability in row.abilities}
