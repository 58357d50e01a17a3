"""Reading text in pictures: rapidocr's own detection and recognition code with sessions that we were given.

Invariants:

* The library never sees a model path, so it can neither load its own models nor download any: its constructors
  (which would) are not called, and every session is one that the pack's host made from verified bytes.
* Polygons are in pixels of the full-size picture, clockwise from the corner where reading starts.

Example::

    reader = TextReader(pack.session("ocr/det.onnx"), pack.session("ocr/rec.onnx"), limit_side=960)
    [line.text for line in reader.read(picture)]
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr.ch_ppocr_cls.main import TextClassifier
from rapidocr.ch_ppocr_cls.utils import ClsPostProcess
from rapidocr.ch_ppocr_det.main import TextDetector
from rapidocr.ch_ppocr_det.utils import DBPostProcess, DetPreProcess
from rapidocr.ch_ppocr_rec.main import TextRecognizer
from rapidocr.ch_ppocr_rec.typings import TextRecInput
from rapidocr.ch_ppocr_rec.utils import CTCLabelDecode
from rapidocr.utils.process_img import get_rotate_crop_image

from qie_hub.errors import LoadError
from qie_hub.ports import Picture, Session

CHARACTERS: Final = "character"
"""Key of the model's metadata that holds its alphabet, one character a line (PP-OCR's convention)."""

MIN_SCORE: Final = 0.5
"""rapidocr's own threshold for a recognised line (``Global.text_score`` in its config)."""

_REC_HEIGHT: Final = 48
_READS_WELL: Final = 0.9
"""Words drawn upside down scored up to 0.88 as they stood, those the right way up 0.91 and more."""

_GROW: Final = 2.0
_FRAME: Final = 0.75
"""Largest area that text is searched for in, as a share of the square of the side: a square picture is not to cost a
third more than one of 4 to 3."""
_logger_name = "RapidOCR"


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """One recognised line.

    ``polygon`` is 4x2 float32; ``centres`` has one number per character of ``text``: where its middle lies along
    the line, 0 at the start and 1 at the end; ``vertical`` lines were read after a quarter turn.
    """

    text: str
    score: float
    polygon: NDArray[np.float32]
    centres: tuple[float, ...]
    vertical: bool = False


class _Given:
    """A session of ours in the shape that rapidocr's code calls."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, batch: NDArray[Any]) -> NDArray[Any]:
        return self._session.run({self._session.input_names[0]: batch})[0]

    def characters(self) -> list[str]:
        """The alphabet in the model's metadata."""
        text = self._session.metadata.get(CHARACTERS)
        if not text:
            raise LoadError(what="recognition model", problem="no alphabet in its metadata")
        return text.splitlines()


class _Detector(TextDetector):  # type: ignore[misc]  # the library is not followed by mypy
    """The library's detector around a given session; boxes in pixels of the picture that came in."""

    def __init__(self, session: Session, limit_side: int) -> None:
        self.limit_side = limit_side
        self.session = _Given(session)
        self.preprocess_op = DetPreProcess(limit_side, "max")
        self.postprocess_op = DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True)

    def find(self, picture: Picture, side: int | None = None) -> NDArray[np.float32]:
        """Return Nx4x2 corners in pixels of ``picture``, looked for at a longer side of at most ``side``."""
        limit = self.limit_side if side is None else min(side, self.limit_side)
        small = np.ascontiguousarray(_within(picture, limit)[:, :, ::-1])
        ready = self.preprocess_op(small)
        if ready is None:
            return np.zeros((0, 4, 2), np.float32)
        boxes, _ = self.postprocess_op(self.session(ready), picture.shape[:2])
        if len(boxes) == 0:
            return np.zeros((0, 4, 2), np.float32)
        return np.asarray(self.sorted_boxes(np.asarray(boxes)), np.float32)


class _Recogniser(TextRecognizer):  # type: ignore[misc]  # the library is not followed by mypy
    """The library's recogniser around a given session."""

    def __init__(self, session: Session) -> None:
        self.session = _Given(session)
        self.postprocess_op = CTCLabelDecode(character=self.session.characters())
        self.rec_batch_num = 6
        self.rec_image_shape = [3, _REC_HEIGHT, 320]
        self.cfg = SimpleNamespace(lang_type="ch", font_path=None)


class _Classifier(TextClassifier):  # type: ignore[misc]  # the library is not followed by mypy
    """The library's 0/180 degree classifier around a given session."""

    def __init__(self, session: Session) -> None:
        self.session = _Given(session)
        self.cls_image_shape = [3, 48, 192]
        self.cls_batch_num = 6
        self.cls_thresh = 0.9
        self.postprocess_op = ClsPostProcess(["0", "180"])


