"""Recipes: reviewed data that says what a pack is made of.

A recipe (``manifests/packs/<name>.toml``) names its sources, files, variants, settings and releases. `Recipe.read`
merges the section of the asked version over the rest and checks everything at once; what comes out is a frozen value.

Invariants: the same text and version give the same recipe and the same ``key``; a file has exactly one origin
(a source with members, or a text of its own); every licence and source that is named is there.

Example::

    recipe = Recipe.load(Path("manifests/packs/ultra-lite.toml"), version="1.1.0")
    recipe.settings_of(512)["ocr_limit_side"]
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cdn.variants import GoldenRecipe, VariantRecipe
from qie_hub.digest import Digest
from qie_hub.errors import FormatError, NotFound, PublishError
from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.manifest import STAGES, Licence
from qie_hub.packref import RESOLUTIONS, Version, check_name

SCHEMA: Final = 1
# A plain name, or one in a scope, and an exact version: nothing that npm would read as a path, a URL or a tag.
_NPM: Final = re.compile(r"(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*@\d+\.\d+\.\d+")
_ZERO = Version(0, 0, 0)


@dataclass(frozen=True, slots=True)
class PackageSource:
    """A public package, pinned by name, version and the SHA-256 of the file that its ``tool`` downloads.

    ``requirement`` is ``name==version`` for pip and ``name@version`` for npm. A build goes on without an ``optional``
    source that cannot be had, and the pack without what comes out of it.
    """

    id: str
    requirement: str
    sha256: Digest
    tool: str = "pip"
    optional: bool = False

    @classmethod
    def read(cls, fields: Fields, source_id: str) -> PackageSource:
        """Read the table: one of the keys ``package`` (pip) and ``npm``."""
        npm = fields.optional("npm", lambda key: fields.text(key, limit=200))
        if npm is None:
            requirement, tool = fields.text("package", limit=200), "pip"
            if requirement.count("==") != 1 or any(mark in requirement for mark in " ;@/<>~!"):
                fields.complain("package", "not name==version")
        else:
            requirement, tool = npm, "npm"
            if _NPM.fullmatch(npm) is None:
                fields.complain("npm", "not name@version")
        optional = fields.anything("optional") is True
        return cls(source_id, requirement, fields.digest("sha256"), tool, optional)


@dataclass(frozen=True, slots=True)
class FileRecipe:
    """One file of the pack: members of a source (converted or not), or a ``text`` of the recipe itself.

    ``options`` are what its converter has to know about this network.
    """

    path: str
    stage: str
    licence: str
    source: str | None = None
    members: tuple[str, ...] = ()
    convert: str | None = None
    text: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: Fields) -> FileRecipe:
        """Read the table."""
        stage = fields.text("stage", limit=40)
        if stage not in STAGES:
            fields.complain("stage", f"not one of {', '.join(STAGES)}")
        file = cls(
            path=fields.file_path("path"),
            stage=stage,
            licence=fields.text("licence", limit=100),
            source=fields.optional("source", fields.text),
            members=fields.optional("members", fields.texts) or (),
            convert=fields.optional("convert", fields.text),
            text=fields.optional("text", lambda key: fields.text(key, limit=1 << 16)),
            options=fields.anything("options") or {},
        )
        if (file.text is None) == (file.source is None) or bool(file.members) != (file.source is not None):
            fields.complain("source", "a file has either a source with members or a text")
        if file.convert is None and len(file.members) > 1:
            fields.complain("members", "more than one needs a converter")
        return file


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe at one version. ``key`` identifies what it builds; ``resolutions`` is (None,) where it has none.

    ``needs`` names, by ability, files without which the pack does not have it; ``optional`` components that add to it.
    """

    name: str
    version: Version
    release: int
    issued: str
    tier: str | None
    title: Mapping[str, str]
    abilities: tuple[str, ...]
    resolutions: tuple[int | None, ...]
    sources: Mapping[str, PackageSource]
    files: tuple[FileRecipe, ...]
    variants: tuple[VariantRecipe, ...]
    licences: tuple[Licence, ...]
    settings: Mapping[str, Any]
    settings_by_resolution: Mapping[str, Mapping[str, Any]]
    golden: GoldenRecipe | None
    key: Digest
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path, *, version: str | None = None) -> Recipe:
        """Read a recipe file.

        Raises:
            NotFound: no such file, or it has no such version.
            PublishError: hint BAD_RECIPE with every issue.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            known = sorted(other.stem for other in path.parent.glob("*.toml"))
            raise NotFound(hint="NOT_AMONG", what="recipe", name=path.stem, closest=known) from None
        return cls.read(text, version=version)

    @classmethod
    def read(cls, text: str, *, version: str | None = None) -> Recipe:
        """Read a recipe's text; see `load`."""
        try:
            value = _at_version(tomllib.loads(text), version)
            key = Digest.of(canonical.dumps(value))
        except (tomllib.TOMLDecodeError, FormatError) as error:
            raise PublishError(hint="BAD_RECIPE", issues=[str(error)]) from None
        issues = Issues("recipe")
        recipe = cls._read(Fields(value, issues), key)
        if issues.found:
            raise PublishError(hint="BAD_RECIPE", issues=issues.found)
        return recipe

    @classmethod
    def _read(cls, fields: Fields, key: Digest) -> Recipe:
        fields.integer("schema", low=SCHEMA, high=SCHEMA)
        recipe = cls(
            name=fields.parsed("name", check_name, "invalid"),
            version=fields.parsed("version", Version.parse, _ZERO),
            release=fields.integer("release", low=1),
            issued=fields.moment("issued"),
            tier=fields.optional("tier", fields.text),
            title=fields.table("title", lambda inner, name: inner.text(name, limit=200), limit=20),
            abilities=fields.texts("abilities"),
            resolutions=_resolutions(fields),
            sources=fields.table("sources", lambda inner, name: PackageSource.read(inner.inner(name), name)),
            files=fields.items("files", FileRecipe.read),
            variants=fields.items("variants", VariantRecipe.read, limit=64),
            licences=fields.items("licences", _licence, limit=64),
            settings=fields.anything("settings") or {},
            settings_by_resolution=fields.anything("resolution") or {},
            golden=fields.optional("golden", lambda name: GoldenRecipe.read(fields.inner(name))),
            key=key,
            optional=fields.optional("optional", fields.texts) or (),
            needs=fields.optional("needs", lambda name: fields.table(name, lambda inner, item: inner.texts(item)))
            or {},
        )
        _check(recipe, fields)
        return recipe

    @property
    def to_accept(self) -> tuple[str, ...]:
        """Ids of licences that a person has to agree to, before the pack is built and again before it is installed."""
        return tuple(licence.id for licence in self.licences if licence.accept)

    def settings_of(self, resolution: int | None) -> dict[str, Any]:
        """The pipeline settings of a resolution: the common ones, its own, and ``resolution`` itself."""
        own = {} if resolution is None else {"resolution": resolution, **self.settings_by_resolution[str(resolution)]}
        return {**self.settings, **own}


