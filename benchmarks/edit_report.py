"""What `benchmarks.edits` shows: tables for the terminal, a page with pictures, contact sheets for the eye."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw

from tests.support.scenes import Picture

Row = dict[str, Any]
_SHOWN: Final = ("before", "after", "wanted")
_WIDE: Final = 400
_PER_SHEET: Final = 10


def table(title: str, rows: list[Row]) -> str:
    """The rows' medians and shares as lines of text."""
    lines = [f"{title} ({len(rows)})"]
    for name in dict.fromkeys(key for row in rows for key in row):
        values = [
            row[name] for row in rows if row.get(name) is not None and not isinstance(row[name], (np.ndarray, str))
        ]
        if values and isinstance(values[0], bool):
            lines.append(f"  {name:16} {sum(values)}/{len(values)}")
        elif values:
            ordered = sorted(values)
            lines.append(f"  {name:16} median {median(ordered):8.2f}   from {ordered[0]:8.2f} to {ordered[-1]:8.2f}")
    return "\n".join(lines)


def listing(rows: list[Row]) -> str:
    """Every row on a line: where a gain must be had on each picture, a median is no answer."""
    facts = [{key: value for key, value in row.items() if not isinstance(value, np.ndarray)} for row in rows]
    return "\n".join("  " + "  ".join(f"{key} {value}" for key, value in row.items()) for row in facts)


def page(parts: list[tuple[str, str, list[Row]]]) -> str:
    """One HTML page: every case with what was given, what came out and what a perfect edit is."""
    out = ["<meta charset=utf-8><title>qie_hub edits</title><style>img{max-width:32%}pre{font-size:13px}</style>"]
    for title, text, rows in parts:
        out.append(f"<h2>{html.escape(title)}</h2><pre>{html.escape(text)}</pre>")
        for row in rows:
            facts = {key: value for key, value in row.items() if not isinstance(value, np.ndarray)}
            images = "".join(_img(row[key]) for key in _SHOWN if key in row)
            out.append(f"<p>{html.escape(str(facts))}</p><div>{images}</div>")
    return "\n".join(out)


def sheets(folder: Path, title: str, rows: list[Row]) -> list[Path]:
    """Contact sheets of a part's pictures, two cases in a row, as PNG."""
    shown = [row for row in rows if all(key in row for key in _SHOWN)]
    paths = []
    for start in range(0, len(shown), _PER_SHEET):
        strips = [_strip(row) for row in shown[start : start + _PER_SHEET]]
        wide, tall = max(one.width for one in strips), max(one.height for one in strips) + 4
        sheet = Image.new("RGB", (2 * wide + 8, -(-len(strips) // 2) * tall), "white")
        for index, strip in enumerate(strips):
            sheet.paste(strip, ((index % 2) * (wide + 8), index // 2 * tall))
        path = folder / f"{title.replace(' ', '-')}-{start // _PER_SHEET}.png"
        sheet.save(path)
        paths.append(path)
    return paths


def _strip(row: Row) -> Image.Image:
    images = [Image.fromarray(row[key]) for key in _SHOWN]
    images = [one.resize((_WIDE, round(one.height * _WIDE / one.width)), Image.Resampling.LANCZOS) for one in images]
    strip = Image.new("RGB", (len(images) * _WIDE, max(one.height for one in images) + 14), "white")
    for index, image in enumerate(images):
        strip.paste(image, (index * _WIDE, 14))
    ImageDraw.Draw(strip).text((2, 1), str(row["scene"]), fill="black")
    return strip


def _img(picture: Picture) -> str:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=92)
    return f'<img src="data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"> '
