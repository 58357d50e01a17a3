"""``serve``: a static server for a published folder."""

from __future__ import annotations

from pathlib import Path

import click

from cdn.commands.options import say
from cdn.serve import OriginServer


@click.command()
@click.argument("origin", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=8000, show_default=True, help="Port; 0 picks a free one.")
def serve(origin: Path, host: str, port: int) -> None:
    """Serve the folder ORIGIN over HTTP until Ctrl-C; prints its URL."""
    with OriginServer(origin, host=host, port=port) as server:
        click.echo(server.url)
        say("Ctrl-C ends it")
        server.wait()
