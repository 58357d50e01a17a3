"""Things in a picture, by COCO class: the detector's boxes after non-maximum suppression.

Invariants: boxes lie inside the picture and are not empty; things come best first.

Example::

    things = Detector(session).find(picture)
    things[0].noun, things[0].box     # "cup", (138, 60, 180, 170)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qie_hub.formats.operation import Box, Region
from qie_hub.ports import Picture, Session

SIDE: Final = 300
"""The net's input; the picture's aspect is not kept, as in its training."""
SURE: Final = 0.5
"""Score of a thing that nobody asked for: the detector's own default."""
FAINT: Final = 0.32
"""Score of a thing that was asked for by name: a wrong one shows in the plan, a missed one cannot be chosen."""
_SAME: Final = 0.5
"""Overlap (intersection over union) from which two boxes are one thing."""
_TILE_OVERLAP: Final = 0.2
_TILED_LARGEST: Final = 0.6
"""Side of a tile's thing, as a share of the tile, above which the whole picture's reading is trusted instead."""

CLASSES: Final = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "", "backpack", "umbrella", "", "", "handbag", "tie", "suitcase", "frisbee",
    "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", "", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich",
    "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "",
    "dining table", "", "", "toilet", "", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave",
    "oven", "toaster", "sink", "refrigerator", "", "book", "clock", "vase", "scissors", "teddy bear", "hair drier",
    "toothbrush",
)  # fmt: skip
"""The 90 columns of the net's scores; COCO never used the ids of the empty ones."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: its class, its box in pixels, and how sure the detector is (0..1)."""

    noun: str
    box: Box
    score: float

    @property
    def area(self) -> int:
        """Pixels of the box."""
        return self.box[2] * self.box[3]

    @property
    def region(self) -> Region:
        """The thing as a plan shows it."""
        return Region(self.box, self.noun, score=round(1000 * self.score))


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """Finds things with the pack's net: input 1x3x300x300 RGB 0..1, outputs ``boxes`` and ``scores``."""

    session: Session

    def find(self, picture: Picture, least: float = SURE) -> tuple[Thing, ...]:
        """The things in a picture, best first.

        Args:
            picture: HxWx3 uint8 RGB.
            least: lowest score to report.
        """
        boxes, scores = self._run(picture)
        return _distinct(boxes, scores, picture.shape, least)

    def find_small(self, picture: Picture, least: float = SURE) -> tuple[Thing, ...]:
        """Also what is too small to be seen in the whole picture: four overlapping quarters are searched as well."""
        height, width = picture.shape[:2]
        boxes, scores = self._run(picture)
        found = [(boxes, scores)]
        tall, wide = round(height * (1 + _TILE_OVERLAP) / 2), round(width * (1 + _TILE_OVERLAP) / 2)
        for top in (0, height - tall):
            for left in (0, width - wide):
                part_boxes, part_scores = self._run(picture[top : top + tall, left : left + wide])
                small = (part_boxes[:, 2:] - part_boxes[:, :2]).max(axis=1) < _TILED_LARGEST
                inside = part_boxes * (tall, wide, tall, wide) + (top, left, top, left)
                found.append((inside[small] / (height, width, height, width), part_scores[small]))
        every = np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])
        return _distinct(*every, picture.shape, least)

    def _run(self, picture: Picture) -> tuple[NDArray[Any], NDArray[Any]]:
        small = cv2.resize(np.ascontiguousarray(picture), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        feed = np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32) / 255
        boxes, scores = self.session.run({"image": feed})
        return boxes[0], scores[0]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    both = shared(one, other)
    return both / max(one[2] * one[3] + other[2] * other[3] - both, 1)


def shared(one: Box, other: Box) -> int:
    """Pixels that two boxes share."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    tall = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0, wide) * max(0, tall)


def _distinct(boxes: NDArray[Any], scores: NDArray[Any], shape: tuple[int, ...], least: float) -> tuple[Thing, ...]:
    """Best class per box, then suppression over all classes, as the net was meant to be read."""
    height, width = shape[:2]
    best = scores.argmax(axis=1)
    score = scores[np.arange(len(best)), best]
    kept: list[Thing] = []
    for index in np.argsort(-score, kind="stable"):
        if score[index] < least:
            break
        noun = CLASSES[int(best[index])]
        y0, x0, y1, x1 = np.clip(boxes[index], 0, 1) * (height, width, height, width)
        box = (int(x0), int(y0), int(np.ceil(x1)) - int(x0), int(np.ceil(y1)) - int(y0))
        if not noun or min(box[2:]) < 2 or any(_is_same(box, noun, one) for one in kept):
            continue
        kept.append(Thing(noun, box, float(score[index])))
    return tuple(kept)


def _is_same(box: Box, noun: str, other: Thing) -> bool:
    """Whether a box shows a thing that is known: the same place, or a part of one of its class."""
    if overlap(box, other.box) > _SAME:
        return True
    return noun == other.noun and shared(box, other.box) > 0.8 * min(box[2] * box[3], other.area)
