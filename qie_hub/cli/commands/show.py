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
from qie_hub.packref import PackRef

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.formats.index import VariantRow
    from qie_hub.formats.manifest import Manifest, Variant
    from qie_hub.install.installed import Installation


@click.command("show", cls=HubCommand)
@click.argument("ref", type=REF, metavar="REF")
@click.pass_obj
def command(call: Call, ref: PackRef) -> None:
    """Show a pack."""
    say = call.render.say
    with call.hub() as hub:
        found = hub.show(ref)
        if isinstance(found, PackRow):
            page = offered_page(found, say)
        else:
            installed = frozenset(item.ref.name for item in hub.installed())
            page = installed_page(found, hub.stated(found), installed, say)
    call.render.page(page)


def installed_page(item: Installation, stated: Manifest | None, installed: frozenset[str], say: Say) -> Page:
    """Lay an installed pack out.

    Args:
        item: the pack.
        stated: what its publisher says of it.
        installed: names of everything that is installed.
        say: texts.
    """
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
    if stated is None:
        return Page(item, (Pairs(facts), *_honesty(item.tier, say)), (str(item.ref),))
    variant = stated.variant(item.variant)
    figures = _figures(variant, say)
    parts = [_component(name, installed, say) for name in stated.optional]
    document = {
        **item.to_json(), "peak_ram": variant.peak_ram, "edit_ms": variant.edit_ms,
        "measured": dict(variant.measured), "optional": list(stated.optional),
    }  # fmt: skip
    return Page(document, (Pairs((*facts, *figures)), *parts, *_honesty(item.tier, say)), (str(item.ref),))


def _figures(variant: Variant, say: Say) -> list[tuple[str, str]]:
    """What was measured when the pack was built; a figure of a later publisher is not known here."""
    rows = [(label("memory", say), size_text(variant.peak_ram))]
    if variant.edit_ms is not None:
        rows.append((label("edit_time", say), seconds_text(variant.edit_ms / 1000)))
    known = [name for name in variant.measured if has(f"MEASURED.{name}")]
    return rows + [(label(name, say), say(f"MEASURED.{name}", value=variant.measured[name])) for name in known]


def _component(name: str, installed: frozenset[str], say: Say) -> Line:
    """Whether a component is there, and what one that is not would add."""
    plain = PackRef.parse(name).name
    if plain in installed:
        return Line(say("SHOW.component", name=plain), "dim")
    adds = say(f"COMPONENT.{plain}") if has(f"COMPONENT.{plain}") else ""
    return Line(say("SHOW.component_absent", name=plain, adds=adds), "dim")


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
    known = [name for name in ("text_px", "sr_tile") if any(name in variant.measured for variant in variants)]
    names = ("variant", "size", "memory", "provider", "edit_time", *known)
    rows = tuple(
        (
            variant.id,
            size_text(variant.install_size),
            size_text(variant.peak_ram),
            variant.requirements.provider,
            "–" if variant.edit_ms is None else seconds_text(variant.edit_ms / 1000),
            *(
                say(f"MEASURED.{name}", value=variant.measured[name]) if name in variant.measured else "–"
                for name in known
            ),
        )
        for variant in variants
    )
    return Table(tuple(say(f"HEAD.{name}") for name in names), rows, right=frozenset({1, 2, 4}), spare=(3, 4))


def _tier(tier: str | None, say: Say) -> str:
    return "–" if tier is None else say(f"TIER.{tier}") if has(f"TIER.{tier}") else tier


def _honesty(tier: str | None, say: Say) -> tuple[Block, ...]:
    """What a tier is not, where people might take it for more."""
    return (Line(say(f"HONEST.{tier}")),) if has(f"HONEST.{tier}") else ()
