"""The documents of trust as docs/format.md has them: golden bytes that every later version must read."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qie_hub.digest import Digest
from qie_hub.packref import PackRef, Version
from qie_hub.trust.ledger import Floors, Ledger, ReleaseMark
from qie_hub.trust.origins import Origin, Origins
from qie_hub.trust.proof import verify, verify_installed
from qie_hub.trust.recall import Standing, judge
from qie_hub.trust.view import last_view
from tests.support.ram import ram_folder
from tests.support.repository import HandClock

GOLDEN = Path(__file__).parent / "trust"
DOCS = Path(__file__).parents[2] / "docs" / "format.md"
REF = PackRef.parse("acme/pro:512@1.1.0")


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that was written by the version which made the golden files."""
    with ram_folder() as home:
        origin = Origin.from_bytes((GOLDEN / "origin.json").read_bytes())
        folder = home / "origins" / origin.name
        (folder / "view").mkdir(parents=True)
        shutil.copy(GOLDEN / "origin.json", folder)
        shutil.copy(GOLDEN / "proof/1.root.json", folder / "root.json")
        shutil.copy(GOLDEN / "view.json", folder / "view")
        for path in (GOLDEN / "proof").iterdir():
            shutil.copy(path, folder / "view" / f"{Digest.of(path.read_bytes())}.json")
        for name, data in {
            f"origins/{origin.root}.json": (GOLDEN / "floors.json").read_bytes(),
            "packs/acme/pro-512.json": (GOLDEN / "releases.json").read_bytes(),
            "revocations/acme.json": (GOLDEN / "proof/revocations.json").read_bytes(),
            f"roots/{origin.root}.json": (GOLDEN / "proof/1.root.json").read_bytes(),
        }.items():
            (home / "ledger" / name).parent.mkdir(parents=True, exist_ok=True)
            (home / "ledger" / name).write_bytes(data)
        yield home


def test_an_old_proof_bundle_still_holds(home: Path) -> None:
    proven = verify_installed(GOLDEN / "proof", home, REF)
    assert (proven.manifest.ref, proven.manifest.release) == (REF, 2)
    assert proven.issued == datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)
    assert {role: mark.version for role, mark in proven.marks.items()} == {
        "root": 3, "timestamp": 2, "snapshot": 2, "targets": 2, "acme": 2,
    }  # fmt: skip
    root = (GOLDEN / "proof/1.root.json").read_bytes()
    assert verify(GOLDEN / "proof", root, ref=REF) == proven


def test_an_old_origin_and_its_view_are_read(home: Path) -> None:
    origin = Origins(home).default()
    assert origin.to_bytes() == (GOLDEN / "origin.json").read_bytes()
    assert (origin.publishers, origin.mirrors, origin.kind) == (("acme",), ("https://mirror.test",), "live")
    view = last_view(origin, home, HandClock())
    assert view is not None
    assert [str(row.ref.version) for row in view.indexes["acme"].packs] == ["1.0.0", "1.1.0"]
    assert judge(PackRef.parse("acme/pro:512@1.0.0"), "stable", view=view, known=None).standing is Standing.YANKED


def test_an_old_ledger_is_read(home: Path) -> None:
    origin = Origins(home).default()
    floors = Ledger(home).floors(origin.root)
    assert floors.to_bytes() == (GOLDEN / "floors.json").read_bytes()
    assert floors.roles["root"].version == 3
    assert Floors.from_bytes(floors.to_bytes()) == floors
    assert Ledger(home).release(REF, "stable") == ReleaseMark(2, Version(1, 1, 0))
    known = Ledger(home).revocations("acme")
    assert known is not None
    assert len(known.yanked) == 1


def test_every_key_of_the_golden_documents_is_described() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for name in ("origin.json", "view.json", "floors.json", "releases.json"):
        assert f"tests/golden/trust/{name}" in text
        for key in json.loads((GOLDEN / name).read_bytes()):
            assert f"`{key}`" in text or f" {key} " in text or f" {key}," in text, f"{name}: {key}"
    for path in (GOLDEN / "proof").iterdir():
        plain = path.name if "root" not in path.name else "<N>.root.json"
        assert plain.replace(".acme.", ".<publisher>.") in text
