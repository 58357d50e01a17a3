"""Real processes, really killed, and several of them on one home at once."""

import random
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from qie_hub.packref import PackRef
from tests.support.homes import Home
from tests.support.restless import PACKS, files_of

ALLOWED = re.compile(
    r"format"
    r"|packs/acme/[a-z0-9-]+/\d+/(receipt\.json|proof/pack\.json|files/(w\.bin|s\.json|deep/extra\.bin))"
    r"|refs/acme/[a-z0-9-]+\.json"
    r"|refs/default\.json"
    r"|partial/[0-9a-f]{64}/data"
)
EXPECTED = {"done", "NOT_INSTALLED", "NOT_FOUND", "PINNED", "BUSY", "TAMPERED"}  # the last: its source was removed


def _start(home: Path, seed: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.support.restless", str(home), seed]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def _lines(process: "subprocess.Popen[str]", count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(count)]


def _sound(path: Path) -> Home:
    """What must hold after any kill: every listed file has the bytes that it should have, every ref can be read."""
    home = Home(path)
    for receipt in home.store.generations.installed():
        version = receipt.ref.version
        assert version is not None
        files = files_of(version.patch)
        for name, _ in home.hashed(receipt.ref, receipt.generation):
            assert (home.store.layout.files(receipt.ref, receipt.generation) / name).read_bytes() == files[name]
        assert {item.path for item in receipt.files} == set(files)
    assert None not in home.store.refs.everything().values()
    return home


def _swept(home: Home) -> None:
    """After the hour nothing is left that has no owner."""
    home.clock.advance(hours=2)
    home.collect()
    strange = {path for path in home.tree() if not ALLOWED.fullmatch(path)}
    assert strange == set()


def test_a_home_survives_processes_that_are_killed_again_and_again(tmp_path: Path) -> None:
    dice = random.Random(20261123)
    done = []
    for round_ in range(12):
        with _start(tmp_path / "home", str(round_)) as process:
            done += _lines(process, dice.randrange(1, 8))
            process.kill()
        _sound(tmp_path / "home")
    assert {line.split()[-1] for line in done} <= EXPECTED
    assert sum(line.endswith("done\n") for line in done) >= 10
    _swept(_sound(tmp_path / "home"))


def test_three_processes_on_one_home_never_damage_it(tmp_path: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(_start(tmp_path / "home", f"crowd {number}")) for number in range(3)]
        lines = [line for process in processes for line in _lines(process, 40)]
        for process in processes:
            process.kill()
    assert {line.split()[-1] for line in lines} <= EXPECTED
    home = _sound(tmp_path / "home")
    _swept(home)
    for pack in PACKS:
        receipt = home.install(f"{pack}@1.0.7", files_of(7))
        assert home.store.refs.current(PackRef.parse(pack)) == receipt.generation
