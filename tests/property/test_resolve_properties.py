from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qie_hub.device.profile import profile
from qie_hub.formats.decision import Choice, Refusal
from qie_hub.formats.device import KINDS, Accelerator, DeviceProfile, Kind, ProviderProof
from qie_hub.formats.index import PackRow, VariantRow
from qie_hub.packref import RESOLUTIONS, PackRef, Version
from qie_hub.resolve import ResolvePolicy, memory_need, resolve
from tests.support.changes import carry_out
from tests.support.index_rows import GIB, row, variant
from tests.support.recorded_host import RecordedHost

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
CHANNELS = {name: {"stable": Version(1, 0, 0)} for name in ("pro", "lite")}
REF = PackRef.parse("acme/pro")
sizes = st.integers(1, 24 * GIB)


@st.composite
def variants(draw: st.DrawFn, number: int) -> VariantRow:
    return variant(
        f"v{number}",
        memory=draw(sizes),
        disk=draw(sizes),
        provider=draw(st.sampled_from((CPU, CPU, CUDA))),
        architecture=draw(st.sampled_from(("any", "x86_64", "aarch64"))),
        isa=draw(st.sampled_from(((), ("avx2",), ("dotprod",)))),
        os=draw(st.sampled_from(((), ("linux",), ("macos", "windows")))),
        onnxruntime=draw(st.sampled_from(("", ">=1.27", "<1.27"))),
        client=draw(st.sampled_from(("", ">=0.1", ">=2"))),
    )


@st.composite
def offers(draw: st.DrawFn) -> list[PackRow]:
    rows = []
    for name in ("pro", "lite"):
        for size in draw(st.lists(st.sampled_from(RESOLUTIONS), min_size=1, unique=True)):
            count = draw(st.integers(1, 3))
            rows.append(row(name, size, *(draw(variants(number)) for number in range(count))))
    return rows


maybe_size = st.none() | sizes
proofs = st.dictionaries(
    st.sampled_from((CPU, CUDA)),
    st.sampled_from(("proved", "refused", "crashed", "timeout")).map(lambda outcome: ProviderProof(outcome, "k")),
)
cards = st.builds(
    Accelerator,
    vendor=st.just("nvidia"),
    kind=st.sampled_from(("discrete", "integrated", None)),
    memory_kind=st.sampled_from(("dedicated", "shared", "unified", None)),
    total=maybe_size,
    free=maybe_size,
    shared=maybe_size,
)
devices = st.builds(
    DeviceProfile,
    os=st.sampled_from((None, "linux", "macos")),
    arch=st.sampled_from((None, "x86_64", "aarch64")),
    isa=st.sampled_from((None, (), ("avx2",), ("dotprod",))),
    memory_effective=maybe_size,
    disk_free=maybe_size,
    accelerators=st.none() | st.lists(cards, max_size=2).map(tuple),
    onnxruntime_version=st.sampled_from((None, "1.20.0", "1.32.0")),
    providers=st.sampled_from((None, (CPU,), (CUDA, CPU))),
    proofs=proofs,
    power_saver=st.sampled_from((None, True, False)),
)


@st.composite
def policies(draw: st.DrawFn, rows: list[PackRow]) -> ResolvePolicy:
    keys = [(row.ref, item.id) for row in rows for item in row.variants]
    times = draw(st.dictionaries(st.sampled_from(keys), st.integers(1, 10_000)))
    gone = draw(st.dictionaries(st.sampled_from([row.ref for row in rows]), st.just("yanked"), max_size=2))
    return ResolvePolicy(
        client="0.1.0",
        pipelines=draw(st.sampled_from((None, {"lite": 1}, {}))),
        withdrawn=gone,
        predictions=times,
        targets=draw(st.sampled_from(({}, {"pro": 3000, "lite": 500}))),
        reclaimable_memory=draw(st.sampled_from((0, GIB))),
        variant=draw(st.sampled_from((None, "v1"))),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[PackRow], DeviceProfile, ResolvePolicy]:
    rows = draw(offers())
    return rows, draw(devices), draw(policies(rows))


def decide(rows: list[PackRow], device: DeviceProfile, policy: ResolvePolicy, ref: PackRef = REF) -> Choice | Refusal:
    return resolve(rows, CHANNELS, ref, device, policy)


