"""Bytes that are not the signed ones: never accepted, named, and mended by fetching only what is damaged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cdn.serve import OriginServer
from qie_hub.clock import SystemClock
from qie_hub.errors import QieHubError, Tampered
from qie_hub.hub import Hub
from tests.e2e.conftest import MIB, MovableClock
from tests.support.small_origin import PackSpec, SmallOrigin, noise


def flip(path: Path, at: int | None = None) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))


def installed_file(hub: Hub, name: str) -> Path:
    item = hub.installation("sample:512")
    return item.path / name


def test_a_flipped_byte_is_refused_named_and_mended_with_one_chunk(hub: Hub) -> None:
    hub.install("sample:512").wait()
    flip(installed_file(hub, "net.bin"), at=2 * MIB + 5)
    with pytest.raises(Tampered) as refused, hub.files("sample:512"):
        raise AssertionError("a damaged pack was handed out")
    assert refused.value.data["path"] == "net.bin"
    [report] = hub.verify("sample:512")
    assert [problem.path for problem in report.problems] == ["net.bin"]
    [mended] = hub.repair("sample:512")
    assert mended.mended == ("net.bin",)
    assert 0 < mended.fetched <= MIB
    with hub.files("sample:512") as pack:
        assert (pack.path / "net.bin").read_bytes() == b"".join(noise(MIB, seed) for seed in range(4))


def test_a_damage_that_keeps_size_and_time_is_found_by_a_deep_check(hub: Hub) -> None:
    hub.install("sample:512").wait()
    path = installed_file(hub, "net.bin")
    before = path.stat()
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\x00\x01\x02")
    path.chmod(0o444)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert hub.verify("sample:512")[0].ok
    assert not hub.verify("sample:512", deep=True)[0].ok
    hub.repair()
    assert hub.verify("sample:512", deep=True)[0].ok


def test_a_touched_but_unchanged_file_is_hashed_once_and_runs(hub: Hub) -> None:
    hub.install("sample:512").wait()
    path = installed_file(hub, "net.bin")
    os.utime(path, ns=(1, 1))
    with hub.files("sample:512"):
        pass
    item = hub.installation("sample:512")
    stamps = hub._site.store.generations.receipt(item.ref, item.generation).files
    assert next(stamp.mtime_ns for stamp in stamps if stamp.path == "net.bin") == 1


@pytest.mark.parametrize("name", ["pack.json", "timestamp.json", "role.acme.json"])
def test_a_damaged_proof_stops_the_pack_until_it_is_repaired(hub: Hub, name: str) -> None:
    hub.install("sample:512").wait()
    flip(hub._site.store.layout.proof(hub.installation("sample:512").ref, 1) / name)
    with pytest.raises(QieHubError) as refused, hub.files("sample:512"):
        raise AssertionError("a pack without proof was handed out")
    assert 10 <= refused.value.exit_code <= 19
    [mended] = hub.repair("sample:512")
    assert mended.mended == ("proof",)
    with hub.files("sample:512"):
        pass


def test_a_missing_file_and_a_swapped_file_are_mended(hub: Hub) -> None:
    hub.install("sample:512").wait()
    installed_file(hub, "net.bin").unlink()
    graph = installed_file(hub, "net.onnx")
    graph.unlink()
    graph.write_bytes(b"something else")
    [mended] = hub.repair("sample:512")
    assert sorted(mended.mended) == ["net.bin", "net.onnx"]
    assert hub.verify(deep=True)[0].ok


def test_a_flip_in_any_published_file_never_installs_other_bytes(tmp_path: Path) -> None:
    publisher = SmallOrigin(tmp_path / "publisher")
    publisher.publish(PackSpec(tensors=[noise(MIB, 1), noise(MIB, 2)]))
    whole = tmp_path / "whole"
    shutil.copytree(publisher.origin, whole)
    files = [path for path in publisher.origin.rglob("*") if path.is_file()]
    assert len(files) > 10
    outcomes = []
    for number, path in enumerate(files):
        flip(path)
        outcomes.append(_try(tmp_path / f"home{number}", publisher))
        shutil.copy2(whole / path.relative_to(publisher.origin), path)
    assert _try(tmp_path / "last", publisher) == 0
    # Files of the state before this publish are never asked for; every other flip is noticed.
    assert sum(1 for code in outcomes if code) >= len(files) - 4
    assert all(code == 0 or 10 <= code <= 32 for code in outcomes)


def _try(home: Path, publisher: SmallOrigin) -> int:
    """Install into a fresh home; return the exit code, having checked that nothing wrong is there."""
    with Hub(home=str(home), refresh="never") as hub:
        try:
            hub.origin_add(publisher.line)
            hub.install("sample").wait()
        except QieHubError as error:
            assert hub.installed() == ()
            return error.exit_code
        with hub.files("sample") as pack:
            assert (pack.path / "net.bin").read_bytes() == noise(MIB, 1) + noise(MIB, 2)
        return 0


def test_killed_at_random_moments_an_install_ends_with_the_right_bytes(tmp_path: Path) -> None:
    tensors = [noise(MIB, seed) for seed in range(8)]
    publisher = SmallOrigin(tmp_path / "publisher")
    publisher.publish(PackSpec(tensors=tensors))
    home = tmp_path / "home"
    with OriginServer(publisher.origin) as server:
        with Hub(home=str(home), refresh="never") as hub:
            hub.origin_add(f"{server.url}#sha256={publisher.repo.fingerprint}")
        for number in range(8):
            _kill_after(home, 0.35 + 0.12 * number)
        with Hub(home=str(home), refresh="never") as hub:
            hub.install("sample").wait()
            with hub.files("sample") as pack:
                assert (pack.path / "net.bin").read_bytes() == b"".join(tensors)
            assert len(hub.installed()) == 1


def _kill_after(home: Path, seconds: float) -> None:
    code = (
        "import sys; from qie_hub.hub import Hub;"
        " Hub(home=sys.argv[1], refresh='never').install('sample', max_rate=3000000).wait()"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(home)], stderr=subprocess.DEVNULL)
    SystemClock().sleep(seconds)
    process.kill()
    process.wait()


def test_two_processes_install_the_same_pack_at_once(tmp_path: Path, clock: MovableClock) -> None:
    publisher = SmallOrigin(tmp_path / "publisher")
    publisher.publish(PackSpec(tensors=[noise(MIB, seed) for seed in range(4)]))
    home = tmp_path / "home"
    with Hub(home=str(home), refresh="never", clock=clock) as hub:
        hub.origin_add(publisher.line)
        code = (
            "import sys; from qie_hub.hub import Hub;"
            " print(Hub(home=sys.argv[1], refresh='never').install('sample').wait().generation)"
        )
        words = [sys.executable, "-c", code, str(home)]
        others = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        assert hub.install("sample").wait().generation == 1
        assert [other.communicate(timeout=120)[0].strip() for other in others] == ["1", "1", "1"]
        assert len(hub.installed()) == 1
