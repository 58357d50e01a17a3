"""The real Ultra-Lite pack, built, signed and published once for each state of the code, below ``build/tests``."""

from __future__ import annotations

import hashlib
from pathlib import Path

from filelock import FileLock

from tests.support.cdn import ROOT, state_of_the_code, up


def workspace() -> Path:
    """The publisher's folder."""
    recipe = hashlib.sha256((ROOT / "manifests" / "packs" / "ultra-lite.toml").read_bytes()).hexdigest()[:8]
    folder = ROOT / "build" / "tests" / f"ultra-lite-{state_of_the_code()}-{recipe}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(folder) + ".lock"):
        line = folder / "line.txt"
        if not line.exists():
            done = up(folder)
            assert "is built without" not in done.stderr, f"the tests need the whole pack, so npm:\n{done.stderr}"
            line.write_text(done.stdout.strip().splitlines()[-1])
    return folder


def line() -> str:
    """What ``qie-hub origin add`` takes."""
    return (workspace() / "line.txt").read_text().split()[-1].strip("'")
