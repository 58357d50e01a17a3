"""How many pixels may be in work at once: many small pictures, or one large one.

Example::

    space = Space(60_000_000)
    with space.taken(size_of(path)):      # waits while the others leave too little; one picture always goes
        ...
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from qie_hub.edit import image
from qie_hub.errors import BadPicture

PIXELS: Final = 60_000_000
"""About a gigabyte: an edit holds the input, the result, a mask and the encoder's copies, some 18 bytes a pixel."""


class Space:
    """Owns the count of pixels in work. Thread-safe."""

    def __init__(self, pixels: int = PIXELS) -> None:
        self._limit = pixels
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """Within the block this many pixels count as in work."""
        with self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + pixels <= self._limit)
            self._used += pixels
        try:
            yield
        finally:
            with self._changed:
                self._used -= pixels
                self._changed.notify_all()


def pixels_of(path: Path) -> int:
    """The pixels that a file's header speaks of; 0 where it is no picture: reading it will say so."""
    try:
        with image.header(path) as opened:
            return opened.width * opened.height
    except BadPicture:
        return 0
