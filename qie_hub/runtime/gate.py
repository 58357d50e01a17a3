"""The content gate: between "these bytes were signed" and "these bytes run".

A publisher can be wrong or be robbed of a key, so a signature is not enough: every file of a pack must be of an
allowed kind and harmless by its form before any library opens it. Nothing here imports a model library.

Invariants:

* ``check`` reads files under their manifest paths only; a link or a special file is refused.
* A kind is decided by the path's suffix and must then be true of the bytes.
* Every issue of every file is reported at once.

What it cannot see (a kernel's own defect, memory that depends on real inputs) is the canary's business.

Example::

    check(staged_dir, manifest, manifest.variant("cpu-fp32"))
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from qie_hub.errors import UnsafeContent
from qie_hub.formats.fields import path_problem
from qie_hub.runtime import filerules
from qie_hub.runtime.graphrules import check_model
from qie_hub.runtime.onnxwire import WireError, read

if TYPE_CHECKING:
    from qie_hub.formats.manifest import Manifest, Variant

MAX_GRAPH: Final = 2 << 30
MAX_FILES: Final = 4096
WEIGHTS: Final = frozenset({".data", ".bin", ".weights"})
_KINDS: Final[Mapping[str, Callable[[memoryview], list[str]]]] = {
    ".json": filerules.json_issues,
    ".txt": filerules.text_issues,
    ".otf": filerules.font_issues,
    ".ttf": filerules.font_issues,
    ".png": filerules.png_issues,
    ".safetensors": filerules.safetensors_issues,
}


def check(root: Path, manifest: Manifest, variant: Variant) -> None:
    """Check every file of ``variant`` below ``root``, and the licence texts and golden pictures that lie there.

    Raises:
        UnsafeContent: ``issues`` lists everything that is wrong.
    """
    sizes = {file.path: file.size for file in manifest.files_of(variant)}
    beside = {file.path: file.size for file in manifest.files if (root / file.path).exists()}
    issues = _path_issues({**beside, **sizes})
    if not issues:
        weights: set[str] = set()
        for path in sorted({**beside, **sizes}, key=lambda path: not path.endswith(".onnx")):
            issues += _file_issues(root, path, {**beside, **sizes}, weights)
    if issues:
        raise UnsafeContent(pack=str(manifest.ref), issues=issues)


def _path_issues(sizes: Mapping[str, int]) -> list[str]:
    issues = [f"{path}: {problem}" for path in sizes if (problem := path_problem(path)) is not None]
    if len({path.lower() for path in sizes}) != len(sizes):
        issues.append("two files have the same path (case ignored)")
    if len(sizes) > MAX_FILES:
        issues.append(f"more than {MAX_FILES} files")
    return issues


def _file_issues(root: Path, path: str, sizes: Mapping[str, int], weights: set[str]) -> list[str]:
    """Check one file; graphs come first and note the files of their external weights in ``weights``."""
    try:
        with _mapped(root, path, sizes[path]) as data:
            suffix = PurePosixPath(path).suffix
            if suffix == ".onnx":
                return _graph_issues(data, path, sizes, weights)
            if suffix in WEIGHTS:
                return [] if path in weights else [f"{path}: weights that no graph of this pack names"]
            kind = _KINDS.get(suffix)
            if kind is None:
                return [f"{path}: files of kind {suffix or 'none'!r} are not allowed in a pack"]
            return [f"{path}: {issue}" for issue in kind(data)]
    except _Refused as refused:
        return [f"{path}: {refused}"]


def _graph_issues(data: memoryview, path: str, sizes: Mapping[str, int], weights: set[str]) -> list[str]:
    if len(data) > MAX_GRAPH:
        return [f"{path}: larger than {MAX_GRAPH} bytes; weights belong into external files"]
    try:
        verdict = check_model(read(data), path, sizes)
    except WireError as error:
        return [f"{path}: {error}"]
    weights |= verdict.used
    return list(verdict.issues)


class _Refused(Exception):
    """A path does not hold the plain file that it should."""


@contextmanager
def _mapped(root: Path, path: str, size: int) -> Iterator[memoryview]:
    handle = _open_plain(root, path)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise _Refused("not a plain file")
        if found.st_size != size:
            raise _Refused(f"{found.st_size} bytes where the manifest says {size}")
        if size == 0:
            yield memoryview(b"")
            return
        with mmap.mmap(handle, size, access=mmap.ACCESS_READ) as data, memoryview(data) as view:
            yield view
    finally:
        os.close(handle)


def _open_plain(root: Path, path: str) -> int:
    for parent in list(PurePosixPath(path).parents)[:-1]:
        if (root / parent).is_symlink():
            raise _Refused("lies behind a symbolic link")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(root / path, flags)
    except FileNotFoundError:
        raise _Refused("absent") from None
    except OSError as error:
        raise _Refused(f"cannot be opened as a plain file ({error.strerror})") from None
