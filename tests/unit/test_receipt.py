from dataclasses import replace
from typing import Any

import pytest

from qie_hub.formats.claim import WORK_BYTES, Claim, Work
from qie_hub.formats.receipt import DefaultPack, Receipt, RefState
from tests.support.documents import changed, document, issues_of

RECEIPT = document("receipt.json")


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("schema", 2, "$.schema"),
        ("ref", "acme/", "$.ref"),
        ("generation", 0, "$.generation"),
        ("manifest", "", "$.manifest"),
        ("installed", "2026-13-01T00:00:00Z", "$.installed"),
        ("files.0.path", "a/../b", "$.files[0].path"),
        ("files.0.inode", -1, "$.files[0].inode"),
        ("files.0.mtime_ns", None, "$.files[0].mtime_ns"),
        ("acceptances.0.when", "today", "$.acceptances[0].when"),
        ("canary", ..., "$.canary"),
    ],
)
def test_a_broken_rule_of_a_receipt_is_named_with_its_place(path: str, value: Any, complaint: str) -> None:
    assert any(complaint in issue for issue in issues_of(Receipt.from_bytes, changed(RECEIPT, path, value)))


def test_fresh_stamps_change_nothing_else() -> None:
    receipt = Receipt.from_bytes(changed(RECEIPT, "schema", 1))
    stamp = replace(receipt.files[0], inode=9, mtime_ns=-1)
    again = receipt.with_files((stamp, stamp))
    assert (again.files, again.size) == ((stamp, stamp), 2 * stamp.size)
    assert replace(again, files=receipt.files) == receipt


def test_the_extremes_of_a_stamp_can_be_written() -> None:
    receipt = Receipt.from_bytes(changed(RECEIPT, "schema", 1))
    stamp = replace(receipt.files[0], inode=(1 << 63) - 1, device=(1 << 63) - 1, mtime_ns=-(1 << 62))
    assert Receipt.from_bytes(receipt.with_files((stamp,)).to_bytes()).files == (stamp,)


@pytest.mark.parametrize("state", [RefState(), RefState(1), RefState(7, 6, pinned=True, channel="beta")])
def test_a_ref_survives_its_bytes(state: RefState) -> None:
    assert RefState.from_bytes(state.to_bytes()) == state


@pytest.mark.parametrize(
    ("path", "value"),
    [("current", 0), ("previous", "2"), ("pinned", ...), ("pinned", 0), ("channel", 3), ("schema", 9)],
)
def test_a_broken_rule_of_a_ref_is_named(path: str, value: Any) -> None:
    issues = issues_of(RefState.from_bytes, changed(document("ref.json"), path, value))
    assert issues[0].startswith(f"$.{path}: ")


@pytest.mark.parametrize("ref", ["pro:512", "acme/pro:5", None, 4])
def test_the_default_pack_names_its_publisher(ref: object) -> None:
    assert issues_of(DefaultPack.from_bytes, changed(document("default.json"), "ref", ref))


@pytest.mark.parametrize(
    ("path", "value"), [("pid", 0), ("pid", None), ("start", "x"), ("boot", 1), ("host", ...), ("nonce", "n" * 65)]
)
def test_a_broken_rule_of_a_claim_is_named(path: str, value: Any) -> None:
    issues = issues_of(Claim.from_bytes, changed(document("claim.json"), path, value))
    assert issues[0].startswith(f"$.{path}: ")


def test_work_has_one_length_however_far_it_is() -> None:
    for work in (Work("", 0, 0), Work("x" * 32, 1 << 50, 1 << 50)):
        assert len(work.to_bytes()) == WORK_BYTES
        assert Work.from_bytes(work.to_bytes()) == work
