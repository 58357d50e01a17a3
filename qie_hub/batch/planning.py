"""From what was asked for to a list of jobs, and everything that is wrong with it. Looks at names and at the table.

Invariants: no two jobs write the same file, also where a file system ignores case; no job writes over an input; the
folders of the inputs below what they have in common are kept, so that equal names never meet.

Example::

    made = plan(BatchRequest(("a", "b"), "调亮一点", Path("out")))     # a/1.jpg -> out/a/1.jpg, b/1.jpg -> out/b/1.jpg
    made.problems                                                        # all of them, before the first edit
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from qie_hub.batch import filling, sources
from qie_hub.batch.sources import Sources
from qie_hub.batch.table import Row, Table, fold, read
from qie_hub.batch.values import BatchPlan, BatchRequest, Job, Problem
from qie_hub.edit.output import name_for
from qie_hub.errors import UsageError


def plan(request: BatchRequest) -> BatchPlan:
    """List the jobs and the problems; nothing is opened but the table.

    Raises:
        UsageError: no sentence, no pictures, a table that cannot be read, columns that it does not have, or an output
            folder that holds the inputs.
    """
    if not request.sentence.strip():
        raise UsageError(hint="SENTENCE_MISSING")
    found = sources.expand(request.pictures, request.output)
    problems: list[Problem] = []
    if request.table is None:
        _no_places(request.sentence)
        jobs = [Job(path, path, request.sentence) for path in found.pictures]
    else:
        jobs, problems = _from_table(request, request.table, found)
    problems = [*found.problems, *problems]
    if not jobs and not problems:
        raise UsageError(hint="BATCH_NOTHING", names=list(request.pictures))
    placed = with_outputs(jobs, request.output, frozenset())
    return BatchPlan(request, tuple(placed), tuple(problems), found.ignored)


def with_outputs(jobs: Sequence[Job], folder: Path, transparent: frozenset[str]) -> list[Job]:
    """Say where each result goes.

    Args:
        jobs: what to place.
        folder: the folder of the results.
        transparent: sentences whose results have transparency.

    Raises:
        UsageError: a result would replace an input.
    """
    inputs = {job.picture.resolve() for job in jobs}
    base = _common(inputs)
    out: list[Job] = []
    taken: set[str] = set()
    for job in jobs:
        inside = job.picture.resolve().relative_to(base)
        name = name_for(inside.name, transparent=job.sentence in transparent)
        if str(inside.with_name(name)).casefold() in taken:
            name = f"{inside.name}{Path(name).suffix}"  # the results of a.gif and a.png: a.gif.png beside a.png
        goal = folder / inside.with_name(name)
        taken.add(str(goal.relative_to(folder)).casefold())
        if goal.resolve() in inputs:
            raise UsageError(hint="BATCH_OUTPUT_IS_INPUT", path=str(goal))
        out.append(replace(job, output=goal))
    return out


def _common(inputs: Iterable[Path]) -> Path:
    """The folder that all inputs have in common."""
    folders = {str(path.parent) for path in inputs}
    return Path(os.path.commonpath(folders)) if folders else Path()


def _no_places(sentence: str) -> None:
    names = filling.names(sentence)
    if names:
        raise UsageError(hint="BATCH_NO_TABLE", names=list(names))


# -- a table ------------------------------------------------------------------------------------------------


def _from_table(request: BatchRequest, path: Path, found: Sources) -> tuple[list[Job], list[Problem]]:
    table = read(path)
    column = table.picture_column(request.column)
    _known_places(request.sentence, table)
    pictures = _Pictures(found.pictures, path.parent, listed=bool(request.pictures))
    jobs: list[Job] = []
    problems = list(table.problems)
    lines: dict[Path, int] = {}
    for row in table.rows:
        made = _job(row, column, request.sentence, pictures)
        if isinstance(made, Job) and made.picture.resolve() in lines:
            earlier = lines[made.picture.resolve()]
            made = Problem("BATCH_ROW_TWICE", {"line": row.line, "name": made.picture.name, "earlier": earlier})
        if isinstance(made, Problem):
            problems.append(made)
        else:
            lines[made.picture.resolve()] = row.line
            jobs.append(made)
    spoken_for = {*lines, *pictures.asked}
    problems += [
        Problem("BATCH_NO_ROW", {"name": str(one)}) for one in found.pictures if one.resolve() not in spoken_for
    ]
    return jobs, problems


def _known_places(sentence: str, table: Table) -> None:
    known = {fold(name) for name in table.columns}
    unknown = [name for name in filling.names(sentence) if fold(name) not in known]
    if unknown:
        raise UsageError(hint="BATCH_UNKNOWN_PLACE", names=unknown, columns=list(table.columns))


def _job(row: Row, column: str, sentence: str, pictures: _Pictures) -> Job | Problem:
    """The job of a row, or what is wrong with the row."""
    named = row.cells[column]
    if not named:
        return Problem("BATCH_ROW_EMPTY", {"line": row.line, "column": column})
    found = pictures.find(named)
    if len(found) != 1:
        code = "BATCH_ROW_SEVERAL" if found else "BATCH_ROW_NO_PICTURE"
        return Problem(code, {"line": row.line, "name": named, "found": [str(path) for path in found]})
    by_name = {fold(name): cell for name, cell in row.cells.items()}
    values = {name: by_name[fold(name)] for name in filling.names(sentence)}
    empty = next((name for name, value in values.items() if not value), None)
    if empty is not None:
        return Problem("BATCH_ROW_EMPTY", {"line": row.line, "column": empty})
    try:
        filled, quoted = filling.fill(sentence, values)
    except filling.Unquotable as error:
        return Problem("BATCH_ROW_QUOTES", {"line": row.line, "text": error.value})
    return Job(found[0], found[0], filled, row.line, quoted)


class _Pictures:
    """Finds the picture that a cell names: by its path beside the table, or by its name among those given."""

    def __init__(self, given: Sequence[Path], folder: Path, *, listed: bool) -> None:
        self._given = given
        self._folder = folder
        self._listed = listed
        self.asked: set[Path] = set()

    def find(self, named: str) -> list[Path]:
        """The pictures that this could be; they count as asked for."""
        wanted = Path(named.replace("\\", "/"))
        found = self._among(self._given, wanted) if self._listed else self._beside(wanted)
        self.asked.update(path.resolve() for path in found)
        return found

    def _beside(self, wanted: Path) -> list[Path]:
        path = self._folder / wanted.expanduser()
        if path.is_file():
            return [path]
        folder = path.parent
        siblings = [one for one in folder.iterdir() if sources.is_picture(one)] if folder.is_dir() else []
        return self._among(siblings, Path(wanted.name))

    def _among(self, pictures: Sequence[Path], wanted: Path) -> list[Path]:
        """Those whose path ends like ``wanted``; failing that, those whose name without its suffix does."""
        parts = tuple(part.casefold() for part in wanted.parts)
        exact = [one for one in pictures if _tail(one, len(parts)) == parts]
        return exact or [one for one in pictures if _tail(one.with_suffix(""), len(parts)) == parts]


def _tail(path: Path, count: int) -> tuple[str, ...]:
    return tuple(part.casefold() for part in path.parts[-count:])
