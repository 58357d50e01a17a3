"""What `show` says of a pack: figures that were measured, and components that it could use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qie_hub.cli.commands.show import installed_page, offered_page
from qie_hub.cli.layout import Page, to_lines
from qie_hub.formats.index import PublisherIndex
from qie_hub.formats.manifest import Manifest
from qie_hub.install.installed import Installation
from qie_hub.messages import text

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "format"
MANIFEST = Manifest.from_bytes((GOLDEN / "manifest.json").read_bytes())
ITEM = Installation(
    ref=MANIFEST.ref, generation=3, current=True, default=True, pinned=False, channel="stable", origin="acme",
    variant="cpu-int8", tier="pro", title=MANIFEST.title, abilities=MANIFEST.abilities, pipeline="lite", release=7,
    size=1000, path=Path("/home/packs"), installed="2026-11-23T02:00:00Z", freshness="fresh", canary="passed",
)  # fmt: skip


def say(key: str, **data: object) -> str:
    return text(key, "en", data)


def shown(page: Page) -> str:
    return "\n".join(to_lines(page.blocks, width=0, color=False))


def test_an_installed_pack_shows_what_was_measured_of_it() -> None:
    page = installed_page(ITEM, MANIFEST, frozenset(), say)
    for words in (("smallest text", "17 px"), ("enlarging tile", "256 px"), ("memory", "910 MB"), ("edit", "1.4 s")):
        assert any(all(word in line for word in words) for line in shown(page).splitlines()), words
    document: Any = page.document
    assert (document["measured"], document["edit_ms"]) == ({"text_px": 17, "sr_tile": 256}, 1400)
    assert document["ref"] == "acme/pro:512@1.2.0"


def test_a_component_that_is_not_installed_is_named_with_what_it_would_add() -> None:
    absent = shown(installed_page(ITEM, MANIFEST, frozenset({"pro"}), say))
    assert "matting-isnet is not installed" in absent
    assert "finer cut-outs" in absent
    present = shown(installed_page(ITEM, MANIFEST, frozenset({"pro", "matting-isnet"}), say))
    assert "matting-isnet is installed" in present


def test_a_pack_whose_document_cannot_be_read_is_still_shown() -> None:
    page = installed_page(ITEM, None, frozenset(), say)
    assert "acme/pro:512@1.2.0" in shown(page)
    assert page.document is ITEM


def test_a_pack_on_offer_shows_what_was_measured_of_each_variant() -> None:
    [row] = PublisherIndex.from_bytes((GOLDEN / "index.json").read_bytes()).packs
    lines = shown(offered_page(row, say)).splitlines()
    [heading] = [line for line in lines if "SMALLEST TEXT" in line]
    assert "ENLARGING TILE" in heading
    assert any("17 px" in line and "256 px" in line for line in lines if line.startswith("cpu-int8"))
