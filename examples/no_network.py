"""Run a Python script with every socket refused: ``python no_network.py SCRIPT ARGS...``.

Where a machine offers no network namespace, the demo uses this to show that editing needs no network.
"""

from __future__ import annotations

import runpy
import socket
import sys


class NoSocket(socket.socket):
    """A socket that cannot be made."""

    def __init__(self, *_: object, **__: object) -> None:
        raise OSError(101, "Network is unreachable")


if __name__ == "__main__":
    socket.socket = NoSocket  # type: ignore[misc]  # the point of this script is to replace the class
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
