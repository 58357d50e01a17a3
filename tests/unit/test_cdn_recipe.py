"""Recipes: read whole, refused whole, merged by version."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from cdn.__main__ import cli
from cdn.budget import MANIFESTS, load_tiers
from cdn.recipe import Recipe
from qie_hub.errors import LicenseNotAccepted, NotFound, PublishError

TEXT = """
schema = 1
name = "sample"
tier = "ultra-lite"
version = "1.0.0"
resolutions = [256, 512]
abilities = ["tone.adjust"]
title.en = "Sample"
[sources.pkg]
package = "tiny-models==1.0"
sha256 = "{sha}"
[[files]]
path = "net.onnx"
source = "pkg"
members = ["tiny_models/net.onnx"]
stage = "locate"
licence = "MIT"
[[files]]
path = "licences/MIT.txt"
text = "MIT"
stage = "understand"
licence = "MIT"
[[licences]]
id = "MIT"
text = "licences/MIT.txt"
[[variants]]
id = "cpu-fp32"
precision = "fp32"
provider = "cpu"
architecture = "any"
pipeline = {{ kind = "sample", api = 1 }}
requirements = {{ provider = "CPUExecutionProvider", onnxruntime = ">=1.27", client = "", memory = {{ locate = 10 }} }}
[settings]
common = "both"
side = 1
[resolution.256]
side = 2
[resolution.512]
[versions."1.0.0"]
release = 1
issued = "2026-11-23T00:00:00Z"
[versions."1.1.0"]
release = 2
issued = "2026-11-24T00:00:00Z"
resolution.512.side = 9
[[versions."1.1.0".files]]
path = "licences/CHANGES.txt"
text = "changed"
stage = "understand"
licence = "MIT"
""".format(sha="ab" * 32)


def issues(text: str) -> str:
    with pytest.raises(PublishError) as caught:
        Recipe.read(text)
    assert caught.value.hint == "BAD_RECIPE"
    return " | ".join(caught.value.data["issues"])  # type: ignore[arg-type]  # a list of texts


def test_settings_of_a_resolution_are_the_common_ones_and_its_own() -> None:
    recipe = Recipe.read(TEXT)
    assert recipe.settings_of(256) == {"common": "both", "side": 2, "resolution": 256}
    assert recipe.settings_of(512) == {"common": "both", "side": 1, "resolution": 512}


def test_a_version_changes_what_it_says_and_nothing_else() -> None:
    first, second = Recipe.read(TEXT), Recipe.read(TEXT, version="1.1.0")
    assert (first.release, second.release) == (1, 2)
    assert second.settings_of(512)["side"] == 9
    assert second.settings_of(256) == first.settings_of(256)
    assert [file.path for file in second.files] == [*(file.path for file in first.files), "licences/CHANGES.txt"]
    assert (second.sources, second.variants, second.abilities) == (first.sources, first.variants, first.abilities)


def test_the_key_follows_the_content_and_not_the_layout_of_the_file() -> None:
    assert Recipe.read(TEXT).key == Recipe.read("# a comment\n" + TEXT).key
    assert Recipe.read(TEXT).key != Recipe.read(TEXT, version="1.1.0").key
    assert Recipe.read(TEXT).key != Recipe.read(TEXT.replace('"both"', '"other"')).key


def test_an_unknown_version_names_the_known_ones() -> None:
    with pytest.raises(NotFound) as caught:
        Recipe.read(TEXT, version="3.0.0")
    assert caught.value.data["closest"] == ["1.0.0", "1.1.0"]


def test_every_issue_is_reported_at_once() -> None:
    found = issues(TEXT.replace('"Sample"', "7").replace('"locate"', '"fly"').replace("release = 1", "release = 0"))
    assert "$.title.en" in found
    assert "$.files[0].stage" in found
    assert "$.release" in found


@pytest.mark.parametrize(
    ("before", "after", "issue"),
    [
        ("tiny-models==1.0", "tiny-models>=1.0", "name==version"),
        ("tiny-models==1.0", "https://host/x==1", "name==version"),
        ('package = "tiny-models==1.0"', 'npm = "tiny-models==1.0"', "name@version"),
        ('package = "tiny-models==1.0"', 'npm = "tiny-models@latest"', "name@version"),
        ('package = "tiny-models==1.0"', 'npm = "https://host/x@1.0.0"', "name@version"),
        ('package = "tiny-models==1.0"', 'npm = "../x@1.0.0"', "name@version"),
        ('package = "tiny-models==1.0"', 'npm = "a/b/c@1.0.0"', "name@version"),
        ('tiny-models==1.0"', 'tiny-models==1.0"\noptional = true', "net.onnx comes from an optional source"),
        ("[settings]", '[needs]\n"tone.adjust" = ["none.onnx"]\n[settings]', "none.onnx is named but not listed"),
        ("[settings]", '[needs]\n"text.add" = ["net.onnx"]\n[settings]', "text.add is no ability"),
        ('source = "pkg"', 'source = "other"', "source 'other', which is not listed"),
        ('path = "net.onnx"', 'path = "../net.onnx"', "unsafe path"),
        ('path = "net.onnx"', 'path = "LICENCES/mit.txt"', "same path"),
        ('members = ["tiny_models/net.onnx"]', "", "either a source with members or a text"),
        ('members = ["tiny_models/net.onnx"]', 'members = ["a", "b"]', "needs a converter"),
        ('id = "MIT"', 'id = "BSD"', "licence 'MIT', which is not listed"),
        ('text = "licences/MIT.txt"', 'text = "licences/none.txt"', "licences/none.txt is named but not listed"),
        ("resolutions = [256, 512]", "resolutions = [256, 300]", "$.resolutions"),
        ("resolutions = [256, 512]", "resolutions = [256, 1024]", "$.resolution.1024"),
        ("side = 1", "side = 1.5", "float"),
        ("schema = 1", "schema = 2", "$.schema"),
        ("[settings]", "[settings", "end of a table"),
    ],
)
def test_a_malformed_recipe_is_refused_with_the_reason(before: str, after: str, issue: str) -> None:
    assert before in TEXT
    assert issue.lower() in issues(TEXT.replace(before, after, 1)).lower()


def test_a_recipe_that_is_not_there_names_the_others(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(TEXT)
    with pytest.raises(NotFound) as caught:
        Recipe.load(tmp_path / "sample.toml")
    assert caught.value.data["closest"] == ["other"]


@pytest.mark.parametrize("path", sorted((MANIFESTS / "packs").glob("*.toml")), ids=lambda path: path.stem)
def test_every_version_of_every_recipe_in_the_house_reads_and_keeps_to_its_tier(path: Path) -> None:
    tiers = load_tiers()
    versions = tomllib.loads(path.read_text(encoding="utf-8"))["versions"]
    recipes = [Recipe.load(path, version=version) for version in versions]
    releases = [recipe.release for recipe in sorted(recipes, key=lambda recipe: recipe.version)]
    assert releases == sorted(set(releases))
    for recipe in recipes:
        assert recipe.name == path.stem
        assert recipe.tier is None or set(recipe.abilities) <= set(tiers[recipe.tier].abilities)
        assert {"en", "zh"} == set(recipe.title)
        assert (recipe.golden is not None) == bool(recipe.abilities), "only a component edits nothing by itself"
        assert recipe.golden is None or set(recipe.golden.abilities) == set(recipe.abilities)
        marks = {"pip": "==", "npm": "@"}
        assert all(marks[source.tool] in source.requirement[1:] for source in recipe.sources.values())


def test_the_announced_tier_can_do_more_than_the_small_one() -> None:
    tiers = load_tiers()
    assert set(tiers["ultra-lite"].abilities) < set(tiers["pro"].abilities)
    assert tiers["ultra-lite"].max_bytes == 500_000_000
    assert "Qwen-Image-Edit" in tiers["pro"].title["en"]
    assert "Qwen-Image-Edit" in tiers["pro"].title["zh"]


def test_the_component_of_unclear_terms_has_to_be_asked_for_and_agreed_to() -> None:
    component = Recipe.load(MANIFESTS / "packs" / "matting-isnet.toml")
    assert (component.tier, component.abilities) == (None, ())
    [licence] = component.to_accept
    assert licence == "AGPL-3.0 (packaging); weights licence disputed, training data non-commercial"
    pack = Recipe.load(MANIFESTS / "packs" / "ultra-lite.toml")
    assert not {source.requirement for source in component.sources.values()} & {
        source.requirement for source in pack.sources.values()
    }
    assert pack.to_accept == ()


def test_nothing_is_fetched_before_its_terms_were_shown_and_agreed_to(tmp_path: Path) -> None:
    refused = CliRunner().invoke(cli, ["build", "matting-isnet", "--dir", str(tmp_path)])
    assert isinstance(refused.exception, LicenseNotAccepted)
    assert refused.exception.exit_code == 7
    assert "the data set that they were trained on, DIS5K, is for non-commercial use" in refused.stderr
    assert not (tmp_path / "sources").exists()
    other = CliRunner().invoke(cli, ["build", "matting-isnet", "--dir", str(tmp_path), "--accept-license", "MIT"])
    assert isinstance(other.exception, LicenseNotAccepted)
