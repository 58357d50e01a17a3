"""Words that watermarks are made of, and setting them right where recognition misread a letter or two.

Pure. Letters are looked for by what was read, so a wrong one would stay behind.

Example::

    mended(line)      # "ATERMARK" becomes "WATERMARK", with room for the letter that was not seen
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np
from rapidfuzz import fuzz

from qie_hub.edit.lite.line import part
from qie_hub.edit.ocr import TextLine

_TRADE: Final = ("watermark", "copyright", "sample", "preview", "shutterstock")
WORDS: Final = re.compile(
    r"water\s*mark|水印|©|\(c\)|copyright|版权|www\.|\.com|\.cn|\.net|@|sample|样[图张稿]|preview|预览|shutterstock|getty"
    r"|istock|alamy|adobe\s*stock|视觉中国|图虫|摄图|千图|站酷|小红书|微博|抖音|淘宝|盗图|禁止|所有权|photo\s*by|studio|photograph|摄影",
    re.IGNORECASE,
)
_NEARLY: Final = 80


def mended(line: TextLine) -> TextLine:
    """A line that is one of the trade's words but for a letter or two (``NATERMARK``, ``ATERMARK``) as that word.

    Letters that were not seen at an end are added with their room, so that they are looked for too.
    """
    line = _closed_up(line)
    text = line.text.strip().lower()
    for word in _TRADE:
        if text == word or len(text) < 4:
            continue
        shown = word.upper() if line.text.isupper() else word
        if len(word) == len(text) and fuzz.ratio(text, word) >= 75:
            return replace(line, text=shown)
        if (misread := _misread(line, word)) is not None:
            return misread
        if len(word) > len(text) and (word.startswith(text) or word.endswith(text)):
            return _lengthened(line, shown, len(word) - len(text), at_end=word.startswith(text))
    return line


def _misread(line: TextLine, word: str) -> TextLine | None:
    """The line with one of its words set right (``样图 SAMIPLE``), None if none is nearly ``word``."""
    if word in line.text.lower():
        return None
    for found in re.finditer(r"[A-Za-z]{4,}", line.text):
        first, last = found.span()
        if abs(len(word) - (last - first)) <= 1 and fuzz.ratio(found.group().lower(), word) >= _NEARLY:
            shown = word.upper() if found.group().isupper() else word
            places = np.interp(np.linspace(0, 1, len(word)), np.linspace(0, 1, last - first), line.centres[first:last])
            centres = (*line.centres[:first], *(float(place) for place in places), *line.centres[last:])
            return replace(line, text=line.text[:first] + shown + line.text[last:], centres=centres)
    return None


def _closed_up(line: TextLine) -> TextLine:
    """``SAMP LE`` without the gap that recognition saw in a word of the trade."""
    for gap in re.finditer(r"(?<=[A-Za-z]) (?=[A-Za-z])", line.text):
        at = gap.start()
        text = line.text[:at] + line.text[at + 1 :]
        if any(word in text.lower() and word not in line.text.lower() for word in _TRADE):
            return replace(line, text=text, centres=(*line.centres[:at], *line.centres[at + 1 :]))
    return line


def _lengthened(line: TextLine, text: str, missing: int, *, at_end: bool) -> TextLine:
    """The line with room for ``missing`` more letters of its usual width."""
    share = missing / max(len(line.centres), 1)
    low, high = (0.0, 1.0 + share) if at_end else (-share, 1.0)
    extra = [1 + (index + 0.5) * share / missing for index in range(missing)]
    if not at_end:
        extra = [-(missing - index - 0.5) * share / missing for index in range(missing)]
    centres = [*line.centres, *extra] if at_end else [*extra, *line.centres]
    scaled = tuple((centre - low) / (high - low) for centre in centres)
    return replace(line, text=text, polygon=part(line.polygon, low, high), centres=scaled)
