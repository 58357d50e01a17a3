from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cdn.serve import OriginServer
from qie_hub.hub import Hub
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
