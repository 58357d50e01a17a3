"""Which pictures are meant: files, folders and patterns become a list; looks at names only, opens nothing.

Invariants: each file stands once, however it was named; hidden files and what a batch wrote itself are not taken
from folders and patterns; the order is that of a person who counts (``2.jpg`` before ``10.jpg``).
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qie_hub.batch.values import Problem
from qie_hub.errors import UsageError

SUFFIXES: Final = (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".ppm")
STATE_FOLDER: Final = ".qie-hub"
SHEET: Final = "batch-contact-sheet.jpg"
REPORT: Final = "batch-report.json"
_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Sources:
    """Pictures found; ``ignored`` files that are none; ``problems`` with what was named."""

    pictures: tuple[Path, ...]
    ignored: tuple[Path, ...] = ()
    problems: tuple[Problem, ...] = ()


def expand(named: Sequence[str], output: Path) -> Sources:
    """Find the pictures.

    Args:
        named: files, folders and patterns.
        output: the folder of the results; what lies in it is never taken from a folder or a pattern.

    Raises:
        UsageError: a folder or pattern names nothing but pictures in the folder of the results.
    """
    taken: dict[Path, Path] = {}
    ignored: dict[Path, Path] = {}
    problems: list[Problem] = []
    for word in named:
        path = Path(word).expanduser()
        if path.is_file():
            taken.setdefault(path.resolve(), path)
            continue
        found = _in_folder(path) if path.is_dir() else _matching(str(path))
        usable = [one for one in found if not is_ours(one, output)]
        pictures = [one for one in usable if is_picture(one)]
        taken.update({one.resolve(): one for one in pictures if one.resolve() not in taken})
        ignored.update({one.resolve(): one for one in usable if not is_picture(one)})
        if not pictures and any(is_picture(one) and one.parent.resolve() == output.resolve() for one in found):
            raise UsageError(hint="BATCH_OUTPUT_IS_INPUT", path=word)
        if not pictures:
            problems.append(Problem("BATCH_NO_MATCH", {"name": word}))
    return Sources(ordered(taken.values()), ordered(ignored.values()), tuple(problems))


def is_picture(path: Path) -> bool:
    """Whether the name is that of a picture that can be read."""
    return path.suffix.lower() in SUFFIXES


def is_ours(path: Path, output: Path) -> bool:
    """Whether a found file is hidden, or lies where this batch writes."""
    return path.name.startswith(".") or path.name in (SHEET, REPORT) or output.resolve() in path.resolve().parents


def ordered(paths: Iterable[Path]) -> tuple[Path, ...]:
    """By folder, then as a person counts."""
    return tuple(sorted(paths, key=lambda path: (str(path.parent), counted(path.name))))


def counted(name: str) -> list[tuple[int, int, str]]:
    """A sorting key in which numbers count as numbers."""
    parts = _DIGITS.split(name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def _in_folder(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


def _matching(pattern: str) -> list[Path]:
    return [Path(found) for found in glob.glob(pattern, recursive=True) if Path(found).is_file()]
