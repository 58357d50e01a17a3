"""A loaded pack for tests of the lite pipeline: the recipe's files, made as the builder makes them, and the runtime.

Nothing is faked: models and fonts come out of the packages that the recipe pins by digest (fetched once, kept under
``build/``), converted nets through the project's converters, the sessions from `PackSessions`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from cdn.recipe import FileRecipe, Recipe
from cdn.sources import converter
from cdn.sources.packages import PackageShelf
from qie_hub import atomic
from qie_hub.formats.manifest import Manifest, PipelineSpec, Variant
from qie_hub.runtime.sessions import PackSessions

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "test-cache"


def lite_pack(resolution: int = 512, *, abilities: tuple[str, ...] | None = None, **changed: Any) -> PackSessions:
    """A fresh pack of a resolution; ``abilities`` replaces what it signs up to, ``changed`` replaces settings."""
    recipe = lite_recipe()
    wanted = recipe.variants[0]
    names = tuple(file.path for file in recipe.files if file.path.endswith((".onnx", ".otf")))
    settings = {**recipe.settings_of(resolution), **changed}
    variant = Variant(
        wanted.id, wanted.precision, wanted.provider, wanted.architecture, 8_000_000, 1 << 30,
        PipelineSpec(wanted.pipeline.kind, wanted.pipeline.api, settings), wanted.requirements, names,
    )  # fmt: skip
    manifest = Manifest(
        publisher="test", name=recipe.name, resolution=resolution, version=recipe.version, release=recipe.release,
        tier=recipe.tier, issued=recipe.issued, title=recipe.title, abilities=abilities or recipe.abilities, files=(),
        variants=(variant,), licences=(),
    )  # fmt: skip
    return PackSessions(manifest, variant, lite_folder())


@lru_cache
def lite_recipe() -> Recipe:
    """The recipe that the project ships."""
    return Recipe.load(ROOT / "manifests" / "packs" / "ultra-lite.toml")


@lru_cache
def lite_folder() -> Path:
    """A folder with the recipe's graphs and fonts under their names in the pack."""
    recipe, shelf = lite_recipe(), PackageShelf(CACHE / "sources")
    folder = CACHE / f"lite-{recipe.key.hex[:16]}"
    for file in recipe.files:
        if file.path.endswith((".onnx", ".otf")) and not (folder / file.path).is_file():
            atomic.write(folder / file.path, _bytes_of(file, recipe, shelf))
    return folder


def _bytes_of(file: FileRecipe, recipe: Recipe, shelf: PackageShelf) -> bytes:
    parts = shelf.read(shelf.fetch(recipe.sources[str(file.source)]), file.members)
    return parts[0] if file.convert is None else converter(file.convert)(parts, file.options)
