"""What a variant needs against what a device has: findings, each with the smallest change that removes it. Pure.

Invariants: unknown never blocks, it is noted; every blocking reason except a withdrawal carries one `Change`.
A new requirement is one function here (and its field in `Requirements`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from qie_hub.formats.decision import Change, Reason, VariantVerdict
from qie_hub.formats.device import DRIVES, Accelerator, DeviceProfile
from qie_hub.formats.index import PackRow, VariantRow
from qie_hub.formats.speed import predict_variant, range_variant
from qie_hub.packref import PackRef

CPU: Final = "CPUExecutionProvider"


@dataclass(frozen=True, slots=True)
class ResolvePolicy:
    """What a choice depends on besides rows and device.

    Attributes:
        client: version of this qie_hub.
        pipelines: pipeline kind -> API version that this client can run; None: not checked (files only).
        withdrawn: exact refs -> "yanked" or "revoked".
        successors: exact ref -> what its publisher names instead.
        reclaimable_memory: bytes that our own loaded packs give back before a new one is loaded.
        reclaimable_disk: bytes that gc could free, or that the install reuses.
        predictions: (exact ref, variant id) -> milliseconds of one edit on this device, where better known than
            from the device's figures (measured edits).
        targets: tier -> signed target of one edit, in milliseconds.
        variant: pinned variant id: what is installed, or what was asked for.
    """

    client: str
    pipelines: Mapping[str, int] | None = None
    withdrawn: Mapping[PackRef, str] = field(default_factory=dict)
    successors: Mapping[PackRef, str] = field(default_factory=dict)
    reclaimable_memory: int = 0
    reclaimable_disk: int = 0
    predictions: Mapping[tuple[PackRef, str], int] = field(default_factory=dict)
    targets: Mapping[str, int] = field(default_factory=dict)
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant with its verdict and its tier's target."""

    row: PackRow
    variant: VariantRow
    verdict: VariantVerdict
    target_ms: int | None


_Finding: TypeAlias = tuple[Reason, Change | None]


def judge(row: PackRow, variant: VariantRow, profile: DeviceProfile, policy: ResolvePolicy) -> Candidate:
    """Hold one variant against a device."""
    findings = [
        *_withdrawn(row, policy),
        *_client(variant, policy),
        *_pipeline(row, variant, policy),
        *_platform(variant, profile),
        *_provider(variant, profile),
        *_runtime(variant, profile),
        *_memory(variant, profile, policy),
        *_disk(variant, profile, policy),
    ]
    reasons = tuple(reason for reason, _ in findings)
    changes = tuple(change for reason, change in findings if reason.blocks and change is not None)
    known = policy.predictions.get((row.ref, variant.id))
    predicted = known or predict_variant(variant, profile.figures)
    spread = range_variant(variant, profile.figures) if known is None else (known, known)
    fits = not any(reason.blocks for reason in reasons)
    verdict = VariantVerdict(row.ref, variant.id, fits, reasons, changes, predicted, spread)
    return Candidate(row, variant, verdict, policy.targets.get(row.tier or ""))


def _withdrawn(row: PackRow, policy: ResolvePolicy) -> Iterable[_Finding]:
    state = policy.withdrawn.get(row.ref)
    if state is not None:
        yield Reason(state.upper(), "ref", have=str(row.ref)), None


def _client(variant: VariantRow, policy: ResolvePolicy) -> Iterable[_Finding]:
    need = variant.requirements.client
    if need and not _satisfies(policy.client, need):
        yield Reason("CLIENT", "client", have=policy.client, need=need), Change("NEWER_CLIENT", "client", need)


def _pipeline(row: PackRow, variant: VariantRow, policy: ResolvePolicy) -> Iterable[_Finding]:
    """What edits (it has a tier) is not fetched for nothing; other packs may be meant for another runtime."""
    if policy.pipelines is None or not row.abilities:
        return
    have = policy.pipelines.get(variant.pipeline)
    if have == variant.pipeline_api:
        return
    need = f"{variant.pipeline} {variant.pipeline_api}"
    if have is None and row.tier is None:
        yield Reason("PIPELINE_ABSENT", "pipelines", need=need, blocks=False), None
        return
    found = None if have is None else f"{variant.pipeline} {have}"
    yield Reason("PIPELINE", "pipelines", have=found, need=need), Change("PIPELINE", "pipelines", need)


def _platform(variant: VariantRow, profile: DeviceProfile) -> Iterable[_Finding]:
    needs = variant.requirements
    if needs.os:
        yield from _one_of("OS", "os", profile.os, needs.os)
    if variant.architecture != "any":
        yield from _one_of("ARCH", "arch", profile.arch, (variant.architecture,))
    missing = tuple(sorted(set(needs.isa) - set(profile.isa or ())))
    if needs.isa and profile.isa is None:
        yield Reason("ISA_UNKNOWN", "isa", need=needs.isa, blocks=False), None
    elif missing:
        wanted = tuple(sorted({*(profile.isa or ()), *missing}))
        yield Reason("ISA", "isa", have=profile.isa_level, need=missing), Change("OTHER_CPU", "isa", wanted)


