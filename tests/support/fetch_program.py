"""A process that fetches a pack into a home, for tests that kill processes and run several at once.

``python -m tests.support.fetch_program LIST HOME MIRROR...``: LIST is a JSON file of ``[{path, size, sha256, index}]``
(``index``: path of the file index). Complete files end in ``HOME/files/<sha256>``; the last line printed is JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from qie_hub.clock import SystemClock
from qie_hub.digest import Digest
from qie_hub.formats.fileindex import FileIndex
from qie_hub.store.layout import Layout
from qie_hub.store.partial import Partials, in_order
from qie_hub.store.processes import me
from qie_hub.transfer.client import Timeouts, open_transport
from qie_hub.transfer.control import Control
from qie_hub.transfer.engine import Engine
from qie_hub.transfer.journal import PartialFile
from qie_hub.transfer.mirrors import Mirrors
from qie_hub.transfer.plan import WantedFile, plan
from tests.support.transfer_lab import BigFile, LabFile


def write_list(files: Sequence[LabFile | BigFile], folder: Path) -> Path:
    """Write LIST and the indexes for `main`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for file in files:
        index = folder / f"{file.digest.hex}.index"
        index.write_bytes(file.index.to_bytes())
        rows.append({"path": file.name, "size": file.size, "sha256": file.digest.hex, "index": str(index)})
    goal = folder / f"list-{len(list(folder.glob('list-*')))}.json"
    goal.write_text(json.dumps(rows))
    return goal


def read_list(path: Path) -> list[WantedFile]:
    """The wanted files of LIST."""
    return [
        WantedFile(
            row["path"], row["size"], Digest.parse(row["sha256"]), FileIndex.from_bytes(Path(row["index"]).read_bytes())
        )
        for row in json.loads(path.read_text())
    ]


def command(files: Path, home: Path, mirrors: list[str]) -> list[str]:
    """The command line of this program."""
    return [sys.executable, "-m", "tests.support.fetch_program", str(files), str(home), *mirrors]


def main(list_path: str, home_path: str, *mirrors: str) -> None:
    """Claim, fetch, move."""
    clock = SystemClock()
    home = Path(home_path)
    goal = home / "files"
    goal.mkdir(parents=True, exist_ok=True)
    wanted = {file.sha256: file for file in read_list(Path(list_path))}
    with ExitStack() as stack:
        partials = {}
        for digest in in_order(wanted):
            if (goal / digest.hex).exists():
                continue
            folder = stack.enter_context(Partials(Layout(home), clock).claim(digest))
            if not (goal / digest.hex).exists():
                file = wanted[digest]
                partials[digest] = PartialFile(folder.path, file.index, digest, boot=me().boot)
                stack.callback(partials[digest].close)
        verified = {digest: partial.verified() for digest, partial in partials.items()}
        todo = plan([wanted[digest] for digest in partials], verified, {})
        print(json.dumps({"planned": todo.net}), flush=True)
        transport = open_transport(clock, timeouts=Timeouts(connect=5, stall=15))
        outcome = Engine(transport, Mirrors(mirrors, clock), clock).run(todo, partials, Control())
        for digest, partial in partials.items():
            os.replace(partial.finish(), goal / digest.hex)
    print(json.dumps({"received": outcome.received, "seconds": outcome.seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
