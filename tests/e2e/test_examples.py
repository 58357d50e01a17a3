"""The examples run. What has no host library on the package index is named in its docstring as untested there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from qie_hub.hub import Hub
from tests.support import ultra_lite

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "home"
    with Hub(home=str(home), refresh="never") as hub:
        hub.origin_add(ultra_lite.line())
    monkeypatch.setenv("QIE_HUB_HOME", str(home))
    monkeypatch.setenv("QIE_HUB_REFRESH", "never")
    yield home


def test_an_app_fetches_on_demand_and_edits(home: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(data.coffee()).save(photo)
    words = [sys.executable, str(ROOT / "examples" / "on_demand.py"), "ultra-lite:512", str(photo), "调亮一点,暖色调"]
    first = subprocess.run(words, capture_output=True, text=True, env=os.environ)
    assert first.returncode == 0, first.stderr
    assert "100 %" in first.stdout
    assert "is ready" in first.stdout
    with Image.open(tmp_path / "photo.edited.png") as edited:
        assert np.asarray(edited).mean() > data.coffee().mean()
    again = subprocess.run(words, capture_output=True, text=True, env=os.environ)
    assert "MB to fetch" not in again.stdout


def test_the_comfyui_node_edits_a_batch_of_float_pictures(home: Path) -> None:
    """ComfyUI itself is not on the package index: the node is called as ComfyUI calls it, with arrays for tensors."""
    with Hub(home=str(home), refresh="never") as hub:
        hub.install("ultra-lite:512").wait()
    from examples import comfyui_node

    node = comfyui_node.NODE_CLASS_MAPPINGS["QieHubEdit"]()
    batch = np.stack([data.coffee(), data.coffee()[:, ::-1]]).astype(np.float32) / 255
    assert "sentence" in node.INPUT_TYPES()["required"]
    pictures, masks = getattr(node, node.FUNCTION)(batch, "调亮一点")
    assert pictures.shape == batch.shape
    assert pictures.mean() > batch.mean()
    assert masks.shape == batch.shape[:3]
    comfyui_node._editor().close()
    comfyui_node._editor.cache_clear()
