"""Carry out the changes that a refusal names, to see whether they were enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from packaging.specifiers import SpecifierSet

from qie_hub.formats.decision import Change
from qie_hub.formats.device import Accelerator, DeviceProfile, ProviderProof
from qie_hub.formats.index import PackRow
from qie_hub.packref import PackRef
from qie_hub.resolve import ResolvePolicy, accelerator_for

Case = tuple[PackRef, DeviceProfile, ResolvePolicy]


def carry_out(step: Sequence[Change], case: Case, rows: Sequence[PackRow]) -> Case:
    """Do every change of a step, a change of the pack first: the others are meant for the pack that was named."""
    for change in sorted(step, key=lambda item: item.code != "OTHER_PACK"):
        case = _carry_out(change, case, rows)
    return case


def _carry_out(change: Change, case: Case, rows: Sequence[PackRow]) -> Case:
    ref, device, policy = case
    value = change.value
    if change.field == "ref":
        return PackRef.parse(str(value)), device, policy
    if change.field == "client":
        return ref, device, replace(policy, client=_version(str(value)))
    if change.field == "pipelines":
        kind, api = str(value).split()
        return ref, device, replace(policy, pipelines={**(policy.pipelines or {}), kind: int(api)})
    if change.field == "proofs":
        return ref, replace(device, proofs={**device.proofs, str(value): ProviderProof("proved", "k")}), policy
    if change.field == "onnxruntime_version":
        return ref, replace(device, onnxruntime_version=_version(str(value))), policy
    if change.field == "accelerators":
        return ref, _more_device_memory(device, int(str(value)), rows), policy
    return ref, replace(device, **{change.field: value}), policy


def _more_device_memory(device: DeviceProfile, amount: int, rows: Sequence[PackRow]) -> DeviceProfile:
    """Give ``amount`` bytes of their own to the cards that any variant of the offer would run on."""
    providers = {variant.provider for row in rows for variant in row.variants}
    chosen = {id(accelerator_for(provider, device)) for provider in providers}
    cards = [_grow(card, amount) if id(card) in chosen else card for card in device.accelerators or ()]
    return replace(device, accelerators=tuple(cards))


def _grow(card: Accelerator, amount: int) -> Accelerator:
    return replace(card, total=max(card.total or 0, amount), free=max(card.free or 0, amount))


def _version(specifier: str) -> str:
    """Return some version that satisfies ``specifier``."""
    wanted = SpecifierSet(specifier)
    named = [item.version for item in wanted]
    return next(version for version in (*named, "99.0.0", "0.0.1") if wanted.contains(version))
