"""``qie-hub doctor``: is everything in order, and if not, what to type."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.health import Check, examine
from qie_hub.cli.layout import Block, Line, Page, Say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qie_hub.cli.call import Call

_STYLE = {"ok": "green", "look": "yellow", "bad": "red"}


@click.command("doctor", cls=HubCommand)
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.pass_obj
def command(call: Call, report: Path | None) -> int:
    """Examine the installation; ends with 1 when something is bad."""
    with call.hub() as hub:
        checks = examine(hub)
    page = doctor_page(checks, call.render.say)
    call.render.page(page)
    if report is not None:
        _write(call, report, page)
    return 1 if any(check.verdict == "bad" for check in checks) else 0


def doctor_page(checks: Sequence[Check], say: Say) -> Page:
    """Lay the findings out."""
    blocks: list[Block] = []
    for check in checks:
        mark = say(f"MARK.{check.verdict}")
        blocks.append(Line(f"{mark}  {say(check.key, **check.data)}", _STYLE[check.verdict]))
        if check.next is not None:
            blocks.append(Line(say("CLI.next", hint=say(check.next, **check.data)), indent=4))
    document = [{**asdict(check), "message": say(check.key, **check.data)} for check in checks]
    return Page(document, tuple(blocks), tuple(check.key for check in checks if check.verdict != "ok"))


def _write(call: Call, report: Path, page: Page) -> None:
    """A file to attach to a bug report: versions, findings and the device; no names of files or persons."""
    import json
    import platform

    from qie_hub import __version__, atomic
    from qie_hub.cli.document import jsonable

    with call.hub() as hub:
        device = hub.device().to_json()
    document = {
        "qie_hub": __version__,
        "python": platform.python_version(),
        "device": device,
        "findings": [{"key": item["key"], "verdict": item["verdict"]} for item in _rows(page)],
    }
    atomic.write(report, json.dumps(jsonable(document), indent=2, ensure_ascii=False).encode())
    call.render.note("DOCTOR.written", path=str(report))


def _rows(page: Page) -> list[dict[str, object]]:
    return page.document if isinstance(page.document, list) else []
