"""``publish``: bring what is signed to its public place, the timestamp last."""

from __future__ import annotations

from pathlib import Path

import click

from cdn.commands import options
from cdn.publish import put_objects, upload
from cdn.workspace import Workspace


@click.command()
@options.workspace
@options.place
def publish(folder: Path, place: str | None) -> None:
    """Publish everything that is signed in DIR. Killed anywhere, it is finished by running it again."""
    space = Workspace(folder)
    store = options.store_of(space, place)
    objects, size = put_objects(space.builds(), store)
    files, more = upload(folder / "repo", store)
    options.say(f"{objects + files} objects, {size + more} bytes new")
