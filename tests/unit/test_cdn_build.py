"""Builds: made once, held to their budget, measured and not declared."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from cdn.budget import check, engine_size, load_tiers, slow_variants
from cdn.build import Build, Builder
from cdn.ladder import refuse_alike
from cdn.recipe import Recipe
from cdn.sources.packages import PackageShelf
from qie_hub.errors import BudgetExceeded, NotFound, PublishError, ResolutionsAlike, UnsafeContent
from qie_hub.formats.index import Tier
from qie_hub.formats.manifest import Manifest
from tests.support import graphs
from tests.unit.test_cdn_recipe import TEXT

TINY = Tier("ultra-lite", {"en": "x"}, 100, 2_000_000_000, 1500, ("tone.adjust",))


def local(text: str = TEXT) -> str:
    """The recipe without its package: everything it holds stands in the recipe."""
    start, stop = text.index("[[files]]"), text.index("[[files]]", text.index("[[files]]") + 1)
    return text[:start] + text[stop:]


def builder(folder: Path, tiers: dict[str, Tier] | None = None) -> Builder:
    return Builder(folder / "build", PackageShelf(folder / "sources"), tiers)


def test_the_same_recipe_is_built_once(tmp_path: Path) -> None:
    recipe = Recipe.read(local())
    first = builder(tmp_path).build(recipe, "acme")
    stamps = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    assert builder(tmp_path).build(recipe, "acme") == first
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == stamps


def test_another_publisher_version_or_content_is_another_build(tmp_path: Path) -> None:
    recipes = [Recipe.read(local()), Recipe.read(local(), version="1.1.0"), Recipe.read(local().replace("both", "two"))]
    folders = {builder(tmp_path).build(recipe, who).folder for recipe in recipes for who in ("acme", "other")}
    assert len(folders) == 6


def test_building_from_nothing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    recipe = Recipe.read(local())
    one, two = (builder(tmp_path / name).build(recipe, "acme") for name in "ab")
    assert [item.to_bytes() for item in one.manifests] == [item.to_bytes() for item in two.manifests]


def test_a_build_that_was_killed_is_made_anew(tmp_path: Path) -> None:
    recipe = Recipe.read(local())
    made = builder(tmp_path).build(recipe, "acme")
    (made.folder / "build.json").unlink()
    (made.folder / "files" / "licences" / "MIT.txt").write_bytes(b"half")
    assert Build.open(made.folder) is None
    again = builder(tmp_path).build(recipe, "acme")
    assert again.manifests == made.manifests
    assert (made.folder / "files" / "licences" / "MIT.txt").read_bytes() == b"MIT"


def test_one_manifest_is_made_per_resolution_over_the_same_files(tmp_path: Path) -> None:
    made = builder(tmp_path).build(Recipe.read(local()), "acme")
    assert [str(item.ref) for item in made.manifests] == ["acme/sample:256@1.0.0", "acme/sample:512@1.0.0"]
    assert made.manifests[0].files == made.manifests[1].files
    sides = [item.variants[0].pipeline.settings["side"] for item in made.manifests]
    assert sides == [2, 1]


def test_a_pack_that_breaks_its_budget_is_not_built(tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded) as caught:
        builder(tmp_path, {"ultra-lite": TINY}).build(Recipe.read(local()), "acme")
    assert caught.value.data["budget"] == "bytes"
    assert int(str(caught.value.data["measured"])) > 100_000_000, "the engine is not counted"
    with pytest.raises(BudgetExceeded):
        builder(tmp_path, {"ultra-lite": TINY}).build(Recipe.read(local()), "acme")


def test_budgets_bound_bytes_with_the_engine_and_memory(tmp_path: Path) -> None:
    [manifest, _] = builder(tmp_path).build(Recipe.read(local()), "acme").manifests
    size = sum(file.size for file in manifest.files)
    tier = Tier("ultra-lite", {"en": "x"}, 1000 + size, 10, 1500, manifest.abilities)
    check(manifest, {"ultra-lite": tier}, 1000)
    with pytest.raises(BudgetExceeded) as caught:
        check(manifest, {"ultra-lite": tier}, 1001)
    assert (caught.value.data["measured"], caught.value.data["allowed"]) == (1001 + size, 1000 + size)
    small = Tier("ultra-lite", {"en": "x"}, 1000 + size, 9, 1500, manifest.abilities)
    with pytest.raises(BudgetExceeded) as caught:
        check(manifest, {"ultra-lite": small}, 0)
    assert caught.value.data["budget"] == "ram"


def test_an_edit_that_takes_longer_than_its_tier_aims_at_is_noted(tmp_path: Path) -> None:
    [manifest, _] = builder(tmp_path).build(Recipe.read(local()), "acme").manifests
    tiers = load_tiers()
    target = tiers["ultra-lite"].edit_ms
    times = {None: {}, target: {}, target + 1: {"cpu-fp32": target + 1}}
    for took, expected in times.items():
        timed = replace(manifest, variants=(replace(manifest.variants[0], edit_ms=took),))
        assert slow_variants(timed, tiers) == expected
        assert slow_variants(replace(timed, tier=None), tiers) == {}


def test_a_pack_may_not_claim_more_than_its_tier(tmp_path: Path) -> None:
    text = local().replace('["tone.adjust"]', '["tone.adjust", "freeform"]')
    with pytest.raises(PublishError) as caught:
        builder(tmp_path).build(Recipe.read(text), "acme")
    assert (caught.value.hint, caught.value.data["abilities"]) == ("TIER_ABILITIES", ["freeform"])
    with pytest.raises(NotFound):
        builder(tmp_path, {}).build(Recipe.read(local()), "acme")


def test_what_the_client_would_refuse_is_not_built(tmp_path: Path) -> None:
    text = local().replace('path = "licences/CHANGES.txt"', 'path = "run.py"')
    with pytest.raises(UnsafeContent):
        builder(tmp_path).build(Recipe.read(text, version="1.1.0"), "acme")


def test_the_engine_is_what_is_installed() -> None:
    measured = engine_size()
    files = metadata.distribution("onnxruntime").files or []
    onnxruntime = sum(path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file())
    assert onnxruntime > 50_000_000
    assert engine_size("onnxruntime") >= onnxruntime
    assert onnxruntime + engine_size("click") < measured < load_tiers()["ultra-lite"].max_bytes
    with pytest.raises(NotFound):
        engine_size("no-such-distribution")


def test_weights_are_counted_in_the_graphs(tmp_path: Path) -> None:
    from cdn.build import count_params

    path = tmp_path / "net.onnx"
    path.write_bytes(graphs.affine(2.0).SerializeToString())
    assert count_params(path) > 0
    other = tmp_path / "net.txt"
    other.write_bytes(path.read_bytes())
    assert count_params(other) == 0


def test_resolutions_that_do_the_same_are_refused_with_their_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(folder: Path, draft: Manifest, wish: object) -> Manifest:
        return replace(draft, variants=(replace(draft.variants[0], measured={"text_px": 17, "sr_tile": tile}),))

    monkeypatch.setattr("cdn.build._proved", measured)
    tile = 128
    with pytest.raises(ResolutionsAlike) as caught:
        builder(tmp_path).build(Recipe.read(local()), "acme")
    assert (caught.value.exit_code, caught.value.data["figures"]) == (66, ["sr_tile 128", "text_px 17"])
    assert (caught.value.data["first"], caught.value.data["second"]) == (
        "acme/sample:256@1.0.0",
        "acme/sample:512@1.0.0",
    )
    assert not list((tmp_path / "build").glob("*/build.json")), "a refused build counts as finished"


def test_resolutions_that_differ_in_one_figure_are_both_built(tmp_path: Path) -> None:
    manifests = builder(tmp_path).build(Recipe.read(local()), "acme").manifests
    refuse_alike(manifests)  # nothing was measured, so nothing is known to be alike
    refuse_alike([with_figures(item, text_px=17, sr_tile=item.resolution or 0) for item in manifests])
    with pytest.raises(ResolutionsAlike):
        refuse_alike([with_figures(item, text_px=17) for item in manifests])


def with_figures(manifest: Manifest, **figures: int) -> Manifest:
    return replace(manifest, variants=(replace(manifest.variants[0], measured=figures),))
