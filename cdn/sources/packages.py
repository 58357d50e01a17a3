"""Public Python packages as sources of files, fetched by name and version through pip, never by URL.

Invariants: nothing of a package is executed or installed; no byte of it is used before the whole downloaded file
has the recipe's SHA-256; a file in the cache is hashed again before each use.

Example::

    shelf = PackageShelf(Path("build/sources"))
    wheel = shelf.fetch(recipe.sources["fonts"])
    with shelf.member(wheel, "pylopdf_fonts_zh_cn/NotoSansSC-Regular.otf") as stream: ...
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from cdn.recipe import PackageSource
from qie_hub import atomic
from qie_hub.digest import Digest
from qie_hub.errors import SourceError

BLOCK: Final = 1 << 20
PIP: Final = (
    "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet",
)  # fmt: skip
TIMEOUT_S: Final = 900


class PackageShelf:
    """A folder of downloaded packages, one subfolder per digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, source: PackageSource) -> Path:
        """Return the package file, downloading it on first use.

        Raises:
            SourceError: pip could not fetch it (hint SOURCE_FETCH), or its digest differs (SOURCE_DIGEST).
        """
        shelf = self._folder / source.sha256.hex[:16]
        kept = sorted(shelf.glob("*.whl"))
        if len(kept) == 1 and digest_of(kept[0]) == source.sha256:
            return kept[0]
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="fetch-") as temp:
            fetched = _download(source, Path(temp))
            found = digest_of(fetched)
            if found != source.sha256:
                raise SourceError(
                    hint="SOURCE_DIGEST", source=source.requirement, wanted=str(source.sha256), found=str(found)
                )
            shelf.mkdir(exist_ok=True)
            for stale in kept:
                stale.unlink()
            goal = shelf / fetched.name
            atomic.sync_file(fetched)
            atomic.rename(fetched, goal)
        return goal

    @contextmanager
    def member(self, package: Path, name: str) -> Iterator[IO[bytes]]:
        """Open one member of a fetched package.

        Raises:
            SourceError: the package has no such member, or is no zip (hint SOURCE_MEMBER).
        """
        try:
            with zipfile.ZipFile(package) as archive, archive.open(name) as stream:
                yield stream
        except (KeyError, zipfile.BadZipFile) as error:
            raise SourceError(hint="SOURCE_MEMBER", source=package.name, member=name, detail=str(error)) from None


def digest_of(path: Path) -> Digest:
    """Return the digest of a file, read in blocks."""
    with path.open("rb") as stream:
        return Digest.of_stream(iter(lambda: stream.read(BLOCK), b""))


def _download(source: PackageSource, folder: Path) -> Path:
    command = [sys.executable, *PIP, "--dest", os.fspath(folder), source.requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise SourceError(
            hint="SOURCE_FETCH", source=source.requirement, detail=f"no answer within {TIMEOUT_S} s"
        ) from None
    files = sorted(folder.iterdir())
    if done.returncode != 0 or len(files) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [f"exit {done.returncode}"]
        raise SourceError(hint="SOURCE_FETCH", source=source.requirement, detail=lines[-1][:300])
    return files[0]
