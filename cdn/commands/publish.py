"""``publish``: bring what is signed to its public place, the timestamp last."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from cdn.commands import options
from cdn.publish import no_check, put_objects, upload
from cdn.repo import METADATA, TIMESTAMP_FILE
from cdn.selection import Published
from cdn.sources.packages import digest_of
from cdn.verify import Unannounced, open_transport, verify
from cdn.workspace import Workspace
from qie_hub.clock import SystemClock


@click.command()
@options.workspace
@options.place
@click.option("--url", default=None, help="Public base URL: everything is checked through it before the timestamp.")
def publish(folder: Path, place: str | None, url: str | None) -> None:
    """Publish everything that is signed in DIR. Killed anywhere, it is finished by running it again."""
    space = Workspace(folder)
    store = options.store_of(space, place)
    with space.alone():
        state = Published(folder / "repo")
        signed = {row.ref for publisher in state.publishers for row in state.index(publisher).packs}
        builds = [made for made in space.builds() if signed.issuperset(item.ref for item in made.manifests)]
        objects, size = put_objects(builds, store)
        files, more = upload(state.folder, store, check=no_check if url is None else lambda: _check(state.folder, url))
    options.say(f"{objects + files} objects, {size + more} bytes new")


def _check(repo: Path, url: str) -> None:
    """See what clients will see once the timestamp is there."""
    clock = SystemClock()
    fingerprint = digest_of(repo / METADATA / "1.root.json")
    with closing(open_transport(clock)) as transport:
        verify(f"{url}#sha256={fingerprint}", clock, transport=Unannounced(transport, repo / TIMESTAMP_FILE))
