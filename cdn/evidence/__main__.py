"""Run each network in its own framework and keep what comes out; see the package."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from cdn.budget import MANIFESTS
from cdn.evidence import CROPS
from cdn.recipe import FileRecipe, Recipe
from cdn.sources.packages import PackageShelf

HERE: Final = Path(__file__).parent
GOLDEN: Final = HERE.parent.parent / "tests" / "golden" / "nets"


@dataclass(frozen=True, slots=True)
class Witness:
    """A network of a recipe, the side of its input in pixels, and who can run it: packages and a program."""

    path: str
    side: int
    packages: tuple[str, ...]
    program: Path

    @property
    def golden(self) -> Path:
        """Where its numbers are kept."""
        return GOLDEN / f"{Path(self.path).stem}.npz"


WITNESSES: Final = (
    Witness("detect/ssdlite.onnx", 300, ("tensorflow-cpu==2.18.1",), HERE / "tensorflow_ssdlite.py"),
    Witness("sr/span_x4.onnx", 32, ("ncnn==1.0.20261020", "numpy==2.4.6"), HERE / "ncnn_span.py"),
    Witness("portrait/selfie.onnx", 256, ("mediapipe==0.10.14",), HERE / "mediapipe_selfie.py"),
)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("build/evidence"), show_default=True)
def main(names: tuple[str, ...], folder: Path) -> None:
    """Run the networks NAMES (all by default) in environments below --dir; their numbers go to tests/golden/nets."""
    recipe = Recipe.load(MANIFESTS / "packs" / "ultra-lite.toml")
    files = {file.path: file for file in recipe.files}
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for witness in WITNESSES:
        if names and Path(witness.path).stem not in names:
            continue
        python = _environment(folder / Path(witness.path).stem, witness.packages)
        with tempfile.TemporaryDirectory() as temp:
            parts = _members(recipe, files[witness.path], PackageShelf(folder / "sources"), Path(temp))
            _pictures(witness.side, Path(temp) / "pictures.npz")
            words = [str(python), str(witness.program), f"{temp}/pictures.npz", str(witness.golden), *parts]
            subprocess.run(words, check=True)
        click.echo(witness.golden)


def _environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """The interpreter of an environment with these packages."""
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def _members(recipe: Recipe, file: FileRecipe, shelf: PackageShelf, folder: Path) -> list[str]:
    """The source's own files, as the converter gets them."""
    package = shelf.fetch(recipe.sources[str(file.source)])
    paths = []
    for name, data in zip(file.members, shelf.read(package, file.members), strict=True):
        paths.append(folder / Path(name).name)
        paths[-1].write_bytes(data)
    return [str(path) for path in paths]


def _pictures(side: int, goal: Path) -> None:
    import numpy as np

    np.savez(goal, **{name: crop(name, side) for name in CROPS})


def crop(name: str, side: int) -> Any:
    """The square part of a photograph that the networks look at: side x side x 3, uint8."""
    import numpy as np
    import skimage.data
    from PIL import Image

    top, left = CROPS[name]
    with Image.open(Path(skimage.data.__file__).parent / name) as photo:
        return np.asarray(photo.convert("RGB"))[top : top + side, left : left + side]


if __name__ == "__main__":
    main()
