"""The one place where the device room touches the machine: files, short commands, disk facts, package versions.

Invariants:

* `Host` answers or raises `OSError` (absent, forbidden, too late); it never hangs longer than its timeout, even
  when the command's process cannot be killed because a driver sleeps in the kernel: then it is abandoned.
* Parsers get text only, so every one of them is tested with what a real device said.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final, Protocol

OUTPUT_MAX: Final = 1 << 20
_FICLONE: Final = 0x40049409
"""ioctl number of a whole-file reflink on Linux (linux/fs.h)."""

_RUNTIMES: Final = (
    "onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino", "onnxruntime-qnn",
    "onnxruntime-rocm", "onnxruntime-migraphx", "onnxruntime-silicon",
)  # fmt: skip
"""Distributions that install the module ``onnxruntime``."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What the interpreter knows. ``system`` and ``machine`` as `platform` spells them."""

    system: str
    machine: str
    release: str = ""
    libc: str | None = None


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """Space and abilities of the file system that holds the store. None is unknown."""

    free: int | None = None
    reflink: bool | None = None
    hard_link: bool | None = None
    sparse: bool | None = None


@dataclass(frozen=True, slots=True)
class RuntimePackage:
    """The installed ONNX Runtime: version, provider libraries, distribution; read without importing it."""

    version: str
    libraries: tuple[str, ...] = ()
    distribution: str = "onnxruntime"


class Host(Protocol):
    """What probes may ask of a machine."""

    def platform(self) -> Platform:
        """System, machine, release, C library."""

    def read(self, path: str) -> str:
        """Return a small text file. Raises OSError."""

    def names(self, path: str) -> list[str]:
        """Return the sorted names in a directory. Raises OSError."""

    def run(self, command: Sequence[str], timeout: float) -> str:
        """Return a command's standard output. Raises OSError: absent, failed, crashed, or `TimeoutError`."""

    def affinity(self) -> int | None:
        """Return how many CPUs this process may run on."""

    def disk(self, folder: Path) -> DiskFacts:
        """Return facts on the file system that holds ``folder``. Raises OSError."""

    def onnxruntime(self) -> RuntimePackage | None:
        """Return the installed ONNX Runtime, without importing it: its library may crash on old CPUs."""


class LocalHost:
    """The machine that this process runs on."""

    def platform(self) -> Platform:
        """See `Host.platform`."""
        name, version = platform.libc_ver() if sys.platform == "linux" else ("", "")
        libc = f"{name} {version}" if name else None
        return Platform(platform.system(), platform.machine(), platform.release(), libc)

    def read(self, path: str) -> str:
        """See `Host.read`."""
        with Path(path).open("rb") as file:
            return file.read(OUTPUT_MAX).decode("utf-8", "replace")

    def names(self, path: str) -> list[str]:
        """See `Host.names`."""
        return sorted(os.listdir(path))

    def run(self, command: Sequence[str], timeout: float) -> str:
        """See `Host.run`."""
        return run_bounded(command, timeout)

    def affinity(self) -> int | None:
        """See `Host.affinity`."""
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count()

    def disk(self, folder: Path) -> DiskFacts:
        """See `Host.disk`. Traits are tried, in ``folder`` itself, and stay unknown where it does not exist yet."""
        existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if existing == folder and os.access(folder, os.W_OK):
            with contextlib.suppress(OSError), tempfile.TemporaryDirectory(prefix=".tmp-probe-", dir=folder) as scratch:
                place = Path(scratch)
                return DiskFacts(free, _reflinks(place), _links(place), _sparse(place))
        return DiskFacts(free)

    def onnxruntime(self) -> RuntimePackage | None:
        """See `Host.onnxruntime`."""
        for name in _RUNTIMES:
            with contextlib.suppress(metadata.PackageNotFoundError):
                return RuntimePackage(metadata.version(name), _libraries(), name)
        return None


def run_bounded(command: Sequence[str], timeout: float, *, cwd: Path | None = None, feed: bytes | None = None) -> str:
    """Run a child process in a session of its own and return its output.

    Raises:
        TimeoutError: it took longer than ``timeout`` seconds; it was killed, or abandoned if it cannot die.
        ChildProcessError: it failed; the arguments are a number (negative: the signal) and the end of its errors.
        OSError: it could not be started.
    """
    child = subprocess.Popen(
        list(command), stdin=subprocess.PIPE if feed is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, cwd=cwd, start_new_session=True,
    )  # fmt: skip
    try:
        output, errors = child.communicate(feed, timeout=timeout)
    except subprocess.TimeoutExpired:
        _put_down(child)
        raise TimeoutError(errno.ETIMEDOUT, f"no answer within {timeout} s", command[0]) from None
    if child.returncode != 0:
        raise ChildProcessError(child.returncode, errors.decode("utf-8", "replace").strip()[-500:], command[0])
    return output[:OUTPUT_MAX].decode("utf-8", "replace")


def _put_down(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=0.1)
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            stream.close()


def _libraries() -> tuple[str, ...]:
    spec = importlib.util.find_spec("onnxruntime")
    if spec is None or not spec.submodule_search_locations:
        return ()
    folder = Path(spec.submodule_search_locations[0], "capi")
    return tuple(sorted(path.name for path in folder.glob("*providers_*"))) if folder.is_dir() else ()


def _reflinks(place: Path) -> bool | None:
    if sys.platform != "linux":
        return None
    import fcntl

    source = place / "source"
    source.write_bytes(b"\0" * 4096)
    with source.open("rb") as original, (place / "clone").open("wb") as clone:
        try:
            fcntl.ioctl(clone.fileno(), _FICLONE, original.fileno())
        except OSError:
            return False
    return True


def _links(place: Path) -> bool:
    source = place / "linked"
    source.write_bytes(b"x")
    try:
        os.link(source, place / "link")
    except OSError:
        return False
    return True


def _sparse(place: Path) -> bool | None:
    hole = place / "hole"
    with hole.open("wb") as file:
        file.truncate(1 << 22)
    blocks = getattr(os.stat(hole), "st_blocks", None)
    return None if blocks is None else blocks * 512 < 1 << 20
