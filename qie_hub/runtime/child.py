"""How a child process of ours is started: the same interpreter, the same qie_hub, nothing from the current folder.

``-P`` keeps the working directory (a folder of pictures that somebody sent) out of the import path; our own package's
place is added at the end, so that a checkout works as an installed wheel does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[2]


def command(module: str, *arguments: str) -> list[str]:
    """The command line that calls ``module.main(arguments)`` and exits with what it returns."""
    code = f"import sys; sys.path.append({str(_ROOT)!r}); from {module} import main; sys.exit(main(sys.argv[1:]))"
    return [sys.executable, "-P", "-c", code, *arguments]
