from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cdn.serve import OriginServer
from qie_hub.hub import Hub
from tests.support.command_line import CommandLine
from tests.support.lite_pack import lite_folder, lite_recipe
from tests.support.small_origin import PackSpec, SmallOrigin, noise

MIB = 1 << 20


class MovableClock:
    """Real monotonic time and sleep, a wall clock that a test may move."""

    def __init__(self) -> None:
        self.skew = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def monotonic(self) -> float:
        import time

        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        import time

        time.sleep(max(seconds, 0))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def origin(tmp_path: Path) -> SmallOrigin:
    """A published sample pack in two resolutions, with weights of four tensors."""
    made = SmallOrigin(tmp_path / "publisher")
    made.publish(PackSpec(resolutions=(256, 512), tensors=[noise(MIB, seed) for seed in range(4)]))
    return made


@pytest.fixture
def hub(tmp_path: Path, origin: SmallOrigin, clock: MovableClock) -> Iterator[Hub]:
    with Hub(home=str(tmp_path / "home"), refresh="never", clock=clock) as made:
        made.origin_add(origin.line)
        yield made


@pytest.fixture
def served(origin: SmallOrigin) -> Iterator[OriginServer]:
    with OriginServer(origin.origin) as server:
        yield server


@pytest.fixture(scope="session")
def lite_shop(tmp_path_factory: pytest.TempPathFactory) -> SmallOrigin:
    """An origin with the recipe's graphs and fonts as a pack."""
    made = SmallOrigin(tmp_path_factory.mktemp("shop"))
    recipe, folder = lite_recipe(), lite_folder()
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    abilities = sorted({*recipe.abilities, "logo.add", "logo.replace"})
    settings = recipe.settings_of(512)
    made.publish(
        PackSpec("ultra-lite", kind="lite", files=files, abilities=abilities, settings=settings, edit_ms={512: 800})
    )
    return made


@pytest.fixture(scope="session")
def lite_home(lite_shop: SmallOrigin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A device on which that pack is installed; tests only edit with it."""
    command_line = CommandLine(tmp_path_factory.mktemp("device") / "home")
    command_line.ok("origin", "add", lite_shop.line)
    command_line.ok("install", "ultra-lite")
    return command_line.home


@pytest.fixture
def cli(lite_home: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line of that device, in an environment that says nothing."""
    for name in [name for name in os.environ if name.startswith(("QIE_HUB_", "LC_", "LANG", "COLUMNS"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("QIE_HUB_REFRESH", "never")
    return CommandLine(lite_home)
