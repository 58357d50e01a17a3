"""``qie-hub config``: every setting, and where it comes from."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from qie_hub.cli.document import jsonable
from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Line, Page, Say, Table

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.settings import Settings


@click.command("config", cls=HubCommand)
@click.option("--show-origin", is_flag=True)
@click.pass_obj
def command(call: Call, *, show_origin: bool) -> None:
    """Show the settings."""
    call.render.page(config_page(call.settings, call.render.say, show_origin=show_origin))


def config_page(settings: Settings, say: Say, *, show_origin: bool) -> Page:
    """Lay the settings out."""
    values = {
        field.name: jsonable(getattr(settings, field.name))
        for field in dataclasses.fields(settings)
        if field.name != "provenance"
    }
    sources = {name: settings.provenance.get(name, "default") for name in values}
    columns = 3 if show_origin else 2
    headings = (say("HEAD.setting"), say("HEAD.value"), say("HEAD.from"))[:columns]
    rows = tuple(
        (name, _value_text(value, say), say(f"SOURCE.{sources[name]}"))[:columns] for name, value in values.items()
    )
    document = {name: {"value": value, "from": sources[name]} for name, value in values.items()}
    where = Line(say("CONFIG.file", path=str(settings.home / "config.toml")), "dim")
    return Page(
        document if show_origin else values,
        (Table(headings, rows), where),
        tuple(f"{name}={_quiet(value)}" for name, value in values.items()),
    )


def _value_text(value: object, say: Say) -> str:
    if isinstance(value, bool):
        return say("WORD.yes") if value else say("WORD.no")
    if value is None or value in ({}, []):
        return "–"
    return ", ".join(f"{name}={item}" for name, item in value.items()) if isinstance(value, dict) else str(value)


def _quiet(value: object) -> str:
    return "" if value is None else str(value)
