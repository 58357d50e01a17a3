from __future__ import annotations

from typing import Any

import pytest

from qie_hub.formats.decision import Choice, Refusal
from qie_hub.formats.device import DeviceProfile
from qie_hub.messages import LANGUAGES, text
from qie_hub.packref import PackRef
from qie_hub.resolve import resolve
from tests.support.changes import carry_out
from tests.support.golden_devices import CHANNELS, GoldenDevice, load, offer

DEVICES = load()
ROWS = offer()
STORIES = (
    "total is not free", "own resident model", "carve-out", "figure lies", "page cache", "CPU quota",
    "silent fallback", "first card is not the best", "too small is preferred", "variants absent", "whitelists rot",
    "NPU discovery", "ISA", "stale caches", "weak card beside a strong one", "probe that hangs", "probe that lies",
)  # fmt: skip

each_device = pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)


def decide(device: GoldenDevice) -> tuple[DeviceProfile, Choice | Refusal]:
    found = device.describe()
    ref = PackRef.parse(device.assumed.get("ref", "pro"))
    return found, resolve(ROWS, CHANNELS, ref, found, device.policy)


@each_device
def test_a_recorded_device_is_described_as_expected(device: GoldenDevice) -> None:
    found = device.describe()
    for name, wanted in device.expect.get("profile", {}).items():
        assert _comparable(found, name) == (None if wanted == "unknown" else wanted), name
    warned = {warning.probe: warning.problem for warning in found.warnings}
    assert warned == device.expect.get("warnings", {}), found.warnings


@each_device
def test_a_recorded_device_gets_the_expected_choice_and_reasons(device: GoldenDevice) -> None:
    _, decision = decide(device)
    if "choice" in device.expect:
        assert isinstance(decision, Choice), decision
        assert f"{decision.row.ref} {decision.variant.id}" == device.expect["choice"]
        assert device.expect.get("why", decision.why[0].code if decision.why else None) in {
            *(reason.code for reason in decision.why),
            None,
        }
    else:
        assert isinstance(decision, Refusal), decision
        blocking = {item.code for verdict in decision.verdicts for item in verdict.reasons if item.blocks}
        assert sorted(blocking) == device.expect["refusal"]
        assert device.expect["nearest"] in {str(change.value) for change in decision.nearest[0]}
        if "nearest_field" in device.expect:
            assert device.expect["nearest_field"] in {change.field for change in decision.nearest[0]}
    _check_reasons(device, decision)


@each_device
def test_every_step_that_a_refusal_names_is_enough(device: GoldenDevice) -> None:
    found, decision = decide(device)
    if isinstance(decision, Choice):
        losers = [verdict for verdict in decision.verdicts if not verdict.fits]
        assert all(len(verdict.nearest) > 0 for verdict in losers)
        return
    assert decision.nearest
    for step in decision.nearest:
        ref, changed, policy = carry_out(step, (decision.ref, found, device.policy), ROWS)
        assert isinstance(resolve(ROWS, CHANNELS, ref, changed, policy), Choice), step


@each_device
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_change_can_be_said(device: GoldenDevice, language: str) -> None:
    found, decision = decide(device)
    reasons = [reason for verdict in decision.verdicts for reason in verdict.reasons]
    reasons += decision.why if isinstance(decision, Choice) else ()
    changes = [change for verdict in decision.verdicts for change in verdict.nearest]
    said = [text(f"REASON.{item.code}", language, item.data) for item in reasons]
    said += [text(f"CHANGE.{item.code}", language, item.data) for item in changes]
    said += [text(f"PROBE.{item.problem}", language, item.to_json()) for item in found.warnings]
    if isinstance(decision, Refusal):
        changes += [change for step in decision.nearest for change in step]
        said += [text(f"DOES_NOT_FIT.{item.code}", language, {"ref": "x", **item.data}) for item in changes]
        error = decision.to_error()
        said.append(text(error.hint, language, error.data))
    assert said
    assert [sentence for sentence in said if "REASON." in sentence or "CHANGE." in sentence or "FIT." in sentence] == []


def test_the_collection_is_large_and_honest_about_its_sources() -> None:
    captured = [device for device in DEVICES if device.kind == "captured"]
    assert len(DEVICES) >= 25
    assert len(captured) >= 12
    assert {device.kind for device in DEVICES} == {"captured", "constructed"}
    assert all(device.source.startswith("https://") or "this project" in device.source for device in captured)
    told = " ".join(story for device in DEVICES for story in device.stories)
    assert [story for story in STORIES if story not in told] == []


def _check_reasons(device: GoldenDevice, decision: Choice | Refusal) -> None:
    for where, wanted in device.expect.get("reasons", {}).items():
        name, variant = where.split()
        (verdict,) = [
            item
            for item in decision.verdicts
            if (str(item.ref).startswith(f"acme/{name}@"), item.variant) == (True, variant)
        ]
        codes = {reason.code for reason in verdict.reasons}
        blocking = {reason.code for reason in verdict.reasons if reason.blocks}
        assert set(wanted) <= codes, (where, codes)
        assert blocking <= set(wanted), (where, blocking)


def _comparable(found: DeviceProfile, name: str) -> Any:
    if name == "accelerators":
        return None if found.accelerators is None else len(found.accelerators)
    if name == "first_accelerator":
        return _Partly(found.to_json()["accelerators"][0])  # type: ignore[index]  # a list, or the test fails here
    value = getattr(found, name)
    return list(value) if isinstance(value, tuple) else value


class _Partly(dict[str, Any]):
    """Equal to a table of which every entry is in it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and all(self.get(key) == value for key, value in other.items())

    __hash__ = None  # type: ignore[assignment]  # a mutable value has no hash
