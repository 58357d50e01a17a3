import json
from typing import Any

import pytest

from qie_hub.errors import NotFound
from qie_hub.formats.manifest import Manifest
from tests.support.documents import changed, document, issues_of

BASE = document("manifest.json")
DIGEST = "ab" * 32


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("schema", 2, "$.schema"),
        ("schema", True, "$.schema"),
        ("id", "acme/pro:256@1.2.0", "$.id"),
        ("id", ..., "$.id"),
        ("publisher", "Acme", "$.publisher"),
        ("publisher", 7, "$.publisher"),
        ("name", "../x", "$.name"),
        ("resolution", 300, "$.resolution"),
        ("resolution", True, "$.resolution"),
        ("version", "1.2", "$.version"),
        ("release", 0, "$.release"),
        ("release", "7", "$.release"),
        ("tier", "t" * 65, "$.tier"),
        ("issued", "2026-11-20 08:00:00", "$.issued"),
        ("issued", "2026-02-30T08:00:00Z", "$.issued"),
        ("issued", "2026-11-20T24:00:00Z", "$.issued"),
        ("title", ["x"], "$.title"),
        ("title.en", "t" * 201, "$.title.en"),
        ("title.en", "\x1b[2J", "$.title.en"),
        ("abilities", "text.replace", "$.abilities"),
        ("abilities", [1], "$.abilities"),
        ("files", {}, "$.files"),
        ("files.0", "x", "$.files[0]"),
        ("files.0.path", "../../etc/passwd", "$.files[0].path"),
        ("files.0.path", "/etc/passwd", "$.files[0].path"),
        ("files.0.path", "a\\b", "$.files[0].path"),
        ("files.0.size", -1, "$.files[0].size"),
        ("files.0.size", 1 << 51, "$.files[0].size"),
        ("files.0.size", 9, "$.files[0].index"),
        ("files.0.sha256", "AB" * 32, "$.files[0].sha256"),
        ("files.0.stage", "later", "$.files[0].stage"),
        ("files.0.licence", "MIT", "$.files: weights/model.onnx.data has licence"),
        ("files.0.index", None, "$.files[0].index"),
        ("files.0.index.size", 65 << 20, "$.files[0].index.size"),
        ("files.1.index", {"sha256": DIGEST, "size": 5}, "$.files[1].index"),
        ("files.1.path", "GRAPH/model.onnx.DATA", "graph/model.onnx is named but not listed"),
        ("files.1.path", "Weights/model.onnx.data", "two files have the same path"),
        ("files.1.path", "weights", "the path of another one's folder"),
        ("files.1.sha256", "0" * 64, "has no digest"),
        ("variants", [], "$.variants: empty"),
        ("variants", [BASE["variants"][0]] * 2, "two have the same id"),
        ("variants.0.files", ["weights/model.onnx.data", "gone.bin"], "gone.bin is named but not listed"),
        ("variants.0.params", 1.5, "not strict JSON"),
        ("variants.0.pipeline", None, "$.variants[0].pipeline"),
        ("variants.0.pipeline.settings", [], "$.variants[0].pipeline.settings"),
        ("variants.0.pipeline.api", 0, "$.variants[0].pipeline.api"),
        ("variants.0.requirements", 3, "$.variants[0].requirements"),
        ("variants.0.requirements.memory.repaint", "1 GB", "$.variants[0].requirements.memory.repaint"),
        ("variants.0.edit_ms", -1, "$.variants[0].edit_ms"),
        ("licences.0.text", "nul.txt", "$.licences[0].text"),
        ("licences.0.text", "licences/other.txt", "licences/other.txt is named but not listed"),
        ("licences.0.accept", "no", "$.licences[0].accept"),
        ("golden.expected", "golden/none.png", "golden/none.png is named but not listed"),
        ("golden.tolerance", 255_001, "$.golden.tolerance"),
        ("rolled_back_from", "beta", "$.rolled_back_from"),
    ],
)
def test_a_broken_rule_is_named_with_its_place(path: str, value: Any, complaint: str) -> None:
    assert any(complaint in issue for issue in issues_of(Manifest.from_bytes, changed(BASE, path, value)))


def test_all_issues_are_reported_at_once() -> None:
    broken = dict(BASE, publisher="A", release=0, issued="now", files=[])
    issues = issues_of(Manifest.from_bytes, json.dumps(broken).encode())
    for place in ("$.publisher", "$.release", "$.issued", "$.files"):
        assert any(issue.startswith(place) for issue in issues)


@pytest.mark.parametrize("path", ["golden", "tier", "rolled_back_from", "variants.0.edit_ms", "files.1.index"])
def test_what_may_be_null_may_be_absent(path: str) -> None:
    absent = Manifest.from_bytes(changed(BASE, path, ...))
    assert absent == Manifest.from_bytes(changed(BASE, path, None))


def test_a_component_has_no_resolution_and_no_tier() -> None:
    broken = dict(BASE, resolution=None, tier=None, id="acme/pro@1.2.0")
    manifest = Manifest.from_bytes(json.dumps(broken).encode())
    assert manifest.target_path == "packs/acme/pro/any/1.2.0/pack.json"


def test_unknown_keys_are_ignored() -> None:
    assert Manifest.from_bytes(changed(BASE, "new_key", {"a": [1]})) == Manifest.from_bytes(changed(BASE, "schema", 1))


def test_files_come_in_the_order_of_their_stages() -> None:
    manifest = Manifest.from_bytes(changed(BASE, "schema", 1))
    stages = [file.stage for file in manifest.files_of(manifest.variants[0])]
    assert stages == ["understand", "repaint", "repaint", "finish", "finish"]


def test_what_a_manifest_does_not_list_is_not_found() -> None:
    manifest = Manifest.from_bytes(changed(BASE, "schema", 1))
    with pytest.raises(NotFound) as caught:
        manifest.variant("gpu")
    assert caught.value.data["closest"] == ["cpu-int8"]
    with pytest.raises(NotFound):
        manifest.file("nowhere.bin")


def test_only_the_release_changes_with_another_release() -> None:
    manifest = Manifest.from_bytes(changed(BASE, "schema", 1))
    assert manifest.with_release(8).to_json() == {**manifest.to_json(), "release": 8}
