"""How a file looked when it was last hashed, and whether it still looks so.

Invariant: a file whose stamp matches was not written to by ordinary means since it was hashed; one whose stamp differs
has to be hashed again before it is used. A stamp never proves bytes, digests do.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from qie_hub.digest import Digest
from qie_hub.errors import FormatError
from qie_hub.formats.fields import path_problem
from qie_hub.formats.receipt import FileStamp

_INT64_MAX: Final = (1 << 63) - 1


def stamp(folder: Path, name: str, sha256: Digest) -> FileStamp:
    """Describe a file that was just verified. Inode and device are folded into 63 bits: receipts hold int64.

    Raises:
        FormatError: the name may not name a file of a pack.
        OSError: there is no such file.
    """
    facts = os.lstat(folder / safe_name(name))
    return FileStamp(
        path=name,
        size=facts.st_size,
        sha256=sha256,
        mtime_ns=facts.st_mtime_ns,
        inode=facts.st_ino & _INT64_MAX,
        device=facts.st_dev & _INT64_MAX,
    )


def matches(folder: Path, known: FileStamp) -> bool:
    """Whether the file still looks as it did when it was last hashed."""
    try:
        return stamp(folder, known.path, known.sha256) == known
    except OSError:
        return False


def safe_name(name: str) -> str:
    """Return ``name`` if it may name a file of a pack.

    Raises:
        FormatError: it may not.
    """
    problem = path_problem(name)
    if problem is not None:
        raise FormatError(what="file name", issues=[problem])
    return name
