"""The home's format number: what an older program must not touch.

Invariant: a home without a number is empty or of format 1; a home with a higher number than `FORMAT` is only ever
refused, never changed.
"""

from __future__ import annotations

from typing import Final

from qie_hub import atomic
from qie_hub.errors import NewerHome, StoreError
from qie_hub.store.layout import Layout

FORMAT: Final = 1


def check(layout: Layout) -> None:
    """Refuse a home of a newer format. Reads only, so it also serves a read-only home.

    Raises:
        NewerHome: a newer program wrote it.
        StoreError: the format file is not a number.
    """
    number = _read(layout)
    if number is not None and number > FORMAT:
        raise NewerHome(home=str(layout.home), found=number, known=FORMAT)


def prepare(layout: Layout) -> None:
    """Check the format, and write the number before anything else is written.

    Raises:
        NewerHome: a newer program wrote it.
        OSError: the home cannot be written.
    """
    check(layout)
    atomic.create(layout.format_file, f"{FORMAT}\n".encode())


def _read(layout: Layout) -> int | None:
    try:
        text = layout.format_file.read_text(encoding="ascii", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not text.isdecimal() or len(text) > 9:
        raise StoreError(hint="HOME_FORMAT_UNREADABLE", home=str(layout.home), problem=text[:40])
    return int(text)
