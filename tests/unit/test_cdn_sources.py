"""Package sources: pinned, fetched by pip, hashed before a byte is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdn.recipe import PackageSource
from cdn.sources import converter
from cdn.sources.packages import PackageShelf, digest_of
from qie_hub.digest import Digest
from qie_hub.errors import NotFound, SourceError
from tests.support.cdn import small_wheel


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, and nowhere else."""
    folder = tmp_path / "registry"
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def source(wheel: Path, version: str = "1.0") -> PackageSource:
    return PackageSource("tiny", f"tiny-models=={version}", digest_of(wheel))


def test_a_package_is_fetched_once_and_its_members_are_read(registry: Path, tmp_path: Path) -> None:
    wheel = small_wheel(registry, weights__bin=b"weights", notes__txt=b"notes")
    pinned, shelf = source(wheel), PackageShelf(tmp_path / "shelf")
    fetched = shelf.fetch(pinned)
    with shelf.member(fetched, "tiny_models/weights.bin") as stream:
        assert stream.read() == b"weights"
    wheel.unlink()
    assert PackageShelf(tmp_path / "shelf").fetch(pinned) == fetched


def test_a_package_with_another_digest_is_refused_and_not_kept(registry: Path, tmp_path: Path) -> None:
    small_wheel(registry, weights__bin=b"evil")
    with pytest.raises(SourceError) as caught:
        PackageShelf(tmp_path / "shelf").fetch(PackageSource("tiny", "tiny-models==1.0", Digest.of(b"good")))
    assert caught.value.hint == "SOURCE_DIGEST"
    assert caught.value.data["wanted"] == str(Digest.of(b"good"))
    assert not list((tmp_path / "shelf").rglob("*.whl"))


def test_a_shelf_whose_file_was_damaged_fetches_it_again(registry: Path, tmp_path: Path) -> None:
    pinned, shelf = source(small_wheel(registry, weights__bin=b"weights")), PackageShelf(tmp_path / "shelf")
    fetched = shelf.fetch(pinned)
    fetched.write_bytes(b"damaged")
    assert digest_of(shelf.fetch(pinned)) == pinned.sha256


def test_a_package_that_nobody_has_is_a_source_error(registry: Path, tmp_path: Path) -> None:
    wheel = small_wheel(registry, weights__bin=b"weights")
    with pytest.raises(SourceError) as caught:
        PackageShelf(tmp_path / "shelf").fetch(PackageSource("tiny", "tiny-models==9.9", digest_of(wheel)))
    assert caught.value.hint == "SOURCE_FETCH"
    assert "tiny-models==9.9" in str(caught.value.data["detail"])


def test_a_member_that_is_not_there_is_named(registry: Path, tmp_path: Path) -> None:
    shelf = PackageShelf(tmp_path / "shelf")
    fetched = shelf.fetch(source(small_wheel(registry, weights__bin=b"weights")))
    with pytest.raises(SourceError) as caught, shelf.member(fetched, "tiny_models/other.bin"):
        pass
    assert (caught.value.hint, caught.value.data["member"]) == ("SOURCE_MEMBER", "tiny_models/other.bin")


def test_an_unknown_converter_names_the_known_ones() -> None:
    with pytest.raises(NotFound) as caught:
        converter("tflite")
    assert caught.value.data["closest"] == ["ncnn"]
