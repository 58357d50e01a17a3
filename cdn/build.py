"""From a recipe to a build: a folder with every file, every file index and one manifest per resolution.

Layout of a build::

    files/<path of the pack file>      indexes/<sha256>      manifests/<resolution or any>.json
    build.json                         written last: a build without it does not exist and is made anew

Invariants: a build is named by its recipe's key and its publisher, so asking again returns what is there; no manifest
leaves this module that breaks its tier's budget or that `Manifest.from_bytes` would refuse.

Example::

    made = Builder(Path("build"), PackageShelf(Path("sources"))).build(recipe, "qie")
    made.manifests[0].target_path, made.source(file), made.index(file)
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cdn import budget, golden
from cdn.ladder import refuse_alike
from cdn.recipe import FileRecipe, Recipe
from cdn.shard import cut
from cdn.sources import converter
from cdn.sources.packages import PackageShelf
from cdn.tensors import spans_of
from cdn.variants import GoldenRecipe, VariantRecipe
from qie_hub import atomic
from qie_hub.digest import Digest
from qie_hub.formats import canonical
from qie_hub.formats.fileindex import CHUNK_MAX, FileIndex
from qie_hub.formats.index import Tier
from qie_hub.formats.manifest import Manifest, PackFile, Variant
from qie_hub.runtime.gate import check as check_content

BUILDER: Final = 2
"""Raise it when the same recipe would make other bytes: builds of another number are not reused."""


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build folder and the manifests in it, one per resolution."""

    folder: Path
    manifests: tuple[Manifest, ...]

    def source(self, file: PackFile) -> Path:
        """Where the bytes of a pack file lie."""
        return self.folder / "files" / file.path

    def index(self, file: PackFile) -> FileIndex:
        """The file index of a pack file."""
        if file.index is None:
            return FileIndex.of_small(file.size, file.sha256)
        return FileIndex.from_bytes(self.index_bytes(file.index))

    def index_bytes(self, digest: Digest) -> bytes:
        """The bytes of a file index."""
        return (self.folder / "indexes" / str(digest)).read_bytes()

    @classmethod
    def open(cls, folder: Path) -> Build | None:
        """Return the build in ``folder``, None where there is no finished one."""
        try:
            facts = canonical.loads((folder / "build.json").read_bytes(), what="build")
        except FileNotFoundError:
            return None
        names = [str(name) for name in facts["manifests"]]
        manifests = (Manifest.from_bytes((folder / "manifests" / name).read_bytes()) for name in names)
        return cls(folder, tuple(manifests))


class Builder:
    """Makes builds below ``folder`` from sources on ``shelf``."""

    def __init__(self, folder: Path, shelf: PackageShelf, tiers: Mapping[str, Tier] | None = None) -> None:
        self._folder = folder
        self._shelf = shelf
        self._tiers = budget.load_tiers() if tiers is None else tiers

    def build(self, recipe: Recipe, publisher: str) -> Build:
        """Return the recipe's build, making it on first use.

        Raises:
            SourceError: a source cannot be had or is not what the recipe pins.
            BudgetExceeded: the pack breaks its tier's budget.
            UnsafeContent: a file would be refused by every client.
            QualityTooLow: the golden edit was refused, failed or is not plausible.
            ResolutionsAlike: a resolution does the same as the next one.
        """
        key = Digest.of(canonical.dumps([BUILDER, str(recipe.key), publisher])).hex[:12]
        folder = self._folder / f"{publisher}-{recipe.name}-{recipe.version}-{key}"
        done = Build.open(folder)
        if done is not None:
            return done
        shutil.rmtree(folder, ignore_errors=True)
        files = self._files(recipe, folder)
        drafts = self._manifests(recipe, publisher, folder, files)
        engine = budget.engine_size()
        for draft in drafts:
            budget.check(draft, self._tiers, engine)
            for variant in draft.variants:
                check_content(folder / "files", draft, variant)
        made = Build(folder, tuple(_proved(folder, draft, wish) for draft, wish in _wishes(drafts, recipe.golden)))
        refuse_alike(made.manifests)
        for manifest in made.manifests:
            budget.check(manifest, self._tiers, engine)
        finish(made, engine)
        return made

    def _files(self, recipe: Recipe, folder: Path) -> tuple[PackFile, ...]:
        for file in recipe.files:
            goal = folder / "files" / file.path
            goal.parent.mkdir(parents=True, exist_ok=True)
            self._obtain(recipe, file, goal)
        return tuple(describe(folder, file) for file in recipe.files)

    def _obtain(self, recipe: Recipe, file: FileRecipe, goal: Path) -> None:
        if file.source is None:
            goal.write_text((file.text or "").lstrip("\n"), encoding="utf-8")
            return
        package = self._shelf.fetch(recipe.sources[file.source])
        if file.convert is None:
            with self._shelf.member(package, file.members[0]) as stream, goal.open("wb") as out:
                shutil.copyfileobj(stream, out, 1 << 20)
            return
        members = self._shelf.read(package, file.members)
        goal.write_bytes(converter(file.convert)(members, file.options))

    def _manifests(self, recipe: Recipe, publisher: str, folder: Path, files: Sequence[PackFile]) -> list[Manifest]:
        params = {file.path: count_params(folder / "files" / file.path) for file in files}
        return [_manifest(recipe, publisher, resolution, files, params) for resolution in recipe.resolutions]


