"""Photographs that ship inside scikit-image, and text set on them in faces that no pack has (OpenCV's own)."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
_FOLDER = Path(skimage.data.__file__).parent


def photograph(name: str, size: tuple[int, int] | None = None) -> Picture:
    """A photograph by its file name, RGB, resized to width and height if given."""
    image = Image.open(_FOLDER / name).convert("RGB")
    return np.array(image if size is None else image.resize(size, Image.Resampling.LANCZOS))


def with_text(
    picture: Picture,
    text: str,
    *,
    centre: tuple[int, int],
    size: int,
    angle: float = 0.0,
    colour: tuple[int, int, int] = (255, 255, 255),
    face: str = "uni",
    weight: int = 0,
    opacity: float = 1.0,
) -> Picture:
    """Set ``text`` in one of OpenCV's built-in faces (``sans``, ``italic``, ``uni``), turned by ``angle`` degrees."""
    font = cv2.FontFace(face)
    over = 4
    wide = cv2.getTextSize((10, 10), text, (0, 0), font, size * over, weight)
    canvas = np.zeros((wide[3] + 2 * size * over, wide[2] + 2 * size * over, 3), np.uint8)
    at = (size * over - wide[0], size * over - wide[1])
    cv2.putText(canvas, text, at, (255, 255, 255), font, size * over, weight)
    ink = cv2.resize(canvas[:, :, 0], None, fx=1 / over, fy=1 / over, interpolation=cv2.INTER_AREA)
    turn = cv2.getRotationMatrix2D((ink.shape[1] / 2, ink.shape[0] / 2), angle, 1.0)
    turn[:, 2] += np.array(centre) - (ink.shape[1] / 2, ink.shape[0] / 2)
    laid = cv2.warpAffine(ink, turn, (picture.shape[1], picture.shape[0]), flags=cv2.INTER_LINEAR)
    share = (laid.astype(np.float32) / 255 * opacity)[..., None]
    return np.clip(picture * (1 - share) + np.array(colour) * share + 0.5, 0, 255).astype(np.uint8)


def as_jpeg(picture: Picture, quality: int) -> Picture:
    """The picture after JPEG compression."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality)
    return np.array(Image.open(stream).convert("RGB"))
