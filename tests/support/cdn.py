"""Small helpers for the tests of the publisher's side."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cdn.wheel import Member, write_wheel
from qie_hub import atomic


class FixedClock:
    """A clock that stands still, so that signing twice gives equal bytes."""

    def __init__(self, moment: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        return None


def small_wheel(folder: Path, name: str = "tiny_models", version: str = "1.0", **members: bytes) -> Path:
    """A real wheel with data members; keys are file names with ``__`` for the dot."""
    files = [Member(f"{name}/{key.replace('__', '.')}", data) for key, data in members.items()]
    return write_wheel(folder, name, version, [Member(f"{name}/__init__.py", b""), *files], {}, {})


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, without what a killed writer left beside its goal."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and atomic.TEMP_MARK not in path.name
    }
