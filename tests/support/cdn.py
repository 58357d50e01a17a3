"""Small helpers for the tests of the publisher's side."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from cdn.wheel import Member, write_wheel
from qie_hub import atomic

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "test-cache"


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


def up(folder: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run ``python -m cdn up`` as a person does.

    Downloaded packages and finished builds are kept between test runs; builds only while the code that makes them,
    and the code that edits in them, is the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, kept in (("sources", CACHE / "sources"), ("build", CACHE / f"builds-{state_of_the_code()}")):
        kept.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            (folder / name).symlink_to(kept)
    command = [sys.executable, "-m", "cdn", "up", str(folder), *words]
    with FileLock(CACHE / "up.lock"):
        _drop_old_builds()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr
    return done


def _drop_old_builds(keep: int = 3) -> None:
    """Builds of older code are of no use: keep those of the last few states."""
    folders = sorted(CACHE.glob("builds-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in folders[keep:]:
        shutil.rmtree(folder, ignore_errors=True)


def state_of_the_code() -> str:
    """A short digest of everything that decides what a build holds, but the recipes (they name their builds)."""
    state = hashlib.sha256()
    for folder in ("cdn", "qie_hub/edit", "qie_hub/runtime", "qie_hub/formats"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            state.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return state.hexdigest()[:12]
