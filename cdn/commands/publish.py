"""``publish``: bring what is signed to its public place, the timestamp last."""

from __future__ import annotations

from pathlib import Path

import click

from cdn.commands import options
from cdn.publish import put_objects, upload
from cdn.selection import Published
from cdn.workspace import Workspace


@click.command()
@options.workspace
@options.place
def publish(folder: Path, place: str | None) -> None:
    """Publish everything that is signed in DIR. Killed anywhere, it is finished by running it again."""
    space = Workspace(folder)
    store = options.store_of(space, place)
    with space.alone():
        state = Published(folder / "repo")
        signed = {row.ref for publisher in state.publishers for row in state.index(publisher).packs}
        builds = [made for made in space.builds() if signed.issuperset(item.ref for item in made.manifests)]
        objects, size = put_objects(builds, store)
        files, more = upload(state.folder, store)
    options.say(f"{objects + files} objects, {size + more} bytes new")