def _at_version(value: dict[str, Any], version: str | None) -> dict[str, Any]:
    wanted = version or value.get("version")
    versions = value.pop("versions", {})
    if wanted not in versions:
        raise NotFound(hint="NOT_AMONG", what="version", name=wanted, closest=sorted(versions))
    merged = _merge(value, versions[wanted])
    return {**merged, "version": wanted}


def _merge(base: Any, over: Any) -> Any:
    """Tables merge key by key, lists of tables are appended, everything else is replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{key: _merge(base[key], item) if key in base else item for key, item in over.items()}}
    if isinstance(base, list) and isinstance(over, list) and all(isinstance(item, dict) for item in over):
        return [*base, *over]
    return copy.deepcopy(over)


def _resolutions(fields: Fields) -> tuple[int | None, ...]:
    listed = fields.anything("resolutions")
    if listed is None:
        return (None,)
    if not isinstance(listed, list) or not listed or any(item not in RESOLUTIONS for item in listed):
        fields.complain("resolutions", f"not a list of {RESOLUTIONS}")
        return ()
    for item in listed:
        if not isinstance((fields.anything("resolution") or {}).get(str(item)), dict):
            fields.complain(f"resolution.{item}", "missing")
    return tuple(listed)


def _licence(fields: Fields) -> Licence:
    return Licence(fields.text("id", limit=100), fields.file_path("text"), fields.anything("accept") is True)


def _check(recipe: Recipe, fields: Fields) -> None:
    paths = [file.path for file in recipe.files]
    licences = {licence.id for licence in recipe.licences}
    for file in recipe.files:
        if file.licence not in licences:
            fields.complain("files", f"{file.path} has licence {file.licence!r}, which is not listed")
        if file.source is not None and file.source not in recipe.sources:
            fields.complain("files", f"{file.path} has source {file.source!r}, which is not listed")
    if len({path.lower() for path in paths}) != len(paths):
        fields.complain("files", "two files have the same path (case ignored)")
    named = {licence.text for licence in recipe.licences}
    if recipe.golden is not None:
        named.add(recipe.golden.font)
        if recipe.golden.licence not in licences:
            fields.complain("golden", f"licence {recipe.golden.licence!r} is not listed")
        if recipe.golden.abilities and set(recipe.golden.abilities) != set(recipe.abilities):
            fields.complain("golden.abilities", "not one sentence for each ability of the pack")
    named |= {path for variant in recipe.variants for path in variant.files or ()}
    named |= {path for needed in recipe.needs.values() for path in needed}
    for path in sorted(named - set(paths)):
        fields.complain("files", f"{path} is named but not listed")
    _check_optional(recipe, fields)
    if not recipe.variants:
        fields.complain("variants", "empty")


def _check_optional(recipe: Recipe, fields: Fields) -> None:
    """What may be missing is missed by some ability, and by nothing that a pack cannot be without."""
    optional = {source.id for source in recipe.sources.values() if source.optional}
    loose = {file.path for file in recipe.files if file.source in optional}
    needed = {path for paths in recipe.needs.values() for path in paths}
    fixed = {licence.text for licence in recipe.licences} | ({recipe.golden.font} if recipe.golden else set())
    for path in sorted(loose - needed):
        fields.complain("needs", f"{path} comes from an optional source, and no ability needs it")
    for path in sorted(loose & fixed):
        fields.complain("files", f"{path} comes from an optional source, and no pack can do without it")
    for ability in sorted(set(recipe.needs) - set(recipe.abilities)):
        fields.complain("needs", f"{ability} is no ability of the pack")
