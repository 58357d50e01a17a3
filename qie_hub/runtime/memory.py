"""What a process holds in memory, as Linux counts it.

Resident size lies for packs: weights that are mapped from files count in every process and session that touches
them, though the system can drop or share those pages. *Anonymous* memory is what a process really asks for;
*proportional* size divides shared pages among their users. Where the system has no such account the answer is None.

Example::

    anonymous(os.getpid())  # 34_000_000
"""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path


def anonymous(pid: int) -> int | None:
    """Bytes of anonymous memory of a process; None if unknown or the process is gone."""
    return _field(Path(f"/proc/{pid}/status"), "RssAnon:")


def peak(pid: int) -> int | None:
    """The largest resident size that the process ever had, in bytes; None if unknown."""
    return _field(Path(f"/proc/{pid}/status"), "VmHWM:")


def proportional(pid: int) -> int | None:
    """Proportional set size in bytes; None if unknown. Walks the page tables: tens of milliseconds per GB."""
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def give_back(*, cycles: bool = True) -> None:
    """Hand freed memory back to the system.

    The C library keeps freed blocks for later; after a pack is closed that would be most of the pack. Looking for
    ``cycles`` of dead objects too stops every thread for tens of milliseconds: not while somebody edits.
    """
    if cycles:
        gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # absent where the C library is not glibc
        if trim is not None:
            trim(0)


def _field(path: Path, name: str) -> int | None:
    try:
        text = path.read_text()
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return None
