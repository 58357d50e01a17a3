import json
from typing import Any

import pytest

from qie_hub.digest import Digest
from qie_hub.formats.index import PublisherIndex, Revocations, Withdrawal, row_of
from qie_hub.formats.manifest import Manifest
from qie_hub.packref import PackRef, Version
from tests.support.documents import changed, document, issues_of

INDEX = document("index.json")
TAKEN_BACK = document("revocations.json")


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("schema", 0, "$.schema"),
        ("publisher", "", "$.publisher"),
        ("issued", ..., "$.issued"),
        ("tiers", None, "$.tiers"),
        ("tiers.pro", 1, "$.tiers.pro"),
        ("tiers.pro.max_ram", "8G", "$.tiers.pro.max_ram"),
        ("tiers", {"\x1b[31m": {}}, "$.tiers"),
        ("channels", [], "$.channels"),
        ("channels.pro", "1.2.0", "$.channels.pro"),
        ("channels.pro.stable", "newest", "$.channels.pro.stable"),
        ("channels.pro", {"1.x": "1.2.0"}, "not a channel"),
        ("packs.0.resolution", 640, "$.packs[0].resolution"),
        ("packs.0.name", "Pro", "$.packs[0].name"),
        ("packs.0.manifest", None, "$.packs[0].manifest"),
        ("packs.0.manifest.sha256", "x", "$.packs[0].manifest.sha256"),
        ("packs.0.variants.0.install_size", None, "$.packs[0].variants[0].install_size"),
        ("packs.0.variants.0.requirements.isa", "avx2", "$.packs[0].variants[0].requirements.isa"),
        ("packs", [INDEX["packs"][0]] * 2, "two rows have the same ref"),
    ],
)
def test_a_broken_rule_of_the_index_is_named_with_its_place(path: str, value: Any, complaint: str) -> None:
    assert any(complaint in issue for issue in issues_of(PublisherIndex.from_bytes, changed(INDEX, path, value)))


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("schema", 2, "$.schema"),
        ("yanked", None, "$.yanked"),
        ("revoked.0.version", "1", "$.revoked[0].version"),
        ("revoked.0.resolution", 1, "$.revoked[0].resolution"),
        ("revoked.0.reason", 5, "$.revoked[0].reason"),
        ("revoked.0.issued", "", "$.revoked[0].issued"),
        ("yanked.0.successor", "a newer one", "$.yanked[0].successor"),
    ],
)
def test_a_broken_rule_of_the_revocations_is_named_with_its_place(path: str, value: Any, complaint: str) -> None:
    assert any(complaint in issue for issue in issues_of(Revocations.from_bytes, changed(TAKEN_BACK, path, value)))


def test_every_resolution_of_a_row_can_be_written_as_a_ref() -> None:
    for row in PublisherIndex.from_bytes(json.dumps(INDEX).encode()).packs:
        assert PackRef.parse(str(row.ref)) == row.ref


def test_a_row_follows_its_manifest_and_any_change_of_it() -> None:
    base = document("manifest.json")
    data = json.dumps(base).encode()
    row = row_of(Manifest.from_bytes(data), data)
    assert (row.manifest, row.manifest_size) == (Digest.of(data), len(data))
    assert row.accept == ()
    asks = changed(base, "licences.0.accept", True)
    assert row_of(Manifest.from_bytes(asks), asks).accept == ("Apache-2.0",)
    bigger = changed(base, "files.3.size", 5_001)
    grown = row_of(Manifest.from_bytes(bigger), bigger)
    assert grown.variants[0].install_size == row.variants[0].install_size + 1
    assert grown.target_path == Manifest.from_bytes(bigger).target_path


def test_revoked_wins_over_yanked() -> None:
    item = Withdrawal("pro", None, Version(1, 0, 0), "why", "2026-11-21T09:00:00Z")
    document = Revocations("acme", "2026-11-21T09:00:00Z", yanked=(item,), revoked=(item,))
    assert document.judge(PackRef.parse("acme/pro:512@1.0.0")) == ("revoked", item)


@pytest.mark.parametrize(
    ("resolution", "text", "covered"),
    [
        (None, "acme/pro:512@1.0.0", True),
        (None, "acme/pro@1.0.0", True),
        (512, "acme/pro:512@1.0.0", True),
        (512, "acme/pro:256@1.0.0", False),
        (512, "acme/pro@1.0.0", False),
        (None, "acme/pro:512@1.0.1", False),
        (None, "acme/other:512@1.0.0", False),
    ],
)
def test_a_withdrawal_covers_what_it_names(resolution: int | None, text: str, covered: bool) -> None:
    item = Withdrawal("pro", resolution, Version(1, 0, 0), "why", "2026-11-21T09:00:00Z")
    assert item.covers(PackRef.parse(text)) is covered
