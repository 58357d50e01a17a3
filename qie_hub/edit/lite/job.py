"""One edit under way: what its operations share and hand on to each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qie_hub.edit.lite.canvas import Canvas
from qie_hub.edit.lite.standing import Standing, things_in
from qie_hub.edit.lite.tools import Tools
from qie_hub.edit.ocr import TextLine
from qie_hub.errors import UsageError
from qie_hub.formats.operation import PlannedOperation
from qie_hub.ports import Picture, PipelineInput

Facts: TypeAlias = dict[str, object]

LAYOUT_SIDE: Final = 640
"""Longer side at which texts are looked for that only have to be kept clear of: a badge need not avoid fine print, and
at 1280 the search was four fifths of the time of a badge."""


@dataclass(frozen=True, slots=True)
class Written:
    """A new text, its box on the canvas as it was then, and where the input's corner lay and how large it was."""

    text: str
    box: tuple[int, int, int, int]
    origin: tuple[int, int] | None
    size: tuple[int, int]

    def box_on(self, canvas: Canvas) -> tuple[int, int, int, int] | None:
        """The box on the canvas as it is now; None once it was rescaled."""
        x, y, width, height = self.box
        if self.origin is not None and canvas.origin is not None:
            return x + canvas.origin[0] - self.origin[0], y + canvas.origin[1] - self.origin[1], width, height
        return self.box if canvas.size == self.size else None


@dataclass(slots=True, eq=False)
class Job:
    """One edit under way.

    ``known`` are the lines that the plan's reading found; without one, texts are detected when they are needed, at
    most once: words must not grow into them. ``written`` lists new texts with their boxes, to be read again.
    """

    canvas: Canvas
    tools: Tools
    source: PipelineInput
    check: Callable[[], None]
    known: Sequence[TextLine] = ()
    written: list[Written] = field(default_factory=list)
    _texts: list[NDArray[np.float32]] | None = None

    @property
    def shift(self) -> NDArray[np.float32]:
        """Where the input's corner lies now."""
        return np.array(self.canvas.origin or (0, 0), np.float32)

    def texts(self) -> list[NDArray[np.float32]]:
        """Corners of all texts of the input, in its coordinates."""
        if self._texts is None:
            read = [line.polygon for line in self.known]
            self._texts = read or list(self.tools.reader.detect(self.source.picture, side=LAYOUT_SIDE))
        return self._texts

    def standing(self) -> Standing:
        """Texts and things on the canvas; once the picture was rescaled, things alone, as the canvas shows them."""
        canvas, detector = self.canvas, self.tools.detector()
        if canvas.origin is None:
            return Standing((), things_in(canvas.picture, detector), (0, 0, *canvas.size))
        left, top = canvas.origin
        height, width = self.source.picture.shape[:2]
        texts = [one + self.shift for one in self.texts()]
        # The input, not the canvas: before a new border the whole photograph would stand out.
        return Standing(texts, things_in(self.source.picture, detector), (left, top, left + width, top + height))


def companion(job: Job, planned: PlannedOperation) -> Picture:
    """The further picture that an operation speaks of, HxWx4.

    Raises:
        UsageError: not so many were given.
    """
    number = int(planned.operation.slots.get("number") or 1)
    given = job.source.with_pictures
    if number > len(given):
        raise UsageError(hint="WITH_MISSING", needed=number, given=len(given))
    return given[number - 1]