def _one_of(code: str, name: str, have: str | None, need: tuple[str, ...]) -> Iterable[_Finding]:
    if have is None:
        yield Reason(f"{code}_UNKNOWN", name, need=need, blocks=False), None
    elif have not in need:
        yield Reason(code, name, have=have, need=need), Change(f"OTHER_{code}", name, need[0])


def _provider(variant: VariantRow, profile: DeviceProfile) -> Iterable[_Finding]:
    """The CPU needs no proof to be tried (files can be installed before any runtime); everything else does."""
    need = provider_of(variant)
    proof = profile.proofs.get(need)
    if proof is not None and proof.proved:
        return
    change = Change("PROVE", "proofs", need)
    if proof is not None and not (need == CPU and proof.outcome == "timeout"):
        yield Reason("PROVIDER_FAILED", "proofs", have=proof.outcome, need=need), change
    elif need == CPU:
        yield Reason("PROVIDER_NOT_PROVED", "proofs", need=need, blocks=False), None
    elif need in (profile.providers or ()):
        yield Reason("PROVIDER_NOT_PROVED", "proofs", need=need), change
    else:
        change = Change("INSTALL_PROVIDER", "proofs", need)
        yield Reason("PROVIDER_ABSENT", "providers", have=profile.providers, need=need), change


def _runtime(variant: VariantRow, profile: DeviceProfile) -> Iterable[_Finding]:
    need, have = variant.requirements.onnxruntime, profile.onnxruntime_version
    if not need:
        return
    if have is None:
        yield Reason("RUNTIME_UNKNOWN", "onnxruntime_version", need=need, blocks=False), None
    elif not _satisfies(have, need):
        change = Change("OTHER_RUNTIME", "onnxruntime_version", need)
        yield Reason("RUNTIME", "onnxruntime_version", have=have, need=need), change


def _memory(variant: VariantRow, profile: DeviceProfile, policy: ResolvePolicy) -> Iterable[_Finding]:
    """Where the variant runs, its memory has to be: the card's own for a card, else the process's."""
    need = memory_need(variant)
    device = accelerator_for(provider_of(variant), profile)
    if device is not None and (device.memory_kind in ("dedicated", "shared") or device.kind == "discrete"):
        have = device_memory(device, profile)
        yield from _amount("DEVICE_MEMORY", "accelerators", have, need, policy.reclaimable_memory)
        return
    yield from _amount("MEMORY", "memory_effective", profile.memory_effective, need, policy.reclaimable_memory)


def device_memory(device: Accelerator, profile: DeviceProfile) -> int | None:
    """Bytes that a pack may take on ``device``: what is free of its own, and what it may borrow of the process's.

    A carve-out of firmware is not in the process's memory, and borrowed memory is: so the first counts in full and
    the second at most as far as ``memory_effective``. None is unknown.
    """
    own = device.free if device.free is not None else device.total
    lenders = [count for count in (device.shared, profile.memory_effective) if count is not None]
    borrowed = min(lenders) if device.shared is not None else None
    if own is None and borrowed is None:
        return None
    return (own or 0) + (borrowed or 0)


def _disk(variant: VariantRow, profile: DeviceProfile, policy: ResolvePolicy) -> Iterable[_Finding]:
    need = max(variant.install_size, variant.requirements.disk)
    yield from _amount("DISK", "disk_free", profile.disk_free, need, policy.reclaimable_disk)


def _amount(code: str, name: str, have: int | None, need: int, reclaimable: int) -> Iterable[_Finding]:
    if have is None:
        yield Reason(f"{code}_UNKNOWN", name, need=need, blocks=False), None
    elif have + reclaimable < need:
        by = need - have - reclaimable
        yield Reason(code, name, have=have + reclaimable, need=need), Change(f"MORE_{code}", name, have + by, by)


def provider_of(variant: VariantRow) -> str:
    """The execution provider that a variant needs; where it names none, the one that it was built for."""
    return variant.requirements.provider or variant.provider


def memory_need(variant: VariantRow) -> int:
    """Bytes at the hungriest moment: the larger of the measured peak and the stated stages."""
    return max(variant.peak_ram, variant.requirements.peak_memory)


def accelerator_for(provider: str, profile: DeviceProfile) -> Accelerator | None:
    """The device that ``provider`` would run on: of those it drives, the one with the most memory, not the first."""
    fitting = [item for item in profile.accelerators or () if item.vendor in DRIVES.get(provider, ())]
    return max(fitting, key=lambda item: (item.kind == "discrete", device_memory(item, profile) or 0), default=None)


def _satisfies(version: str, specifier: str) -> bool:
    """Whether a version satisfies a PEP 440 specifier; what cannot be read is not satisfied."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False
