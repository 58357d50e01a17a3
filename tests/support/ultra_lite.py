"""The real Ultra-Lite pack, built, signed and published once per recipe below ``build/tests``."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "manifests" / "packs" / "ultra-lite.toml"


def workspace() -> Path:
    """The publisher's folder."""
    digest = hashlib.sha256(RECIPE.read_bytes()).hexdigest()[:12]
    folder = ROOT / "build" / "tests" / f"ultra-lite-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(folder) + ".lock"):
        line = folder / "line.txt"
        if not line.exists():
            done = subprocess.run(
                [sys.executable, "-m", "cdn", "up", str(folder)], cwd=ROOT, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
            line.write_text(done.stdout.strip().splitlines()[-1])
    return folder


def line() -> str:
    """What ``qie-hub origin add`` takes."""
    return (workspace() / "line.txt").read_text().split()[-1].strip("'")
