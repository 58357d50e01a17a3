"""``qie-hub show``: what a pack is, installed or on offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Pairs, Say, Table
from qie_hub.cli.params import REF
from qie_hub.cli.words import ability_text, joined, label, title_text
from qie_hub.formats.index import PackRow
from qie_hub.messages import has, seconds_text, size_text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.formats.index import VariantRow
    from qie_hub.install.installed import Installation
    from qie_hub.packref import PackRef


@click.command("show", cls=HubCommand)
@click.argument("ref", type=REF, metavar="REF")
@click.pass_obj
def command(call: Call, ref: PackRef) -> None:
    """Show a pack."""
    with call.hub() as hub:
        found = hub.show(ref)
    say = call.render.say
    page = offered_page(found, say) if isinstance(found, PackRow) else installed_page(found, say)
    call.render.page(page)


def installed_page(item: Installation, say: Say) -> Page:
    """Lay an installed pack out."""
    facts = (
        (label("pack", say), str(item.ref)),
        (label("title", say), title_text(item.title, say)),
        (label("tier", say), _tier(item.tier, say)),
        (label("abilities", say), joined((ability_text(name, say) for name in item.abilities), say)),
        (label("variant", say), item.variant),
        (label("size", say), size_text(item.size)),
        (label("state", say), say(f"STATE.{item.state or 'unknown'}")),
        (label("origin", say), item.origin),
        (label("installed", say), f"{item.installed} ({say('SHOW.generation', number=item.generation)})"),
        (label("path", say), str(item.path)),
    )
    return Page(item, (Pairs(facts), *_honesty(item.tier, say)), (str(item.ref),))


def offered_page(row: PackRow, say: Say) -> Page:
    """Lay a pack on offer out."""
    accept = [Line(say("SHOW.accept", licences=row.accept), "yellow")] if row.accept else []
    facts = (
        (label("pack", say), str(row.ref)),
        (label("title", say), title_text(row.title, say)),
        (label("tier", say), _tier(row.tier, say)),
        (label("abilities", say), joined((ability_text(name, say) for name in row.abilities), say)),
        (label("licences", say), joined(row.licences, say)),
        (label("optional", say), joined(row.optional, say)),
        (label("state", say), say("STATE.offered")),
    )
    blocks: list[Block] = [Pairs(facts), *accept, *_honesty(row.tier, say), Line(""), _variants(row.variants, say)]
    blocks.append(Line(say("SHOW.install", ref=str(row.ref.unversioned)), "dim"))
    return Page({**row.to_json(), "ref": str(row.ref)}, tuple(blocks), (str(row.ref),))


def _variants(variants: tuple[VariantRow, ...], say: Say) -> Table:
    names = ("variant", "size", "memory", "provider", "edit_time")
    rows = tuple(
        (
            variant.id,
            size_text(variant.install_size),
            size_text(variant.peak_ram),
            variant.requirements.provider,
            "–" if variant.edit_ms is None else seconds_text(variant.edit_ms / 1000),
        )
        for variant in variants
    )
    return Table(tuple(say(f"HEAD.{name}") for name in names), rows, right=frozenset({1, 2, 4}), spare=(3, 4))


def _tier(tier: str | None, say: Say) -> str:
    return "–" if tier is None else say(f"TIER.{tier}") if has(f"TIER.{tier}") else tier


def _honesty(tier: str | None, say: Say) -> tuple[Block, ...]:
    """What a tier is not, where people might take it for more."""
    return (Line(say(f"HONEST.{tier}")),) if has(f"HONEST.{tier}") else ()
