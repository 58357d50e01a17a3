"""What the lite operations share: the pack's settings read once, its reader of text and its fonts, made when needed."""

from __future__ import annotations

import threading
from typing import Any

from qie_hub.edit.lite.fonts import FontBook
from qie_hub.edit.ocr import TextReader
from qie_hub.errors import LoadError
from qie_hub.ports import LoadedPack, Session


class Tools:
    """The models and fonts of one loaded pack. Thread-safe; nothing is loaded before its first use."""

    def __init__(self, pack: LoadedPack) -> None:
        self._pack = pack
        self._settings = pack.settings
        self._lock = threading.Lock()
        self._reader: TextReader | None = None
        self._fonts: FontBook | None = None

    @property
    def resolution(self) -> int:
        """The working size of the nets."""
        return int(self._settings.get("resolution", 512))

    @property
    def tile(self) -> int:
        """Side of a super-resolution tile: a quarter of the working size's area keeps memory level."""
        return max(96, self.resolution // 2)

    @property
    def reader(self) -> TextReader:
        """Reads text at the pack's working size."""
        with self._lock:
            if self._reader is None:
                turned = self._settings.get("ocr_cls")
                self._reader = TextReader(
                    self._pack.session(self._setting("ocr_det")),
                    self._pack.session(self._setting("ocr_rec")),
                    None if turned is None else self._pack.session(str(turned)),
                    limit_side=int(self._settings.get("ocr_limit_side", max(480, self.resolution))),
                )
            return self._reader

    @property
    def fonts(self) -> FontBook:
        """The pack's faces."""
        with self._lock:
            if self._fonts is None:
                named = self._setting("fonts")
                self._fonts = FontBook({str(kind): self._pack.path(str(name)) for kind, name in dict(named).items()})
            return self._fonts

    def upscaler(self) -> Session:
        """The x2 super-resolution net."""
        return self._pack.session(self._setting("sr_x2"))

    def _setting(self, key: str) -> Any:
        value = self._settings.get(key)
        if value is None:
            raise LoadError(what="pipeline settings", problem=f"no {key}")
        return value
