"""A loaded pack for tests of the lite pipeline, made from the pinned public wheels' files with the real runtime.

Nothing is faked: the OCR graphs are the files inside the installed rapidocr wheel, the fonts come from the wheel that
the recipe pins (fetched once with pip into the test cache).
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from qie_hub import atomic
from qie_hub.clock import to_text
from qie_hub.formats.manifest import Manifest, PipelineSpec, Requirements, Variant
from qie_hub.packref import Version
from qie_hub.runtime.sessions import PackSessions

CACHE = Path(__file__).resolve().parents[2] / "build" / "test-cache"
FONT_WHEEL = "pylopdf-fonts-zh-cn==0.1.1"
FILES = (
    "ocr/det.onnx",
    "ocr/rec.onnx",
    "ocr/cls.onnx",
    "fonts/NotoSansSC-Regular.otf",
    "fonts/NotoSerifSC-Regular.otf",
)
SETTINGS: Mapping[str, Any] = {
    "resolution": 512,
    "ocr_det": "ocr/det.onnx",
    "ocr_rec": "ocr/rec.onnx",
    "ocr_cls": "ocr/cls.onnx",
    "sr_x2": "sr/span_x2.onnx",
    "fonts": {"sans": "fonts/NotoSansSC-Regular.otf", "serif": "fonts/NotoSerifSC-Regular.otf"},
    "ocr_limit_side": 960,
}


def lite_pack(**changed: Any) -> PackSessions:
    """A fresh pack; ``changed`` replaces settings."""
    manifest = _manifest({**SETTINGS, **changed})
    return PackSessions(manifest, manifest.variants[0], lite_folder())


@lru_cache
def lite_folder() -> Path:
    """A folder with the pack's files under their names in the pack."""
    spec = importlib.util.find_spec("rapidocr")
    assert spec is not None and spec.origin is not None
    models, fonts = Path(spec.origin).parent / "models", _fonts()
    sources = {
        "ocr/det.onnx": models / "PP-OCRv6_det_small.onnx",
        "ocr/rec.onnx": models / "PP-OCRv6_rec_small.onnx",
        "ocr/cls.onnx": models / "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
        "fonts/NotoSansSC-Regular.otf": fonts / "NotoSansSC-Regular.otf",
        "fonts/NotoSerifSC-Regular.otf": fonts / "NotoSerifSC-Regular.otf",
    }
    folder = CACHE / "lite-pack"
    for name, source in sources.items():
        goal = folder / name
        if not goal.is_file() or goal.stat().st_size != source.stat().st_size:
            atomic.write(goal, source.read_bytes())
    return folder


def _fonts() -> Path:
    folder = CACHE / FONT_WHEEL.replace("==", "-")
    if not (folder / "NotoSerifSC-Regular.otf").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder), FONT_WHEEL]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            for name in wheel.namelist():
                if name.endswith(".otf"):
                    (folder / Path(name).name).write_bytes(wheel.read(name))
    return folder


def _manifest(settings: Mapping[str, Any]) -> Manifest:
    from datetime import UTC, datetime

    from qie_hub.edit.lite.abilities import ABILITIES

    variant = Variant(
        "cpu-fp32", "fp32", "CPUExecutionProvider", "pp-ocrv6", 8_000_000, 1 << 30,
        PipelineSpec("lite", 1, settings), Requirements(), FILES,
    )  # fmt: skip
    return Manifest(
        publisher="test", name="ultra-lite", resolution=512, version=Version(1, 0, 0), release=1, tier="ultra-lite",
        issued=to_text(datetime(2026, 1, 1, tzinfo=UTC)), title={"en": "Ultra-Lite", "zh": "轻量包"},
        abilities=ABILITIES, files=(), variants=(variant,), licences=(),
    )  # fmt: skip
