"""Which of the variants that fit, and why. Pure.

The ranking never looks at memory or disk that is there, only at what a variant needs: so the best of a larger set is
never one that needs less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from qie_hub.formats.decision import Reason, VariantVerdict
from qie_hub.formats.device import DeviceProfile
from qie_hub.packref import PackRef
from qie_hub.resolve.fit import CPU, Candidate, ResolvePolicy, memory_need, provider_of

DEFAULT_RESOLUTION: Final = 512
"""Taken where no edit time is predicted: 1024 px costs four times the time and the memory of activations."""

LOW_BATTERY: Final = 200
"""Permille under which a device that is not charging counts as constrained (the 20 % of phones' own savers)."""


def rank(item: Candidate, profile: DeviceProfile, policy: ResolvePolicy) -> tuple[object, ...]:
    """Sort key: the best first. See the package's docstring for the order."""
    predicted, target = item.verdict.predicted_ms, item.target_ms
    slow = predicted is not None and target is not None and predicted > target
    provider = provider_of(item.variant)
    accelerated = provider != CPU and provider in profile.proved
    return (
        item.variant.id != policy.variant,
        *_resolution_rank(item),
        any(reason.code.endswith("_UNKNOWN") for reason in item.verdict.reasons),
        not accelerated,
        predicted if slow and predicted is not None else 0,
        -memory_need(item.variant),
        item.variant.id,
    )


def _resolution_rank(item: Candidate) -> tuple[int, int]:
    """First the largest under the target; then, unpredicted, 512, smaller, larger; then, too slow, the smallest."""
    size, predicted, target = item.row.resolution or 0, item.verdict.predicted_ms, item.target_ms
    if predicted is None or target is None:
        return (1, DEFAULT_RESOLUTION - size if size <= DEFAULT_RESOLUTION else size)
    return (0, -size) if predicted <= target else (2, size)


def constraint(profile: DeviceProfile) -> Reason | None:
    """Why this device should work less than it could, or None."""
    if profile.power_saver:
        return Reason("POWER_SAVER", "power_saver", blocks=False)
    if profile.thermal in ("serious", "critical"):
        return Reason("HOT", "thermal", have=profile.thermal, blocks=False)
    if profile.battery is not None and profile.battery < LOW_BATTERY and profile.charging is False:
        return Reason("LOW_BATTERY", "battery", have=profile.battery, need=LOW_BATTERY, blocks=False)
    if profile.metered:
        return Reason("METERED", "metered", blocks=False)
    return None


def settle(fitting: Sequence[Candidate], ref: PackRef, profile: DeviceProfile) -> tuple[Candidate, tuple[Reason, ...]]:
    """Take the best of ``fitting`` (sorted by `rank`), one resolution less on a constrained device, and say why."""
    best = fitting[0]
    if ref.resolution is not None or best.row.resolution is None:
        return best, ()
    why: tuple[Reason, ...] = (_why_resolution(best),)
    limit = constraint(profile)
    smaller = [item for item in fitting if (item.row.resolution or 0) < best.row.resolution]
    if limit is None or not smaller:
        return best, why
    size = max(item.row.resolution or 0 for item in smaller)
    chosen = next(item for item in smaller if item.row.resolution == size)
    return chosen, (replace(limit, have=size, need=best.row.resolution),)


def _why_resolution(best: Candidate) -> Reason:
    predicted, target = best.verdict.predicted_ms, best.target_ms
    if predicted is None or target is None:
        return Reason("NO_PREDICTION", "resolution", have=best.row.resolution, blocks=False)
    code = "UNDER_TARGET" if predicted <= target else "OVER_TARGET"
    return Reason(code, "predicted_ms", have=predicted, need=target, blocks=False)


def outrank(item: Candidate, winner: Candidate) -> VariantVerdict:
    """The verdict of ``item``, with a note on what it lost to if it fits."""
    if item is winner or not item.verdict.fits:
        return item.verdict
    note = Reason("OUTRANKED", "variant", have=str(winner.row.ref), need=winner.variant.id, blocks=False)
    return replace(item.verdict, reasons=(*item.verdict.reasons, note))
