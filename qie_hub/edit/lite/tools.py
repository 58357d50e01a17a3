"""What the lite operations share: the pack's settings read once, its reader of text and its fonts, made when needed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from qie_hub.edit.lite.fonts import FontBook
from qie_hub.edit.lite.objects.detect import Detector
from qie_hub.edit.lite.upscale import Net
from qie_hub.edit.lite.work import tile_side
from qie_hub.edit.ocr import TextReader
from qie_hub.errors import LoadError
from qie_hub.ports import FREELY, LoadedPack, Session, WorkLimits


@dataclass(slots=True)
class _Made:
    """What was made so far, shared by all edits with the pack; ``readers`` by the side at which they search."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    readers: dict[int, TextReader] = field(default_factory=dict)
    fonts: FontBook | None = None


class Tools:
    """The models and fonts of one loaded pack. Thread-safe; nothing is loaded before its first use.

    ``left_out`` names what the limits of one edit kept from it: ``resolution`` (text was searched for at a smaller
    size), ``refine`` (no super-resolution).
    """

    def __init__(self, pack: LoadedPack, limits: WorkLimits = FREELY, made: _Made | None = None) -> None:
        self._pack = pack
        self._settings = pack.settings
        self._limits = limits
        self._made = made or _Made()
        self.left_out: set[str] = set()

    def within(self, limits: WorkLimits) -> Tools:
        """The same tools for one edit, used no harder than this."""
        return Tools(self._pack, limits, self._made)

    @property
    def resolution(self) -> int:
        """The working size of the nets."""
        own = int(self._settings.get("resolution", 512))
        return own if self._limits.resolution is None else min(own, self._limits.resolution)

    @property
    def tile(self) -> int:
        """Side of a super-resolution tile."""
        return tile_side(self.resolution)

    @property
    def reader(self) -> TextReader:
        """Reads text at the pack's working size, or at the smaller one that the limits allow."""
        side = self.note_reading()
        with self._made.lock:
            if side not in self._made.readers:
                self._made.readers[side] = self._reader(side)
            return self._made.readers[side]

    def note_reading(self) -> int:
        """The side at which text is, or was, searched for in this edit."""
        own = int(self._settings.get("resolution", 512))
        side = int(self._settings.get("ocr_limit_side", max(480, own)))
        if self.resolution == own:
            return side
        self.left_out.add("resolution")
        return side * self.resolution // own

    @property
    def fonts(self) -> FontBook:
        """The pack's faces."""
        with self._made.lock:
            if self._made.fonts is None:
                named = self._setting("fonts")
                faces = {str(kind): self._pack.path(str(name)) for kind, name in dict(named).items()}
                self._made.fonts = FontBook(faces)
            return self._made.fonts

    def refiner(self, factor: int) -> Net | None:
        """The super-resolution net for a factor; None where the limits forbid nets that only refine.

        For four times it is the pack's x4 net, in a pack without one the x2 net, to be used twice.
        """
        if not self._limits.refine:
            self.left_out.add("refine")
            return None
        if factor == 4 and "sr_x4" in self._settings:
            return Net(self._pack.session(self._setting("sr_x4")), 4)
        return Net(self._pack.session(self._setting("sr_x2")), 2)

    def detector(self) -> Detector | None:
        """Finds things by class; None in a pack without that net."""
        name = self._settings.get("detector")
        return None if name is None else Detector(self._pack.session(str(name)))

    def needed_detector(self) -> Detector:
        """The detector of a pack that signed up to what needs one."""
        return Detector(self._pack.session(self._setting("detector")))

    def portrait(self) -> Session | None:
        """The net that tells people from ground; None in a pack without it."""
        name = self._settings.get("portrait")
        return None if name is None else self._pack.session(str(name))

    def matting(self) -> Session | None:
        """The net of the optional component that mattes anything; None while it is not installed."""
        component = self._pack.component("matting-isnet")
        return None if component is None else component.session(str(component.settings["matting"]))

    def _reader(self, side: int) -> TextReader:
        turned = self._settings.get("ocr_cls")
        return TextReader(
            self._pack.session(self._setting("ocr_det")),
            self._pack.session(self._setting("ocr_rec")),
            None if turned is None else self._pack.session(str(turned)),
            limit_side=side,
        )

    def _setting(self, key: str) -> Any:
        value = self._settings.get(key)
        if value is None:
            raise LoadError(what="pipeline settings", problem=f"no {key}")
        return value