def count_params(path: Path) -> int:
    """Count the weights of an ONNX graph, wherever they are stored; 0 for every other file."""
    if path.suffix != ".onnx":
        return 0
    import math

    import onnx

    model = onnx.load(str(path), load_external_data=False)
    constants = [attribute.t for node in model.graph.node if node.op_type == "Constant" for attribute in node.attribute]
    floats = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8, onnx.TensorProto.UINT8}
    tensors = [tensor for tensor in (*model.graph.initializer, *constants) if tensor.data_type in floats]
    return sum(math.prod(tensor.dims) for tensor in tensors)


def describe(folder: Path, file: FileRecipe) -> PackFile:
    """Cut one file, keep its index, and return its row."""
    path = folder / "files" / file.path
    graphs = sorted(path.parent.glob("*.onnx"))
    index, digest = cut(path, spans_of(path, graphs))
    row = PackFile(file.path, index.size, digest, file.stage, file.licence)
    if index.size <= CHUNK_MAX:
        return row
    data = index.to_bytes()
    name = Digest.of(data)
    (folder / "indexes").mkdir(exist_ok=True)
    (folder / "indexes" / str(name)).write_bytes(data)
    return replace(row, index=name, index_size=len(data))


def _manifest(
    recipe: Recipe, publisher: str, resolution: int | None, files: Sequence[PackFile], params: Mapping[str, int]
) -> Manifest:
    settings = recipe.settings_of(resolution)
    return Manifest(
        publisher=publisher,
        name=recipe.name,
        resolution=resolution,
        version=recipe.version,
        release=recipe.release,
        tier=recipe.tier,
        issued=recipe.issued,
        title=recipe.title,
        abilities=recipe.abilities,
        files=tuple(files),
        variants=tuple(_variant(item, files, settings, params) for item in recipe.variants),
        licences=recipe.licences,
        optional=recipe.optional,
    )


def _variant(
    item: VariantRecipe, files: Sequence[PackFile], settings: Mapping[str, object], params: Mapping[str, int]
) -> Variant:
    chosen = item.files or tuple(file.path for file in files)
    disk = sum(file.size for file in files if file.path in set(chosen))
    return Variant(
        id=item.id,
        precision=item.precision,
        provider=item.provider,
        architecture=item.architecture,
        params=sum(params[path] for path in chosen),
        peak_ram=item.requirements.peak_memory,
        pipeline=replace(item.pipeline, settings=settings),
        requirements=replace(item.requirements, disk=disk),
        files=chosen,
    )


def _wishes(drafts: Sequence[Manifest], wish: GoldenRecipe | None) -> Iterator[tuple[Manifest, GoldenRecipe | None]]:
    """What each resolution proves; that every ability is there does not depend on it, so the first one shows it."""
    for number, draft in enumerate(drafts):
        yield draft, wish if wish is None or number == 0 else replace(wish, abilities={}, boxes={})


def _proved(folder: Path, draft: Manifest, wish: GoldenRecipe | None) -> Manifest:
    """The manifest with its golden edit and what was measured, after the pack has edited for real."""
    if wish is None:
        return draft
    files = folder / "files"
    if not (files / golden.PICTURE).exists():
        golden.write_picture(files, wish)
    proof = golden.prove(files, draft, wish)
    pictures = tuple(
        describe(folder, FileRecipe(path, "understand", wish.licence))
        for path in (proof.golden.picture, proof.golden.expected)
    )
    variants = tuple(_with_files(item, pictures) for item in (proof.variant, *draft.variants[1:]))
    return replace(draft, files=(*draft.files, *pictures), variants=variants, golden=proof.golden)


def _with_files(variant: Variant, more: Sequence[PackFile]) -> Variant:
    disk = variant.requirements.disk + sum(file.size for file in more)
    return replace(
        variant,
        files=(*variant.files, *(file.path for file in more)),
        requirements=replace(variant.requirements, disk=disk),
    )


def finish(made: Build, engine: int) -> None:
    """Write the manifests, then the mark that the build is whole."""
    names = []
    for manifest in made.manifests:
        data = manifest.to_bytes()
        Manifest.from_bytes(data)
        names.append(f"{manifest.ref.resolution_text}.json")
        atomic.write(made.folder / "manifests" / names[-1], data)
    atomic.write(made.folder / "build.json", canonical.dumps({"manifests": names, "engine_bytes": engine}))