class TextReader:
    """Finds and reads lines of text. Thread-safe: it holds nothing that a call changes."""

    def __init__(
        self, detector: Session, recogniser: Session, classifier: Session | None = None, *, limit_side: int = 960
    ) -> None:
        logging.getLogger(_logger_name).setLevel(logging.CRITICAL)
        self._detector = _Detector(detector, limit_side)
        self._recogniser = _Recogniser(recogniser)
        self._classifier = None if classifier is None else _Classifier(classifier)

    def read(self, picture: Picture, *, min_score: float = MIN_SCORE) -> tuple[TextLine, ...]:
        """Read every line of a picture (HxWx3 uint8 RGB), top to bottom, left to right."""
        return self.read_boxes(picture, self._detector.find(picture), min_score=min_score)

    def detect(self, picture: Picture, *, side: int | None = None) -> NDArray[np.float32]:
        """Where text is, unread: Nx4x2 corners in pixels; ``side`` bounds the longer side at which it is looked for."""
        return self._detector.find(picture, side)

    def read_boxes(
        self, picture: Picture, boxes: NDArray[np.float32], *, min_score: float = MIN_SCORE
    ) -> tuple[TextLine, ...]:
        """Read the given Nx4x2 quadrilaterals."""
        if len(boxes) == 0:
            return ()
        crops = [_crop(picture, box) for box in boxes]
        turned = [_is_vertical(box) for box in boxes]
        flipped = self._flipped(crops)
        found = self._recognise(crops)
        self._try_flipped(crops, flipped, found)
        lines = []
        for (text, score, centres), box, vertical, over in zip(found, boxes, turned, flipped, strict=True):
            if text.strip() and score >= min_score:
                lines.append(TextLine(text, score, _reading_order(box, vertical, over), centres, vertical))
        return tuple(lines)

    def _flipped(self, crops: Sequence[Picture]) -> list[bool]:
        if self._classifier is None:
            return [False] * len(crops)
        labels = self._classifier(list(crops)).cls_res or []
        return ["180" in label and score > self._classifier.cls_thresh for label, score in labels]

    def _try_flipped(
        self, crops: Sequence[Picture], flipped: list[bool], found: list[tuple[str, float, tuple[float, ...]]]
    ) -> None:
        """The classifier errs on small print, so what it calls upside down is read both ways.

        Most text stands upright, and some reads well both ways (99 and 66): a good reading as it stands wins.
        """
        doubtful = [index for index, over in enumerate(flipped) if over]
        if not doubtful:
            return
        turned = self._recognise([cv2.rotate(crops[index], cv2.ROTATE_180) for index in doubtful])
        for index, other in zip(doubtful, turned, strict=True):
            if found[index][1] < _READS_WELL and other[1] > found[index][1]:
                found[index] = other
            else:
                flipped[index] = False

    def _recognise(self, crops: Sequence[Picture]) -> list[tuple[str, float, tuple[float, ...]]]:
        result = self._recogniser(TextRecInput(img=list(crops), return_word_box=True))
        texts, scores, words = result.txts or (), result.scores, result.word_results
        return [
            (text, float(score), _centres(text, info)) for text, score, info in zip(texts, scores, words, strict=True)
        ]


def _within(picture: Picture, limit: int) -> Picture:
    """Scale so that the long side is ``limit``, less if it is nearly square; small ones grow at most `_GROW` times."""
    height, width = picture.shape[:2]
    scale = min(limit / max(height, width), limit * (_FRAME / (height * width)) ** 0.5, _GROW)
    if abs(scale - 1) < 1e-3:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)


def _crop(picture: Picture, box: NDArray[np.float32]) -> Picture:
    """The upright crop that rapidocr would make, BGR, no higher than recognition needs (avoids aliasing)."""
    crop = get_rotate_crop_image(picture, box.copy())[:, :, ::-1]
    height, width = crop.shape[:2]
    if height > 2 * _REC_HEIGHT:
        size = (max(1, round(width * 2 * _REC_HEIGHT / height)), 2 * _REC_HEIGHT)
        crop = cv2.resize(np.ascontiguousarray(crop), size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(crop, dtype=np.uint8)


def _sides(box: NDArray[np.float32]) -> tuple[float, float]:
    width = max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3]))
    height = max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2]))
    return float(int(width)), float(int(height))


def _is_vertical(box: NDArray[np.float32]) -> bool:
    """True where `get_rotate_crop_image` makes a quarter turn."""
    width, height = _sides(box)
    return height >= 1.5 * max(width, 1.0)


def _reading_order(box: NDArray[np.float32], vertical: bool, over: bool) -> NDArray[np.float32]:
    """Corners from where reading starts: the crop was turned left (np.rot90) for vertical, then maybe upside down."""
    steps = (1 if vertical else 0) + (2 if over else 0)
    return np.roll(box, -steps, axis=0)


def _centres(text: str, info: Any) -> tuple[float, ...]:
    """Middle of every character along the line, from the columns where the recogniser saw them.

    The library drops spaces; they get the middle of their neighbours.
    """
    columns = [column for word in info.word_cols for column in word]
    length = max(float(info.line_txt_len), 1.0)
    known = iter([(column + 0.5) / length for column in columns])
    places = [None if character.isspace() else next(known, None) for character in text]
    return tuple(_fill(places))


def _fill(places: Sequence[float | None]) -> list[float]:
    at = [index for index, place in enumerate(places) if place is not None]
    if not at:
        return [(index + 0.5) / len(places) for index in range(len(places))]
    values = [place for place in places if place is not None]
    return [float(value) for value in np.interp(range(len(places)), at, values)]
