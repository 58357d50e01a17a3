"""A publisher that is killed anywhere: clients see the old state whole, and running again finishes the work."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cdn.build import Build
from cdn.publish import publish
from cdn.repo import Repository
from cdn.stores import Blob
from cdn.stores.dir import DirStore
from cdn.verify import verify
from tests.support.cdn import FixedClock, tree
from tests.support.small_origin import PUBLISHER, TIERS, PackSpec, SmallOrigin, noise


class DeadlyStore(DirStore):
    """Kills its process in the middle of the n-th write, with half of the bytes written."""

    def __init__(self, folder: Path, fatal: int) -> None:
        super().__init__(folder)
        self._left = fatal

    def put(self, name: str, blob: Blob) -> bool:
        return super().put(name, replace(blob, blocks=lambda: self._blocks(blob)))

    def replace(self, name: str, data: bytes) -> None:
        self._count()
        super().replace(name, data)

    def _blocks(self, blob: Blob) -> Iterator[bytes]:
        for block in blob.blocks():
            yield block[: len(block) // 2]
            self._count()
            yield block[len(block) // 2 :]

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Stage:
    """A publisher with version 1.0.0 published and version 1.1.0 built."""

    def __init__(self, folder: Path) -> None:
        self.small = SmallOrigin(folder, FixedClock())
        self.small.publish(PackSpec(files={"w.bin": noise(3 << 20, 1)}))
        spec = PackSpec(version="1.1.0", release=2, files={"w.bin": noise(3 << 20, 2), "n.txt": b"new"})
        self.build = self.small.build(spec, PUBLISHER)

    def copied(self, folder: Path) -> Repository:
        shutil.copytree(self.small.folder / "repo", folder / "repo")
        shutil.copytree(self.small.origin, folder / "origin")
        return Repository(folder / "repo", self.small.ring, self.small.repo.policy, self.small.clock)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("publisher"))


def run(build: Build, repo: Repository, store: DirStore) -> None:
    publish([build], repo, store, tiers=TIERS)


def killed_at(build: Build, repo: Repository, store: DirStore) -> bool:
    child = os.fork()
    if child == 0:
        run(build, repo, store)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_a_publish_that_is_killed_in_any_write_is_finished_by_running_again(stage: Stage, tmp_path: Path) -> None:
    repo = stage.copied(tmp_path / "whole")
    run(stage.build, repo, DirStore(tmp_path / "whole" / "origin"))
    expected = tree(tmp_path / "whole" / "origin")
    kills = 0
    while True:
        folder = tmp_path / f"killed{kills}"
        repo = stage.copied(folder)
        if not killed_at(stage.build, repo, DeadlyStore(folder / "origin", kills)):
            break
        kills += 1
        line = f"{(folder / 'origin').as_uri()}#sha256={repo.fingerprint}"
        seen = verify(line, stage.small.clock)
        assert seen.packs == ("acme/sample:512@1.0.0",), "half a publish is visible"
        run(stage.build, repo, DirStore(folder / "origin"))
        assert tree(folder / "origin") == expected
        shutil.rmtree(folder)
    assert kills >= 9
    assert {"metadata/timestamp.json", "metadata/3.acme.json"} <= set(expected)


def test_a_check_that_fails_keeps_the_timestamp_back(stage: Stage, tmp_path: Path) -> None:
    repo = stage.copied(tmp_path)
    store = DirStore(tmp_path / "origin")
    before = store.get("metadata/timestamp.json")

    def refuse() -> None:
        raise RuntimeError("not what was signed")

    with pytest.raises(RuntimeError):
        publish([stage.build], repo, store, tiers=TIERS, check=refuse)
    assert store.get("metadata/timestamp.json") == before
    assert verify(f"{store.folder.as_uri()}#sha256={repo.fingerprint}", stage.small.clock).packs == (
        "acme/sample:512@1.0.0",
    )
