"""``sign``: offer builds in the signed state, without publishing it."""

from __future__ import annotations

from pathlib import Path

import click

from cdn.budget import load_tiers
from cdn.commands import options
from cdn.commands.options import Signing
from cdn.publish import offer
from cdn.workspace import Workspace


@click.command()
@click.argument("recipes", nargs=-1, required=True)
@options.overrides
@options.accept
@options.workspace
@options.channel
@options.signing
def sign(
    recipes: tuple[str, ...], overrides: tuple[str, ...], accepted: tuple[str, ...], folder: Path, channel: str,
    signing: Signing,
) -> None:  # fmt: skip
    """Build RECIPES if need be and sign their manifests and the index; `publish` makes it public."""
    space = Workspace(folder)
    with space.alone():
        repo = signing.ensure_repository(space)
        wanted = [options.load_recipe(name, overrides) for name in recipes]
        builds = [options.build(space, recipe, signing.publisher, accepted) for recipe in wanted]
        for ref in offer(builds, repo, tiers=load_tiers(), channel=channel):
            click.echo(ref)
