"""An app that fetches its models when they are first needed, with a progress bar, pause and resume.

    python examples/on_demand.py ultra-lite photo.jpg "去掉水印"

Ctrl-C pauses: what is verified stays, and the next start of the app goes on from there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from qie_hub import Editor, Hub
from qie_hub.events import Installed, MirrorDemoted, Planned, Progress, Waiting


def bar(done: int, total: int, width: int = 40) -> str:
    """A line like ``[####......] 41 %``."""
    filled = width * done // max(total, 1)
    return f"[{'#' * filled}{'.' * (width - filled)}] {100 * done // max(total, 1):3d} %"


def fetch(hub: Hub, ref: str) -> None:
    """Install ``ref`` unless it is here, telling the user what happens."""
    if hub.status(ref) == "available":
        return
    for job in hub.paused():
        print(f"{job.ref} was begun at {job.since}; going on")
    job = hub.install(ref, policy="on_demand")
    for event in job.events():
        if isinstance(event, Planned):
            print(f"{event.ref}: {event.net / 1e6:.1f} MB to fetch, {event.reused / 1e6:.1f} MB are here already")
        elif isinstance(event, Progress):
            print(f"\r{bar(event.verified, event.total)}", end="", flush=True)
        elif isinstance(event, MirrorDemoted | Waiting):
            print(f"\n{event}")
        elif isinstance(event, Installed):
            print(f"\n{event.ref} is ready after {event.seconds:.1f} s")
    job.wait()


def main(ref: str, photo: str, sentence: str) -> None:
    """Fetch, edit, save beside the photograph."""
    with Hub() as hub:
        try:
            fetch(hub, ref)
        except KeyboardInterrupt:
            print("\npaused; start again to go on")
            return
        with Editor(hub) as editor:
            result = editor.edit(photo, sentence)
            goal = Path(photo).with_suffix(".edited.png")
            result.save(goal, overwrite=True)
            print(f"{goal}: {', '.join(item.operation.ability for item in result.plan.operations)}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
