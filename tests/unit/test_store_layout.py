from pathlib import Path

import pytest

from qie_hub.errors import NewerHome, StoreError, UsageError
from qie_hub.packref import PackRef
from qie_hub.store import home
from qie_hub.store.layout import Layout, number_of, ref_of
from qie_hub.store.store import Store
from tests.support.homes import HandClock

REF = PackRef.parse("acme/pro:512@1.2.3")


def test_every_path_of_a_generation_lies_in_its_slot() -> None:
    layout = Layout(Path("/h"))
    assert layout.receipt(REF, 3) == Path("/h/packs/acme/pro-512/3/receipt.json")
    assert layout.files(REF, 3) == Path("/h/packs/acme/pro-512/3/files")
    assert layout.proof(REF, 3) == Path("/h/packs/acme/pro-512/3/proof")
    assert layout.ref_file(REF) == Path("/h/refs/acme/pro-512.json")
    assert layout.slot(PackRef("lite", "acme")) == Path("/h/packs/acme/lite-any")


def test_paths_need_a_publisher() -> None:
    with pytest.raises(UsageError) as caught:
        Layout(Path("/h")).slot(PackRef("pro"))
    assert caught.value.hint == "PUBLISHER_NEEDED"


@pytest.mark.parametrize(
    ("publisher", "slot"),
    [
        ("acme", "pro"),
        ("acme", "pro-300"),
        ("acme", "-512"),
        ("acme", "Pro-512"),
        ("..", "pro-512"),
        ("acme", ".x-any"),
    ],
)
def test_a_folder_that_no_pack_has_is_no_packs(publisher: str, slot: str) -> None:
    assert ref_of(publisher, slot) is None


@pytest.mark.parametrize("name", ["", "0", "01", "-1", "1.0", ".staged-1", "1x", "٣", "1234567890"])
def test_a_folder_that_no_generation_has_is_no_generations(name: str) -> None:
    assert number_of(name) is None


def test_a_home_of_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("2\n")
    for refused in (Store(tmp_path, HandClock()).open, lambda: Store(tmp_path, HandClock()).generations.stage(REF)):
        with pytest.raises(NewerHome) as caught:
            refused()
        assert caught.value.data["found"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["format"]


def test_an_empty_home_is_ours_and_looking_does_not_change_it(tmp_path: Path) -> None:
    Store(tmp_path / "none", HandClock()).open()
    assert not (tmp_path / "none").exists()


def test_a_format_file_that_is_no_number_is_refused(tmp_path: Path) -> None:
    for text in ("one", "", "1.0", "9999999999"):
        (tmp_path / "format").write_text(text)
        with pytest.raises(StoreError) as caught:
            home.check(Layout(tmp_path))
        assert caught.value.hint == "HOME_FORMAT_UNREADABLE"


def test_a_home_keeps_the_number_that_it_has(tmp_path: Path) -> None:
    home.prepare(Layout(tmp_path))
    before = (tmp_path / "format").stat().st_ino
    home.prepare(Layout(tmp_path))
    assert (tmp_path / "format").stat().st_ino == before
