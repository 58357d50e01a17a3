"""The client of TUF's public conformance protocol: a thin command line over the production engine.

Usage::

    python -m qie_hub.trust.conformance --metadata-dir D init ROOT
    python -m qie_hub.trust.conformance --metadata-dir D --metadata-url U refresh
    python -m qie_hub.trust.conformance --metadata-dir D --metadata-url U \
        --target-name P --target-dir T --target-base-url B download

Exit code 0 or 1. The metadata folder holds what the engine trusts (``root.json``, ``timestamp.json`` ...); the trusted
root and the ledger lie in ``.qie_hub`` below it. Nothing here verifies anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tuf.api.exceptions import LengthOrHashMismatchError
from tuf.api.metadata import TargetFile

from qie_hub import atomic
from qie_hub.clock import Clock, SystemClock
from qie_hub.digest import Digest
from qie_hub.errors import NotFound, QieHubError
from qie_hub.transfer.client import HttpTransport
from qie_hub.trust.engine import Engine, run
from qie_hub.trust.fetcher import Fetcher
from qie_hub.trust.ledger import Ledger

OWN: Final = ".qie_hub"


def main(arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Run one command; say on stderr why it failed."""
    parser = argparse.ArgumentParser(prog="python -m qie_hub.trust.conformance")
    parser.add_argument("--metadata-dir", type=Path, required=True)
    for option in ("--metadata-url", "--target-name", "--target-base-url"):
        parser.add_argument(option)
    parser.add_argument("--target-dir", type=Path)
    parser.add_argument("command", choices=("init", "refresh", "download"))
    parser.add_argument("root", type=Path, nargs="?")
    options = parser.parse_args(arguments)
    try:
        if options.command == "init":
            _init(options.metadata_dir, options.root)
        else:
            _online(options, clock or SystemClock())
    except (QieHubError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _init(folder: Path, root: Path) -> None:
    data = root.read_bytes()
    atomic.write(folder / OWN / "root.json", data)
    atomic.write(folder / "root.json", data)


def _online(options: argparse.Namespace, clock: Clock) -> None:
    transport = HttpTransport(clock)
    try:
        fetcher = Fetcher(transport, clock)
        engine = _refresh(options.metadata_dir, options.metadata_url, fetcher, clock)
        if options.command == "download":
            _download(engine, options)
    finally:
        transport.close()


def _refresh(folder: Path, url: str, fetcher: Fetcher, clock: Clock) -> Engine:
    root = (folder / OWN / "root.json").read_bytes()
    ledger = Ledger(folder / OWN)
    floors = ledger.floors(Digest.of(root))
    engine = run(folder, url, root, fetcher, clock=clock, floors=floors)
    ledger.note_roles(Digest.of(root), floors.raised(engine.marks(), engine.issued()))
    return engine


def _download(engine: Engine, options: argparse.Namespace) -> None:
    target = engine.locate(options.target_name)
    if target is None:
        raise NotFound(what="target", name=options.target_name, closest=())
    goal = options.target_dir / quote(options.target_name, "")
    if not _is_there(goal, target):
        base = options.target_base_url
        atomic.write(goal, engine.fetch(base if base.endswith("/") else f"{base}/", target))


def _is_there(path: Path, target: TargetFile) -> bool:
    try:
        target.verify_length_and_hashes(path.read_bytes())
    except (FileNotFoundError, LengthOrHashMismatchError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
