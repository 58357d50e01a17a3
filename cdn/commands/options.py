"""Options and small helpers that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from cdn import care
from cdn.budget import MANIFESTS
from cdn.build import Build
from cdn.policy import Policy
from cdn.publish import upload
from cdn.recipe import Recipe
from cdn.reduced import obtainable
from cdn.repo import Change, Repository
from cdn.sources.flushed import slow_graphs
from cdn.stores import Store, open_store
from cdn.workspace import Workspace
from qie_hub.clock import SystemClock
from qie_hub.errors import LicenseNotAccepted, UsageError
from qie_hub.messages import describe

PUBLISHER: Final = "qie"
SETTABLE: Final = ("version",)

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs, and with what."""

    publisher: str
    profile: str
    passphrase_file: Path | None

    def repository(self, space: Workspace) -> Repository:
        """The signed state of a workspace."""
        return space.repository(space.ring(self.passphrase_file), Policy.load(self.profile), SystemClock())

    def ensure_repository(self, space: Workspace) -> Repository:
        """The signed state of a workspace: made with its keys on first use, with this publisher, nothing due."""
        ring, policy = space.ring(self.passphrase_file), Policy.load(self.profile)
        repo = space.ensure_repository(ring, policy, [self.publisher], SystemClock())
        if self.publisher not in repo.publishers():
            care.delegate(repo, self.publisher)
        if any(row.due for row in care.status(repo)):
            care.bump(repo)
        return repo


workspace = click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=Path("build/cdn"), show_default=True,
    help="The publisher's folder: keys, sources, builds, signed state, origin.",
)  # fmt: skip
publisher = click.option(
    "--publisher", default=PUBLISHER, show_default=True, help="Who signs the packs; their name space."
)
overrides = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Build another entry: --set version=1.1.0"
)
accept = click.option(
    "--accept-license", "accepted", multiple=True, metavar="ID", help="Agree to a licence that a recipe asks for."
)
channel = click.option("--channel", default="stable", show_default=True, help="Channel that moves along.")
place = click.option("--to", "place", default=None, help="Where to publish; without it DIR/origin.")


def signing(command: Command) -> Command:
    """Add the options of `Signing`, which the command gets as ``signing``."""

    @publisher
    @click.option("--policy", "profile", default="small", show_default=True, help="Profile in manifests/policy.toml.")
    @click.option(
        "--passphrase-file", type=click.Path(path_type=Path), default=None,
        help="File with the keys' passphrase; without it the one in the publisher's folder.",
    )  # fmt: skip
    @functools.wraps(command)
    def with_signing(*, publisher: str, profile: str, passphrase_file: Path | None, **rest: Any) -> Any:
        return command(signing=Signing(publisher, profile, passphrase_file), **rest)

    return with_signing


def load_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Load a recipe by its name in ``manifests/packs`` or by its path.

    Raises:
        UsageError: hint BAD_SET; an override is malformed or unknown.
    """
    chosen = {}
    for item in overrides:
        key, mark, value = item.partition("=")
        if not mark or key not in SETTABLE:
            raise UsageError(hint="BAD_SET", text=item, known=SETTABLE)
        chosen[key] = value
    path = Path(name) if name.endswith(".toml") else MANIFESTS / "packs" / f"{name}.toml"
    return Recipe.load(path, version=chosen.get("version"))


def build(space: Workspace, recipe: Recipe, publisher: str, accepted: Sequence[str]) -> Build:
    """Build a recipe, without the optional sources that cannot be had, and say what that costs.

    Raises:
        LicenseNotAccepted: a licence needs consent; nothing was fetched, and its terms were shown.
    """
    _show_terms(recipe, accepted)
    smaller, lacks = obtainable(recipe, space.shelf())
    for lack in lacks:
        say(f"note: {describe(lack.error, 'en')[0]}")
        say(f"note: without it {recipe.name}@{recipe.version} is built without {', '.join(lack.abilities)}")
    made = space.builder().build(smaller, publisher)
    for name, count in slow_graphs(made.folder / "files").items():
        say(f'note: {name} holds {count} weights that processors are slow with; convert it with "flush"')
    return made


def _show_terms(recipe: Recipe, accepted: Sequence[str]) -> None:
    missing = [licence for licence in recipe.licences if licence.accept and licence.id not in accepted]
    for licence in missing:
        [file] = [file for file in recipe.files if file.path == licence.text]
        say(f"{licence.id}\n\n{(file.text or f'see {file.path} in {file.source}').strip()}\n")
    if missing:
        raise LicenseNotAccepted(
            hint="RECIPE_LICENCE", ref=f"{recipe.name}@{recipe.version}", licences=[item.id for item in missing]
        )


def store_of(space: Workspace, place: str | None) -> Store:
    """The store that ``--to`` names, else the workspace's own origin."""
    return space.store() if place is None else open_store(place)


def change(folder: Path, place: str | None, signing: Signing, action: Callable[[Repository], Change]) -> None:
    """Let ``action`` sign something, publish it, and say which roles have which version now."""
    space = Workspace(folder)
    with space.alone():
        done = action(signing.repository(space))
        upload(space.folder / "repo", store_of(space, place))
    for role, version in (done.versions or {}).items():
        say(f"{role} version {version}")
    if not done:
        say("nothing to change")


def say(text: str) -> None:
    """Write a line of progress; standard output is for data."""
    click.echo(text, err=True)
