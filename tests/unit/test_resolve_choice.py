from __future__ import annotations

import json
from dataclasses import replace

import pytest

from qie_hub.errors import NotFound, Revoked
from qie_hub.formats.decision import Choice, Refusal
from qie_hub.formats.device import Accelerator, DeviceProfile, ProviderProof
from qie_hub.formats.speed import REFERENCE
from qie_hub.packref import PackRef, Version
from qie_hub.resolve import ResolvePolicy, resolve
from tests.support.index_rows import GIB, row, variant

CUDA = "CUDAExecutionProvider"
DEVICE = DeviceProfile(
    os="linux", arch="x86_64", isa=("avx2", "sse2"), isa_level="avx2", memory_effective=4 * GIB, disk_free=50 * GIB,
    onnxruntime_version="1.32.0", providers=("CPUExecutionProvider",),
    proofs={"CPUExecutionProvider": ProviderProof("proved", "k")},
)  # fmt: skip
POLICY = ResolvePolicy(client="0.1.0", pipelines={"lite": 1})
ROWS = [row("pro", size, variant(memory=size * GIB // 256)) for size in (256, 512, 1024)]
CHANNELS = {"pro": {"stable": Version(1, 0, 0)}}


def choose(ref: str = "pro", rows=ROWS, channels=CHANNELS, device=DEVICE, policy=POLICY) -> Choice | Refusal:
    return resolve(rows, channels, PackRef.parse(ref), device, policy)


def chosen(*args: object, **kwargs: object) -> str:
    decision = choose(*args, **kwargs)
    assert isinstance(decision, Choice)
    return f"{decision.row.ref} {decision.variant.id}"


def refused(*args: object, **kwargs: object) -> Refusal:
    decision = choose(*args, **kwargs)
    assert isinstance(decision, Refusal)
    return decision


def codes(refusal: Refusal) -> set[str]:
    return {reason.code for verdict in refusal.verdicts for reason in verdict.reasons if reason.blocks}


def test_without_a_prediction_512_is_taken_if_it_fits_else_the_next_smaller() -> None:
    assert chosen() == "acme/pro:512@1.0.0 cpu-fp32"
    assert chosen(device=replace(DEVICE, memory_effective=GIB)) == "acme/pro:256@1.0.0 cpu-fp32"


def test_with_predictions_the_largest_under_the_tiers_target_is_taken() -> None:
    times = {256: 300, 512: 900, 1024: 1400}
    predictions = {(PackRef.parse(f"acme/pro:{size}@1.0.0"), "cpu-fp32"): ms for size, ms in times.items()}
    policy = replace(POLICY, targets={"pro": 1500}, predictions=predictions)
    assert chosen(policy=policy) == "acme/pro:1024@1.0.0 cpu-fp32"
    assert chosen(policy=replace(policy, targets={"pro": 1000})) == "acme/pro:512@1.0.0 cpu-fp32"
    assert chosen(policy=replace(policy, targets={"pro": 10})) == "acme/pro:256@1.0.0 cpu-fp32"


def test_figures_of_the_device_predict_and_a_measured_edit_knows_better() -> None:
    rows = [row("pro", size, variant(edit_ms=size * 2)) for size in (256, 512, 1024)]
    policy = replace(POLICY, targets={"pro": 1500})
    slow = replace(REFERENCE, fp32=50_000, serial=15_000, bandwidth=5_000)
    assert chosen(rows=rows, policy=policy, device=replace(DEVICE, figures=REFERENCE)).startswith("acme/pro:512")
    assert chosen(rows=rows, policy=policy, device=replace(DEVICE, figures=slow)).startswith("acme/pro:256")
    better = replace(policy, predictions={(rows[2].ref, "cpu-fp32"): 1400})
    decision = choose(rows=rows, policy=better, device=replace(DEVICE, figures=slow))
    assert isinstance(decision, Choice)
    assert (decision.row.resolution, decision.why[0].code, decision.why[0].have) == (1024, "UNDER_TARGET", 1400)


@pytest.mark.parametrize(
    "state", [{"power_saver": True}, {"thermal": "serious"}, {"metered": True}, {"battery": 100, "charging": False}]
)
def test_a_device_that_should_work_less_gets_a_smaller_resolution_and_is_told(state: dict[str, object]) -> None:
    decision = choose(device=replace(DEVICE, **state))
    assert isinstance(decision, Choice)
    assert decision.row.resolution == 256
    assert (decision.why[0].have, decision.why[0].need) == (256, 512)
    assert chosen("pro:512", device=replace(DEVICE, **state)) == "acme/pro:512@1.0.0 cpu-fp32"


def test_too_little_memory_is_refused_with_the_exact_difference() -> None:
    refusal = refused("pro:1024", device=replace(DEVICE, memory_effective=3 * GIB))
    verdict = refusal.verdicts[0]
    assert (verdict.reasons[0].code, verdict.reasons[0].have, verdict.reasons[0].need) == ("MEMORY", 3 * GIB, 4 * GIB)
    assert verdict.nearest[0].by == GIB
    assert refusal.nearest[0][0].value == "acme/pro:512@1.0.0"
    error = refusal.to_error()
    assert (error.exit_code, error.hint, error.data["value"]) == (5, "DOES_NOT_FIT.OTHER_PACK", "acme/pro:512@1.0.0")
    json.dumps(error.to_json())


def test_memory_that_our_own_loaded_pack_gives_back_counts_as_free() -> None:
    device = replace(DEVICE, memory_effective=3 * GIB)
    assert chosen("pro:1024", device=device, policy=replace(POLICY, reclaimable_memory=GIB))


def test_unknown_is_not_zero_but_noted() -> None:
    decision = choose(device=DeviceProfile())
    assert isinstance(decision, Choice)
    winner = next(item for item in decision.verdicts if item.ref.resolution == 512)
    assert {"MEMORY_UNKNOWN", "DISK_UNKNOWN"} <= {reason.code for reason in winner.reasons}


@pytest.mark.parametrize(
    ("needs", "code"),
    [
        ({"isa": ("avx512_vnni",)}, "ISA"),
        ({"os": ("android",)}, "OS"),
        ({"architecture": "aarch64"}, "ARCH"),
        ({"onnxruntime": ">=2"}, "RUNTIME"),
        ({"client": ">=1.0"}, "CLIENT"),
        ({"client": "not a specifier"}, "CLIENT"),
        ({"disk": 60 * GIB}, "DISK"),
        ({"provider": CUDA}, "PROVIDER_ABSENT"),
    ],
)
def test_each_requirement_rules_out_on_its_own_and_names_its_change(needs: dict[str, object], code: str) -> None:
    refusal = refused(rows=[row("pro", 512, variant(**needs))])
    assert codes(refusal) == {code}
    assert len(refusal.nearest[0]) == 1


def test_a_provider_counts_only_when_proved() -> None:
    rows = [row("pro", 512, variant("cuda", provider=CUDA), variant("cpu"))]
    device = replace(DEVICE, providers=(CUDA, "CPUExecutionProvider"))
    assert chosen(rows=rows, device=device) == "acme/pro:512@1.0.0 cpu"
    for outcome, expected in (("proved", "cuda"), ("refused", "cpu"), ("wrong", "cpu"), ("crashed", "cpu")):
        proofs = {**DEVICE.proofs, CUDA: ProviderProof(outcome, "k")}
        assert chosen(rows=rows, device=replace(device, proofs=proofs)) == f"acme/pro:512@1.0.0 {expected}"


def test_a_build_may_call_its_provider_by_another_name_than_the_requirement() -> None:
    named = replace(variant(edit_ms=100), provider="cpu")
    decision = choose(rows=[row("pro", 512, named)], device=replace(DEVICE, figures=REFERENCE))
    assert isinstance(decision, Choice)
    assert decision.verdicts[0].predicted_ms == 100


def test_a_runtime_that_crashes_on_this_cpu_rules_out_the_cpu_variant_and_an_absent_one_does_not() -> None:
    rows = [row("pro", 512)]
    crashed = replace(DEVICE, proofs={"CPUExecutionProvider": ProviderProof("crashed", "k", "SIGILL")})
    assert codes(refused(rows=rows, device=crashed)) == {"PROVIDER_FAILED"}
    assert chosen(rows=rows, device=replace(DEVICE, proofs={}, onnxruntime_version=None))


def test_memory_of_the_strongest_card_counts_not_of_the_first() -> None:
    rows = [row("pro", 512, variant("cuda", provider=CUDA, memory=10 * GIB))]
    cards = (
        Accelerator("intel", "integrated", memory_kind="shared", total=64 * GIB, free=64 * GIB),
        Accelerator("nvidia", "discrete", "small", "dedicated", 3 * GIB, 3 * GIB),
        Accelerator("nvidia", "discrete", "large", "dedicated", 16 * GIB, 15 * GIB),
    )
    device = replace(DEVICE, accelerators=cards, proofs={**DEVICE.proofs, CUDA: ProviderProof("proved", "k")})
    assert chosen(rows=rows, device=device)
    assert codes(refused(rows=rows, device=replace(device, accelerators=cards[:2]))) == {"DEVICE_MEMORY"}


def test_the_channel_names_the_version_and_a_version_can_be_named() -> None:
    rows = [row("pro", 512, version="1.0.0"), row("pro", 512, version="2.0.0", release=2)]
    channels = {"pro": {"stable": Version(1, 0, 0), "beta": Version(2, 0, 0)}}
    assert chosen("pro:512", rows, channels).startswith("acme/pro:512@1.0.0")
    assert chosen("pro:512@beta", rows, channels).startswith("acme/pro:512@2.0.0")
    assert chosen("pro:512@2.0.0", rows, channels).startswith("acme/pro:512@2.0.0")
    assert chosen("pro:512", rows, {}).startswith("acme/pro:512@2.0.0")


@pytest.mark.parametrize(
    ("ref", "closest"),
    [("prp", "pro"), ("pro@gamma", "acme/pro:256@stable"), ("pro:512@9.9.9", "acme/pro:512@1.0.0")],
)
def test_what_is_not_on_offer_is_not_found_with_the_closest_names(ref: str, closest: str) -> None:
    with pytest.raises(NotFound) as caught:
        choose(ref)
    assert caught.value.data["closest"][0] == closest


def test_a_missing_resolution_offers_those_that_exist() -> None:
    with pytest.raises(NotFound) as caught:
        choose("pro:1024", ROWS[:2])
    assert "acme/pro:512" in caught.value.data["closest"]


def test_a_revoked_version_is_an_error_and_a_yanked_one_a_refusal() -> None:
    ref = ROWS[1].ref
    with pytest.raises(Revoked) as caught:
        choose(str(ref), policy=replace(POLICY, withdrawn={ref: "revoked"}, successors={ref: "acme/pro:512@1.0.1"}))
    assert caught.value.data["successor"] == "acme/pro:512@1.0.1"
    refusal = refused(str(ref), policy=replace(POLICY, withdrawn={ref: "yanked"}))
    assert codes(refusal) == {"YANKED"}
    assert refusal.nearest[0][0].value == "acme/pro:1024@1.0.0"
    assert chosen("pro", policy=replace(POLICY, withdrawn={ref: "yanked"})) == "acme/pro:256@1.0.0 cpu-fp32"


def test_a_pack_that_edits_needs_its_pipeline_and_mere_files_do_not() -> None:
    policy = replace(POLICY, pipelines={"other": 1})
    edits, files = row("pro", 512), replace(row("pro", 512), tier=None)
    assert codes(refused(rows=[edits], policy=policy)) == {"PIPELINE"}
    decision = choose(rows=[files], policy=policy)
    assert isinstance(decision, Choice)
    assert "PIPELINE_ABSENT" in {reason.code for reason in decision.verdicts[0].reasons}
    assert codes(refused(rows=[files], policy=replace(POLICY, pipelines={"lite": 2}))) == {"PIPELINE"}
    component = replace(files, abilities=())
    assert not any(
        item.code.startswith("PIPELINE") for item in choose(rows=[component], policy=policy).verdicts[0].reasons
    )


def test_each_way_out_of_a_refusal_says_where_it_leads() -> None:
    refusal = refused("pro:1024", device=replace(DEVICE, memory_effective=3 * GIB))
    assert [step[0].code for step in refusal.nearest] == ["OTHER_PACK", "OTHER_PACK", "MORE_MEMORY"]
    assert refusal.leads_to == ("acme/pro:512@1.0.0", "acme/pro:256@1.0.0", "acme/pro:1024@1.0.0")
    both = refused("pro:1024", device=replace(DEVICE, memory_effective=0, disk_free=0))
    assert both.leads_to == ("acme/pro:1024@1.0.0",)
    assert both.to_json()["leads_to"] == ["acme/pro:1024@1.0.0"]


def test_every_loser_says_what_it_lost_to() -> None:
    decision = choose(rows=[row("pro", 512, variant("small", memory=GIB), variant("large", memory=2 * GIB))])
    assert isinstance(decision, Choice)
    assert decision.variant.id == "large"
    (loser,) = [verdict for verdict in decision.verdicts if verdict.variant == "small"]
    assert (loser.fits, loser.reasons[-1].code, loser.reasons[-1].need) == (True, "OUTRANKED", "large")
    json.dumps(decision.to_json())


def test_a_pinned_variant_stays_while_it_fits() -> None:
    rows = [row("pro", 512, variant("small", memory=GIB), variant("large", memory=2 * GIB))]
    assert chosen(rows=rows, policy=replace(POLICY, variant="small")).endswith("small")
    assert chosen(rows=rows, policy=replace(POLICY, variant="gone")).endswith("large")
