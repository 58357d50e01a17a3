"""A recipe without the optional sources that cannot be had: fewer files, and fewer abilities, signed as such.

A pack never signs up to an edit whose parts it does not hold. So a build on a machine without npm, or with a registry
that does not answer, makes a smaller pack that says so, instead of none or of one that fails at its user's.

Invariants: a source that came with another digest than the pinned one is an error and never a lack; the smaller recipe
has a key of its own, so its build is never mistaken for the full one's; what is left is a valid recipe.

Example::

    recipe, lacks = obtainable(Recipe.load(path), shelf)
    for lack in lacks: print(lack.source, lack.abilities)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from cdn.recipe import Recipe
from cdn.sources.packages import PackageShelf
from qie_hub.digest import Digest
from qie_hub.errors import SourceError
from qie_hub.formats import canonical

TOLERATED: Final = frozenset({"SOURCE_FETCH", "SOURCE_NO_NPM"})
"""Hints of the errors that mean "not to be had here and now"."""


@dataclass(frozen=True, slots=True)
class Lack:
    """A source that could not be had: its id, the error, and the abilities that the pack will not have without it."""

    source: str
    error: SourceError
    abilities: tuple[str, ...]


def obtainable(recipe: Recipe, shelf: PackageShelf) -> tuple[Recipe, tuple[Lack, ...]]:
    """Fetch the optional sources; return the recipe without those that cannot be had, and what that costs.

    Raises:
        SourceError: an optional source came, with another digest than the pinned one.
    """
    missing: dict[str, SourceError] = {}
    for source in recipe.sources.values():
        if not source.optional:
            continue
        try:
            shelf.fetch(source)
        except SourceError as error:
            if error.hint not in TOLERATED:
                raise
            missing[source.id] = error
    lacks = tuple(Lack(name, error, _lost(recipe, {name})) for name, error in missing.items())
    return without(recipe, missing), lacks


def without(recipe: Recipe, sources: Collection[str]) -> Recipe:
    """The recipe without some sources and all that depends on them."""
    if not sources:
        return recipe
    gone, lost = _gone(recipe, sources), _lost(recipe, sources)
    golden = recipe.golden
    if golden is not None:
        golden = replace(golden, abilities={name: text for name, text in golden.abilities.items() if name not in lost})
    return replace(
        recipe,
        abilities=tuple(name for name in recipe.abilities if name not in lost),
        sources={name: source for name, source in recipe.sources.items() if name not in sources},
        files=tuple(file for file in recipe.files if file.path not in gone),
        variants=tuple(
            replace(item, files=item.files and tuple(path for path in item.files if path not in gone))
            for item in recipe.variants
        ),
        settings=_settings(recipe.settings, gone),
        settings_by_resolution={name: _settings(own, gone) for name, own in recipe.settings_by_resolution.items()},
        golden=golden,
        needs={name: paths for name, paths in recipe.needs.items() if name not in lost},
        key=Digest.of(canonical.dumps([str(recipe.key), sorted(sources)])),
    )


def _gone(recipe: Recipe, sources: Collection[str]) -> set[str]:
    return {file.path for file in recipe.files if file.source in sources}


def _lost(recipe: Recipe, sources: Collection[str]) -> tuple[str, ...]:
    gone = _gone(recipe, sources)
    return tuple(name for name in recipe.abilities if gone.intersection(recipe.needs.get(name, ())))


def _settings(settings: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """Settings without those that name a file which is not there."""
    kept: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            kept[key] = _settings(value, gone)
        elif not (isinstance(value, str) and value in gone):
            kept[key] = value
    return kept
