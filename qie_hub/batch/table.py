"""Reading a table of rows as shops have them: CSV with a comma, semicolon or tab, in UTF-8 or in the GBK of Excel.

Invariants: nothing is guessed silently that would change a value: bytes that are no text in any of the encodings are
an error; a row with more or fewer cells than the heading is a problem with its line number, not a shifted row.

Example::

    table = read(Path("prices.csv"))
    table.columns            # ("图片", "old", "new")
    table.rows[0]            # Row(line=2, cells={"图片": "1.jpg", "old": "¥199", "new": "¥99"})
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qie_hub.batch.values import Problem
from qie_hub.errors import UsageError

_DELIMITERS: Final = ",;\t"
_EXCEL: Final = "gb18030"
"""GBK and what followed it. It has the wide yen sign alone, so that is what stands there for the narrow one, in which
prices are set."""
_LARGEST: Final = 64 << 20
_PICTURE_NAMES: Final = (
    "picture", "image", "photo", "file", "filename", "file name", "path", "img",
    "图片", "照片", "图像", "文件", "文件名", "图片名", "图片名称", "主图", "路径",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``line`` counts lines of the file from 1, ``cells`` are stripped texts by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file under its headings."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()

    def picture_column(self, asked: str | None) -> str:
        """The column with the pictures: the one asked for, one of the usual names, or the first.

        Raises:
            UsageError: there is no column of the name asked for.
        """
        by_name = {fold(name): name for name in self.columns}
        if asked is not None:
            if fold(asked) not in by_name:
                raise UsageError(hint="TABLE_NO_COLUMN", name=asked, columns=list(self.columns))
            return by_name[fold(asked)]
        return next((by_name[name] for name in _PICTURE_NAMES if name in by_name), self.columns[0])


def read(path: Path) -> Table:
    """Read a table.

    Raises:
        UsageError: the file is absent, too large, empty, no text, or its headings are empty or repeated.
    """
    text = _text(path)
    if not text.strip():
        raise UsageError(hint="TABLE_EMPTY", path=str(path))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    problems: list[Problem] = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if not columns:
                columns = _headings(stripped, path)
            elif len(stripped) < len(columns) or any(stripped[len(columns) :]):
                data = {"line": reader.line_num, "cells": len(stripped), "columns": len(columns)}
                problems.append(Problem("BATCH_ROW_CELLS", data))
            else:
                rows.append(Row(reader.line_num, dict(zip(columns, stripped, strict=False))))
    except csv.Error as error:
        raise UsageError(hint="TABLE_BROKEN", path=str(path), line=reader.line_num, problem=str(error)) from None
    if not rows and not problems:
        raise UsageError(hint="TABLE_EMPTY", path=str(path))
    return Table(columns, tuple(rows), tuple(problems))


def fold(name: str) -> str:
    """A column's name without case and outer space."""
    return name.strip().casefold()


def _headings(cells: list[str], path: Path) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    names = [fold(cell) for cell in cells]
    twice = sorted({name for name in names if names.count(name) > 1 or not name})
    if twice:
        raise UsageError(hint="TABLE_HEADINGS", path=str(path), columns=twice)
    return tuple(cells)


def _text(path: Path) -> str:
    """The file's text: a byte order mark decides, else UTF-8, else GBK as Excel writes it in China."""
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise UsageError(hint="TABLE_LARGE", path=str(path), size=size, limit=_LARGEST)
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(hint="UNREADABLE_FILE", path=str(path), problem=error.strerror) from None
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", _EXCEL):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("￥", "¥") if encoding == _EXCEL else text
    raise UsageError(hint="TABLE_ENCODING", path=str(path))


def _delimiter(text: str) -> str:
    """The mark that splits the heading most often, outside quotes; a comma if none does."""
    heading = next(line for line in text.splitlines() if line.strip())
    outside = "".join(heading.split('"')[::2])
    return max(_DELIMITERS, key=lambda mark: (outside.count(mark), mark == ","))
