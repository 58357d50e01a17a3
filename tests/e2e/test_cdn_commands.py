"""The publisher's commands one by one, as typed, over a small pack that needs no registry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cdn.selection import Published
from cdn.serve import OriginServer
from tests.support.cdn import ROOT
from tests.unit.test_cdn_build import local
from tests.unit.test_cdn_recipe import TEXT


def cdn(*words: object, code: int = 0) -> str:
    command = [sys.executable, "-m", "cdn", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    recipe = folder / "sample.toml"
    recipe.write_text(local(TEXT), encoding="utf-8")
    cdn("build", recipe, "--dir", folder / "space", "--publisher", "acme")
    cdn("sign", recipe, "--dir", folder / "space", "--publisher", "acme")
    return folder / "space"


def fingerprint(space: Path) -> str:
    return cdn("repo", "init", "--dir", space, "--publisher", "acme").strip()


def test_signing_shows_nothing_until_it_is_published_and_checked_through_its_url(space: Path, tmp_path: Path) -> None:
    assert not (space / "origin").exists()
    place = tmp_path / "public"
    place.mkdir()
    with OriginServer(tmp_path / "elsewhere") as wrong:
        assert "MISSING_EVERYWHERE" in cdn("publish", "--dir", space, "--to", place, "--url", wrong.url, code=32)
    assert (place / "metadata" / "1.root.json").exists()
    assert not (place / "metadata" / "timestamp.json").exists(), "announced before it was checked"
    with OriginServer(place) as server:
        cdn("publish", "--dir", space, "--to", place, "--url", server.url)
        packs = cdn("verify", f"{server.url}#sha256={fingerprint(space)}")
    assert packs.split() == ["acme/sample:256@1.0.0", "acme/sample:512@1.0.0"]


def test_a_pack_is_yanked_revoked_and_the_roles_live_on(space: Path) -> None:
    cdn("publish", "--dir", space)
    who = ("--dir", space, "--publisher", "acme")
    cdn("yank", "sample:512@1.0.0", "--reason", "too slow", *who)
    cdn("revoke", "sample@1.0.0", "--reason", "leaks", "--successor", "sample@1.1.0", *who)
    assert "NOT_FOUND" in cdn("yank", "sample@9.0.0", "--reason", "x", *who, code=4)
    before = cdn("repo", "status", *who)
    cdn("repo", "bump", *who)
    cdn("repo", "rotate", "timestamp", *who)
    cdn("repo", "delegate", "other", *who)
    after = cdn("repo", "status", *who)
    assert {line.split("\t")[0] for line in after.splitlines()} - {
        line.split("\t")[0] for line in before.splitlines()
    } == {"other"}
    assert "TRUST_EXPIRED" in cdn("repo", "status", "--fail-days", "400", *who, code=12)
    roles = {line.split("\t")[0] for line in cdn("key", "list", *who).splitlines()}
    assert roles == {"root", "targets", "snapshot", "timestamp", "acme", "other"}
    taken_back = Published(space / "origin").revocations("acme")
    assert [(item.resolution, item.reason) for item in taken_back.yanked] == [(512, "too slow")]
    assert [(item.reason, item.successor) for item in taken_back.revoked] == [("leaks", "sample@1.1.0")]
    cdn("verify", *who)


def test_a_mirror_and_a_wheel_are_made_from_what_is_published(space: Path, tmp_path: Path) -> None:
    cdn("publish", "--dir", space)
    line = f"{(space / 'origin').as_uri()}#sha256={fingerprint(space)}"
    cdn("mirror", line, tmp_path / "mirror", "acme/sample:512")
    copy = f"{(tmp_path / 'mirror').as_uri()}#sha256={fingerprint(space)}"
    assert "MISSING_EVERYWHERE" in cdn("verify", copy, code=32)
    wheel = cdn("wheel", "sample", "--dir", space, "--publisher", "acme", "-o", tmp_path).strip()
    assert Path(wheel).name == "qie_hub_pack_sample-1.0.0-py3-none-any.whl"
    assert Path(wheel).is_file()


def test_what_was_typed_wrong_is_said_without_a_traceback(space: Path) -> None:
    for words, code in ((("yank", "a b", "--reason", "x"), 2), (("up", space, "--pack", "nothing"), 4), (("fly",), 2)):
        assert "Traceback" not in cdn(*words, code=code)
    (space / "nobody").mkdir()
    assert "KEY" in cdn("repo", "init", "--dir", space / "nobody", "--passphrase-file", space / "none", code=60)
