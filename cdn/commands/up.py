"""``up``: everything from nothing to a folder that users can add as an origin, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from cdn.budget import load_tiers, slow_variants
from cdn.commands import options
from cdn.commands.options import Signing, say
from cdn.publish import publish
from cdn.recipe import Recipe
from cdn.repo import TIMESTAMP_FILE
from cdn.serve import OriginServer
from cdn.verify import Unannounced, open_transport, verify
from cdn.workspace import Workspace


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pack", "packs", multiple=True, default=("ultra-lite",), show_default=True, help="Recipes to publish.")
@click.option("--url", default=None, help="Public base URL of the origin; without it the folder's own file URL.")
@click.option("--serve", "port", type=int, default=None, help="Then serve the origin on 127.0.0.1:PORT until Ctrl-C.")
@options.overrides
@options.accept
@options.channel
@options.signing
def up(
    folder: Path, packs: tuple[str, ...], url: str | None, port: int | None, overrides: tuple[str, ...],
    accepted: tuple[str, ...], channel: str, signing: Signing,
) -> None:  # fmt: skip
    """Make keys, build, sign, publish and verify in FOLDER; ends with the line that users paste."""
    space = Workspace(folder)
    recipes = [options.load_recipe(name, overrides) for name in packs]
    with space.alone():
        fingerprint = _publish(space, signing, recipes, channel, accepted)
    _finish(space, fingerprint, url, port)


def _publish(
    space: Workspace, signing: Signing, recipes: Sequence[Recipe], channel: str, accepted: Sequence[str]
) -> str:
    """Do everything but serve, and return the origin's fingerprint."""
    tiers = load_tiers()
    say("keys and roles")
    repo = signing.ensure_repository(space)
    builds = []
    for recipe in recipes:
        say(f"build {signing.publisher}/{recipe.name}@{recipe.version}")
        builds.append(options.build(space, recipe, signing.publisher, accepted))
        for manifest in builds[-1].manifests:
            for variant, took in slow_variants(manifest, tiers).items():
                say(f"note: {manifest.ref} ({variant}) takes {took} ms for an edit, more than its tier aims at")
    say("sign, publish, verify")
    line = f"{space.origin.resolve().as_uri()}#sha256={repo.fingerprint}"
    unannounced = Unannounced(open_transport(repo.clock), repo.folder / TIMESTAMP_FILE)
    done = publish(
        builds, repo, space.store(), tiers=tiers, channel=channel,
        check=lambda: verify(line, repo.clock, transport=unannounced),
    )  # fmt: skip
    say(f"{done.objects} objects, {done.bytes} bytes new in {space.origin}")
    return str(repo.fingerprint)


def _finish(space: Workspace, fingerprint: str, url: str | None, port: int | None) -> None:
    if port is None:
        click.echo(origin_line(url or space.origin.resolve().as_uri(), fingerprint))
        return
    with OriginServer(space.origin, port=port) as server:
        click.echo(origin_line(url or server.url, fingerprint))
        say(f"serving {space.origin} on {server.url}; Ctrl-C ends it")
        server.wait()


def origin_line(url: str, fingerprint: str) -> str:
    """The line by which a user comes to trust this origin."""
    return f"qie-hub origin add {url}#sha256={fingerprint}"
