"""``build``: from a recipe to a build folder, without signing anything."""

from __future__ import annotations

from pathlib import Path

import click

from cdn.commands import options
from cdn.workspace import Workspace


@click.command()
@click.argument("recipes", nargs=-1, required=True)
@options.overrides
@options.accept
@options.workspace
@options.publisher
def build(
    recipes: tuple[str, ...], overrides: tuple[str, ...], accepted: tuple[str, ...], folder: Path, publisher: str
) -> None:
    """Build RECIPES (names in manifests/packs, or paths of .toml files) and print each build's folder."""
    space = Workspace(folder)
    with space.alone():
        for name in recipes:
            made = options.build(space, options.load_recipe(name, overrides), publisher, accepted)
            click.echo(made.folder)
