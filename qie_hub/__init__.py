"""qie_hub: signed, resumable, offline packs of a compressed Qwen-Image-Edit, and an editor that runs them.

The public surface is what this module exports; everything else may change. Nothing heavy is imported until used::

    from qie_hub import Hub, Editor

    with Hub() as hub:
        hub.install("ultra-lite").wait()
        with Editor(hub) as editor:
            editor.edit("photo.jpg", "去掉水印").image
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qie_hub import errors
from qie_hub.errors import EditRefused, QieHubError, TrustError
from qie_hub.version import VERSION

if TYPE_CHECKING:
    from qie_hub import events
    from qie_hub.edit.result import EditResult
    from qie_hub.editor import Editor
    from qie_hub.hub import Hub
    from qie_hub.packref import PackRef

__version__ = VERSION
__all__ = [
    "EditRefused",
    "EditResult",
    "Editor",
    "Hub",
    "PackRef",
    "QieHubError",
    "TrustError",
    "__version__",
    "errors",
    "events",
]

_LAZY = {
    "Hub": "qie_hub.hub",
    "Editor": "qie_hub.editor",
    "EditResult": "qie_hub.edit.result",
    "PackRef": "qie_hub.packref",
}


def __getattr__(name: str) -> Any:
    """Import on first use: a command that only lists what is there must start at once."""
    from importlib import import_module

    if name == "events":
        return import_module("qie_hub.events")
    if name not in _LAZY:
        raise AttributeError(f"module 'qie_hub' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
