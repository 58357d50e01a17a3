"""Builds without an optional source: fewer abilities, said and signed, and never mixed up with the full build."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdn.__main__ import cli
from cdn.recipe import Recipe
from cdn.reduced import obtainable, without
from cdn.sources.packages import PackageShelf, digest_of
from cdn.workspace import Workspace
from qie_hub.errors import SourceError, VersionConflict
from tests.unit.test_cdn_recipe import TEXT

LOOSE = """
[sources.extra]
npm = "tiny-nets@1.0.0"
sha256 = "{sha}"
optional = true
[[files]]
path = "extra.txt"
source = "extra"
members = ["package/extra.txt"]
stage = "locate"
licence = "MIT"
[needs]
"text.add" = ["extra.txt"]
"""


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    """The npm package of the recipe."""
    path = tmp_path / "tiny-nets-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("package/extra.txt")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"extra"))
    return path


@pytest.fixture
def text(tarball: Path) -> str:
    """A recipe whose only package is npm's and optional; everything else stands in the recipe itself."""
    start = TEXT.index("[[files]]")
    local = TEXT[:start] + TEXT[TEXT.index("[[files]]", start + 1) :]
    local = local.replace('["tone.adjust"]', '["tone.adjust", "text.add"]').replace("[sources.pkg]", "[sources.unused]")
    local = local.replace("[settings]", '[settings]\nnet = "extra.txt"\ndeep = { net = "extra.txt", side = 4 }')
    return local.replace("[[variants]]", LOOSE.format(sha=digest_of(tarball)) + "[[variants]]", 1)


@pytest.fixture
def no_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without npm."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def put_on_shelf(tarball: Path, sources: Path) -> None:
    """What an earlier build with npm has left."""
    folder = sources / digest_of(tarball).hex[:16]
    folder.mkdir(parents=True)
    (folder / tarball.name).write_bytes(tarball.read_bytes())


def sign(text: str, folder: Path) -> Result:
    """Build and sign the recipe in a publisher's folder, as the command line does."""
    folder.mkdir(exist_ok=True)
    (folder / "sample.toml").write_text(text)
    return CliRunner().invoke(cli, ["sign", str(folder / "sample.toml"), "--dir", str(folder)])


@pytest.mark.usefixtures("no_npm")
def test_without_npm_the_recipe_loses_the_files_settings_and_abilities_that_depend_on_it(
    text: str, tmp_path: Path
) -> None:
    full = Recipe.read(text)
    smaller, [lack] = obtainable(full, PackageShelf(tmp_path / "shelf"))
    assert (lack.source, lack.abilities, lack.error.hint) == ("extra", ("text.add",), "SOURCE_NO_NPM")
    assert smaller.abilities == ("tone.adjust",)
    assert [file.path for file in smaller.files] == ["licences/MIT.txt"]
    assert smaller.settings_of(256) == {"common": "both", "deep": {"side": 4}, "side": 2, "resolution": 256}
    assert smaller.key != full.key


def test_with_the_source_at_hand_nothing_is_lost(text: str, tarball: Path, tmp_path: Path) -> None:
    put_on_shelf(tarball, tmp_path / "shelf")
    full = Recipe.read(text)
    assert obtainable(full, PackageShelf(tmp_path / "shelf")) == (full, ())
    assert without(full, ()) == full


def test_a_registry_that_does_not_answer_is_a_lack_too(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_userconfig", "/dev/null")
    _, [lack] = obtainable(Recipe.read(text), PackageShelf(tmp_path / "shelf"))
    assert lack.error.hint == "SOURCE_FETCH"
    assert "ECONNREFUSED" in str(lack.error.data["detail"])


def test_a_package_that_was_swapped_is_an_error_and_no_lack(
    text: str, tarball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "npm").write_text('#!/bin/sh\nprintf evil > "$(pwd)/tiny-nets-1.0.0.tgz"\n')
    (tmp_path / "bin" / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(SourceError) as caught:
        obtainable(Recipe.read(text), PackageShelf(tmp_path / "shelf"))
    assert caught.value.hint == "SOURCE_DIGEST"


@pytest.mark.usefixtures("no_npm")
def test_the_build_says_what_the_pack_will_lack_and_signs_the_rest(text: str, tmp_path: Path) -> None:
    done = sign(text, tmp_path / "cdn")
    assert done.exit_code == 0, done.output
    assert "tiny-nets@1.0.0 comes from the npm registry, and there is no npm" in done.stderr
    assert "sample@1.0.0 is built without text.add" in done.stderr
    [build] = Workspace(tmp_path / "cdn").builds()
    assert {manifest.abilities for manifest in build.manifests} == {("tone.adjust",)}


@pytest.mark.usefixtures("no_npm")
def test_a_smaller_build_and_a_full_one_never_share_a_version(text: str, tarball: Path, tmp_path: Path) -> None:
    assert sign(text, tmp_path / "cdn").exit_code == 0
    put_on_shelf(tarball, tmp_path / "cdn" / "sources")
    refused = sign(text, tmp_path / "cdn").exception
    assert isinstance(refused, VersionConflict)
    assert (refused.hint, refused.data["more"], refused.data["lacking"]) == ("VERSION_ABILITIES", ["text.add"], [])
    assert len(Workspace(tmp_path / "cdn").builds()) == 2
