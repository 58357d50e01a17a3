"""The photographs of ``make demo``.

They ship inside scikit-image (their licences: skimage/data/README.txt); nothing is committed here. Price and watermark
are set onto them with Fredoka One, a font that no pack contains, fetched from its pinned package.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from skimage import data

from cdn.recipe import PackageSource
from cdn.sources.packages import PackageShelf
from qie_hub.digest import Digest

FONT_PACKAGE = PackageSource(
    id="demo-font",
    requirement="font-fredoka-one==0.0.4",
    sha256=Digest("f177fdb46dcb7be565a68ece3a7b353a92cf038554a037f57b6303f6a5478ff8"),
)
FONT_MEMBER = "font_fredoka_one/files/FredokaOne-Regular.ttf"


@dataclass(frozen=True)
class Scene:
    """One edit of the demo: the picture that goes in and the sentence."""

    name: str
    photo: Path
    sentence: str
    refused: bool = False
    options: tuple[str, ...] = ()


def scenes(folder: Path, cache: Path) -> tuple[Scene, ...]:
    """Write the photographs to ``folder`` and say what is done to each."""
    folder.mkdir(parents=True, exist_ok=True)
    font = _font_bytes(cache)
    coins = _save(folder / "coins.png", Image.fromarray(data.coins()))
    portrait = _save(folder / "portrait.jpg", Image.fromarray(data.astronaut()))
    return (
        Scene("price", _price(folder / "price.jpg", font), "把‘¥199’改成‘限时特惠¥99’"),
        Scene("printed", _save(folder / "page.png", Image.fromarray(data.page())), "把‘Region’改成‘Object’"),
        Scene("watermark", _watermark(folder / "watermark.jpg", font), "去掉水印"),
        Scene("shop", _product(folder / "product.jpg"), "加白底边框并统一添加双十一角标"),
        Scene("tone", _save(folder / "rocket.jpg", Image.fromarray(data.rocket())), "调亮一点,暖色调"),
        Scene("erase", coins, "去掉框里的东西", options=("--box", "184,170,60,56")),
        Scene("white", portrait, "换白底"),
        Scene("refused", portrait, "把背景换成海边 sunset", refused=True),
    )


def _font_bytes(cache: Path) -> bytes:
    shelf = PackageShelf(cache)
    with shelf.member(shelf.fetch(FONT_PACKAGE), FONT_MEMBER) as stream:
        return stream.read()


def _coffee() -> Image.Image:
    photo = Image.fromarray(data.coffee())
    return photo.resize((photo.width * 12 // 7, photo.height * 12 // 7), Image.Resampling.LANCZOS)


def _price(path: Path, font: bytes) -> Path:
    photo = _coffee().convert("RGBA")
    tag = Image.new("RGBA", photo.size, (0, 0, 0, 0))
    face = ImageFont.truetype(io.BytesIO(font), 72)
    ImageDraw.Draw(tag).text((150, 545), "¥199", font=face, fill=(250, 236, 200, 255))
    tag = tag.rotate(7, center=(230, 590), resample=Image.Resampling.BICUBIC)
    return _save(path, Image.alpha_composite(photo, tag).convert("RGB"), quality=80)


def _watermark(path: Path, font: bytes) -> Path:
    photo = Image.fromarray(data.chelsea())
    photo = photo.resize((photo.width * 2, photo.height * 2), Image.Resampling.LANCZOS)
    layer = Image.new("L", photo.size, 0)
    face = ImageFont.truetype(io.BytesIO(font), 54)
    ImageDraw.Draw(layer).text((440, 505), "PHOTO SAMPLE", font=face, fill=140)
    white = Image.new("RGB", photo.size, (255, 255, 255))
    return _save(path, Image.composite(white, photo, layer), quality=88)


def _product(path: Path) -> Path:
    return _save(path, _coffee().crop((180, 60, 920, 640)), quality=92)


def _save(path: Path, picture: Image.Image, *, quality: int = 92) -> Path:
    if path.suffix == ".jpg":
        picture.save(path, quality=quality)
    else:
        picture.save(path)
    return path