@settings(max_examples=60, deadline=None)
@given(cases(), sizes, sizes)
def test_more_memory_never_yields_a_pack_that_needs_less(
    case: tuple[list[PackRow], DeviceProfile, ResolvePolicy], have: int, more: int
) -> None:
    rows, device, policy = case
    policy = replace(policy, variant=None)
    device = replace(device, memory_effective=have, power_saver=None)
    before = decide(rows, device, policy)
    after = decide(rows, replace(device, memory_effective=have + more), policy)
    if isinstance(before, Choice):
        assert isinstance(after, Choice)
        assert after == before or memory_need(after.variant) >= memory_need(before.variant)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(1, 16), min_size=3, max_size=3).map(sorted),
    st.integers(1, 16),
    st.integers(0, 16),
    st.booleans(),
    st.booleans(),
)
def test_more_memory_never_yields_a_smaller_resolution(
    needs: list[int], have: int, more: int, saver: bool, timed: bool
) -> None:
    rows = [row("pro", size, variant(memory=need * GIB)) for size, need in zip(RESOLUTIONS, needs, strict=True)]
    times = {(row.ref, "cpu-fp32"): (row.resolution or 0) * 4 for row in rows} if timed else {}
    policy = ResolvePolicy(client="0.1.0", predictions=times, targets={"pro": 2100})
    device = DeviceProfile(memory_effective=have * GIB, disk_free=GIB, power_saver=saver)
    before, after = (
        decide(rows, replace(device, memory_effective=amount * GIB), policy) for amount in (have, have + more)
    )
    if isinstance(before, Choice):
        assert isinstance(after, Choice)
        assert (after.row.resolution or 0) >= (before.row.resolution or 0)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_refusal_names_a_change_that_turns_it_into_a_choice(
    case: tuple[list[PackRow], DeviceProfile, ResolvePolicy],
) -> None:
    rows, device, policy = case
    decision = decide(rows, device, policy)
    if isinstance(decision, Choice):
        return
    if all(row.ref in policy.withdrawn for row in rows):
        assert decision.nearest == ()
        return
    assert decision.nearest
    for step in decision.nearest:
        ref, changed, allowed = carry_out(step, (REF, device, policy), rows)
        assert isinstance(decide(rows, changed, allowed, ref), Choice), step


@settings(max_examples=50, deadline=None)
@given(cases())
def test_a_choice_is_a_variant_on_offer_without_a_blocking_reason(
    case: tuple[list[PackRow], DeviceProfile, ResolvePolicy],
) -> None:
    rows, device, policy = case
    decision = decide(rows, device, policy)
    if isinstance(decision, Choice):
        (verdict,) = [
            item for item in decision.verdicts if (item.ref, item.variant) == (decision.row.ref, decision.variant.id)
        ]
        assert verdict.fits
        assert not any(reason.blocks for reason in verdict.reasons)
        assert decision.row.ref not in policy.withdrawn
        assert (
            device.memory_effective is None
            or decision.variant.provider != CPU
            or (memory_need(decision.variant) <= device.memory_effective + policy.reclaimable_memory)
        )
    assert decide(list(reversed(rows)), device, policy).to_json()["decision"] == decision.to_json()["decision"]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_an_override_always_wins(data: st.DataObject) -> None:
    texts: dict[Kind, Any] = {
        Kind.TEXT: st.sampled_from(("linux", "x")),
        Kind.BYTES: sizes.map(str),
        Kind.COUNT: st.integers(1, 512).map(str),
        Kind.PERMILLE: st.integers(0, 1000).map(str),
        Kind.TRUTH: st.sampled_from(("true", "false")),
        Kind.TEXTS: st.sampled_from(("none", "avx2", "a,b")),
        Kind.ACCELERATORS: st.just("none"),
    }
    name = data.draw(st.sampled_from([name for name in KINDS if name != "thermal"]))
    text = data.draw(texts[KINDS[name]] | st.just("unknown"))
    files = {
        "/proc/meminfo": "MemTotal: 999999999999 kB\nMemAvailable: 5 kB\nSwapFree: 1 kB\n",
        "/proc/cpuinfo": "processor : 0\nmodel name : Y\nflags : sse2 avx\n",
        "/sys/class/power_supply/B/uevent": "POWER_SUPPLY_CAPACITY=5\nPOWER_SUPPLY_STATUS=Charging\n",
        "/sys/class/drm/card0/device/vendor": "0x8086\n",
    }
    found = profile(Path("/"), {name: text}, host=RecordedHost(files))
    value = getattr(found, name)
    if text == "unknown":
        assert value is None
    else:
        assert _written(value) == text
        assert found.sources[name] == "override"


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value) or "none"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
