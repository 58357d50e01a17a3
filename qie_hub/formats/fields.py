"""Typed reading of JSON objects that collects every issue before it complains.

A ``Fields`` wraps one object and knows its path, so that each issue names the bad key
(``$.files[3].size: not an integer``). A reader that finds an issue returns a harmless value of the right type and
goes on; `Issues.raise_any` then reports all of them at once. Unknown keys are ignored: a schema number is raised
only for what an old reader would misunderstand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from qie_hub.digest import Digest
from qie_hub.errors import FormatError, UsageError
from qie_hub.packref import RESOLUTIONS

T = TypeVar("T")

MAX_SIZE: Final = 1 << 50
NO_DIGEST: Final = Digest("0" * 64)
_PART = re.compile(r"[A-Za-z0-9._-]{1,100}\Z")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?\Z", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")


@dataclass(slots=True)
class Issues:
    """What is wrong with one document."""

    what: str
    found: list[str] = field(default_factory=list)

    def add(self, path: str, text: str) -> None:
        """Note one issue."""
        self.found.append(f"{path:.200}: {text}")

    def raise_any(self) -> None:
        """Raise `FormatError` with all issues, if there are any."""
        if self.found:
            raise FormatError(what=self.what, issues=list(self.found))


class Fields:
    """One JSON object, read field by field."""

    def __init__(self, value: object, issues: Issues, path: str = "$") -> None:
        self.path = path
        self.issues = issues
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            issues.add(path, "not an object")

    def text(self, key: str, *, limit: int = 4096) -> str:
        """A text of at most ``limit`` characters; of control characters, only tab and line feed."""
        value = self._value.get(key)
        if _is_text(value, limit):
            return str(value)
        self.complain(key, f"not a text of at most {limit} characters without control characters")
        return ""

    def integer(self, key: str, *, low: int = 0, high: int = MAX_SIZE) -> int:
        """An integer in low..high."""
        value = self._value.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.complain(key, f"not an integer from {low} to {high}")
        return low

    def truth(self, key: str) -> bool:
        """True or false."""
        value = self._value.get(key)
        if isinstance(value, bool):
            return value
        self.complain(key, "not true or false")
        return False

    def digest(self, key: str) -> Digest:
        """A SHA-256 as 64 hex digits."""
        return self.parsed(key, Digest.parse, NO_DIGEST)

    def moment(self, key: str) -> str:
        """A moment as ``2026-11-23T02:00:00Z``; kept as text, compared as text (the form sorts)."""
        value = self._value.get(key)
        if isinstance(value, str) and _is_moment(value):
            return value
        self.complain(key, "not a moment like 2026-11-23T02:00:00Z")
        return "1970-01-01T00:00:00Z"

    def file_path(self, key: str) -> str:
        """A safe relative path: see `path_problem`."""
        value = self._value.get(key)
        problem = path_problem(value) if isinstance(value, str) else "not a text"
        if problem is None and isinstance(value, str):
            return value
        self.complain(key, problem or "not a path")
        return "invalid"

    def parsed(self, key: str, parse: Callable[[str], T], fallback: T) -> T:
        """A text that ``parse`` accepts."""
        value = self._value.get(key)
        try:
            return parse(value)  # type: ignore[arg-type]  # the parsers refuse what is not a text
        except (FormatError, UsageError) as error:
            self.complain(key, str(error))
            return fallback

    def optional(self, key: str, read: Callable[[str], T]) -> T | None:
        """None where the key is absent or null, else ``read(key)``."""
        return None if self._value.get(key) is None else read(key)

    def resolution(self, key: str) -> int | None:
        """A working size, or None where the key is absent or null."""
        value = self._value.get(key)
        if value is None or (type(value) is int and value in RESOLUTIONS):
            return value
        self.complain(key, f"not one of {RESOLUTIONS}")
        return None

    def items(self, key: str, read: Callable[[Fields], T], *, limit: int = 4096) -> tuple[T, ...]:
        """A list of objects, each read by ``read``."""
        value = self._list(key, limit)
        where = f"{self.path}.{key}"
        return tuple(read(Fields(item, self.issues, f"{where}[{n}]")) for n, item in enumerate(value))

    def texts(self, key: str, *, limit: int = 256) -> tuple[str, ...]:
        """A list of texts."""
        value = self._list(key, limit)
        if all(_is_text(item, 4096) for item in value):
            return tuple(value)
        self.complain(key, "not a list of texts")
        return ()

    def inner(self, key: str) -> Fields:
        """The object at ``key``."""
        return Fields(self._value.get(key), self.issues, f"{self.path}.{key}")

    def table(self, key: str, read: Callable[[Fields, str], T], *, limit: int = 1024) -> dict[str, T]:
        """An object whose every value is read by ``read(fields_of_the_object, key)``."""
        inner = self.inner(key)
        names = inner.names()
        if len(names) > limit or not all(_is_text(name, 200) for name in names):
            self.complain(key, f"more than {limit} entries, or a name that is too long or has control characters")
            return {}
        return {name: read(inner, name) for name in names}

    def anything(self, key: str) -> Any:
        """The raw value at ``key``."""
        return self._value.get(key)

    def names(self) -> Sequence[str]:
        """The keys."""
        return tuple(self._value)

    def complain(self, key: str, text: str) -> None:
        """Note an issue at ``key``."""
        self.issues.add(f"{self.path}.{key}", text)

    def _list(self, key: str, limit: int) -> list[Any]:
        value = self._value.get(key)
        if isinstance(value, list) and len(value) <= limit:
            return value
        self.complain(key, f"not a list of at most {limit} items")
        return []


def _is_text(value: object, limit: int) -> bool:
    """Control characters stay out: texts reach terminals, where they are commands."""
    return isinstance(value, str) and len(value) <= limit and not _CONTROL.search(value)


def _is_moment(value: str) -> bool:
    if not _MOMENT.match(value):
        return False
    try:
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return True


def path_problem(path: str) -> str | None:
    """Say why ``path`` may not name a file of a pack, or None if it may.

    Parts of ``[A-Za-z0-9._-]``, ``/`` between them, at most 8 deep; no ``.`` or ``..``, no trailing dot, no name
    that Windows keeps for a device. ASCII only, so that Unicode normalisation never matters.
    """
    parts = path.split("/")
    if len(parts) > 8 or len(path) > 400:
        return "path too deep or too long"
    for part in parts:
        if not _PART.match(part) or part in {".", ".."} or part.endswith("."):
            return f"unsafe path part {part!r:.120}"
        if _DEVICES.match(part):
            return f"a device name on Windows: {part!r}"
    return None
