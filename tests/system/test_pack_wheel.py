"""Two ``pip install``s and no network give a working editor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from tests.support import ultra_lite

ROOT = Path(__file__).resolve().parents[2]


def run(*words: object, **more: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=ROOT, **more)
    assert done.returncode == 0, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    workspace = ultra_lite.workspace()
    run(sys.executable, "-m", "cdn", "wheel", "ultra-lite", "--dir", workspace, "-o", folder)
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """A fresh environment with the two wheels and what they require, nothing else."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    run(sys.executable, "-m", "venv", venv)
    hub = next(wheels.glob("qie_hub-*.whl"))
    pack = next(wheels.glob("qie_hub_pack*.whl"))
    pip = (venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "-c", ROOT / "constraints.txt", f"{hub}[edit]", pack)
    return venv


def photo_with_watermark(folder: Path) -> Path:
    picture = Image.fromarray(data.chelsea()).resize((902, 600))
    layer = Image.new("L", picture.size, 0)
    ImageDraw.Draw(layer).text((480, 500), "PHOTO SAMPLE", font=ImageFont.load_default(size=54), fill=150)
    marked = Image.composite(Image.new("RGB", picture.size, "white"), picture, layer)
    path = folder / "photo.jpg"
    marked.save(path, quality=90)
    return path


def test_two_wheels_and_no_network_edit_a_photograph(clean: Path, tmp_path: Path) -> None:
    photo = photo_with_watermark(tmp_path)
    home = tmp_path / "home"
    words = ["unshare", "-n", clean / "bin" / "qie-hub", "--home", home, "run", photo, "去掉水印", "--install"]
    run(*words, "-o", tmp_path / "out.png")
    before = np.asarray(Image.open(photo).convert("RGB")).astype(int)
    after = np.asarray(Image.open(tmp_path / "out.png").convert("RGB")).astype(int)
    changed = np.abs(before - after).max(axis=2) > 0
    assert after.shape == before.shape
    assert changed[480:570, 470:].any()
    assert not changed[:380].any()


def test_the_core_installs_without_the_edit_engine(
    wheels: Path, clean: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    venv = tmp_path_factory.mktemp("core") / "venv"
    run(sys.executable, "-m", "venv", venv)
    pip = (venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check")
    run(
        *pip, "-c", ROOT / "constraints.txt", next(wheels.glob("qie_hub-*.whl")), next(wheels.glob("qie_hub_pack*.whl"))
    )
    home = venv.parent / "home"
    code = "import importlib.util as u; assert not any(u.find_spec(n) for n in ('numpy', 'cv2', 'onnxruntime', 'PIL'))"
    run(venv / "bin" / "python", "-c", code)
    run("unshare", "-n", venv / "bin" / "qie-hub", "--home", home, "install", "ultra-lite:512")
    assert "ultra-lite:512" in run(venv / "bin" / "qie-hub", "--home", home, "list")
    done = subprocess.run(
        [venv / "bin" / "qie-hub", "--home", home, "run", photo_with_watermark(venv.parent), "去掉水印"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 50
    assert "qie-hub[edit]" in done.stderr
