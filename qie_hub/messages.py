"""Every sentence that a person reads, in Chinese and English, in one table keyed by code.

Invariants:

* The table is the union of ``qie_hub/texts/*.toml``; no key stands in two files, every entry has every language of
  `LANGUAGES`, and an entry's placeholders are the same in all of them (``tests/unit/test_messages.py``).
* Files are read when a key is first looked up, the command line's own first, so that a short command reads one.
* Nothing here raises for a missing key or a missing fact: a message about a failure must not become a second one.

An entry and its use::

    [DISK_FULL]
    en = "{need:bytes} are needed, {free:bytes} are free."
    zh = "需要 {need:bytes},剩余 {free:bytes}。"

    text("DISK_FULL", "en", {"need": 5_000_000, "free": 12})      # '5 MB are needed, 12 B are free.'

Specs: ``{x:bytes}`` (decimal units), ``{x:seconds}``, ``{x:milliseconds}`` (said in seconds), and in capitals the
table that names a code or a list of codes:
``{abilities:ABILITY}`` writes the entry ``ABILITY.text.replace`` for ``text.replace``. Lists are joined; an absent
fact is ``?``.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from qie_hub.errors import QieHubError

LANGUAGES: Final = ("en", "zh")
DEFAULT: Final = "en"
_FOLDER = Path(__file__).parent / "texts"
_FIRST = ("cli", "general")
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_UNITS = ("B", "kB", "MB", "GB", "TB")


def text(key: str, language: str, data: Mapping[str, object] | None = None) -> str:
    """Return the sentence of ``key`` with ``data`` filled in; the key itself if the table has none."""
    wanted = pattern(key, language)
    if wanted is None:
        return key if not data else f"{key} ({', '.join(f'{name}={plain(value)}' for name, value in data.items())})"
    return _Filler(language).vformat(wanted, (), _Facts(data or {}))


def pattern(key: str, language: str) -> str | None:
    """Return the sentence with its placeholders, None if the table has none of that key."""
    entry = _entry(key)
    return None if entry is None else entry.get(language) or entry[DEFAULT]


def has(key: str) -> bool:
    """Whether the table has an entry of that key."""
    return _entry(key) is not None


def describe(error: QieHubError, language: str) -> tuple[str, str | None]:
    """Return what happened and what to do next.

    The hint is the more exact key: where it has a sentence of its own, that stands for what happened.
    """
    what = text(error.hint if has(error.hint) else error.code, language, error.data)
    for key in (f"HINT.{error.hint}", f"HINT.{error.code}"):
        if has(key):
            return what, text(key, language, error.data)
    return what, None


def language_of(sentence: str | None) -> str | None:
    """Return the language that a person wrote in: ``zh`` where a Chinese character stands, None for no words."""
    if not sentence or not sentence.strip():
        return None
    return "zh" if _CHINESE.search(sentence) else "en"


def plain(value: object, language: str = DEFAULT) -> str:
    """Write one fact: lists joined, an absent one as ``?``."""
    if value is None:
        return "?"
    if isinstance(value, (tuple, list, set, frozenset)):
        return ("、" if language == "zh" else ", ").join(plain(item, language) for item in _ordered(value)) or "–"
    return str(value)


def size_text(count: float) -> str:
    """Write bytes with three digits at most: ``5 MB``, ``1.25 GB``. Units are decimal."""
    value, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if abs(value) < 999.5 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{value:.3g} {unit}" if value < 999.5 else f"{value:.0f} {unit}"


def seconds_text(seconds: float) -> str:
    """Write a duration: ``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def table() -> dict[str, dict[str, str]]:
    """Return every entry of every file."""
    return {key: entry for name in _names() for key, entry in entries(name).items()}


@cache
def entries(name: str) -> dict[str, dict[str, str]]:
    """Return the entries of ``texts/<name>.toml``, keyed by their dotted path."""
    import tomllib

    document = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return dict(_flatten("", document))


@cache
def _names() -> tuple[str, ...]:
    found = {path.stem for path in _FOLDER.glob("*.toml")}
    return (*[name for name in _FIRST if name in found], *sorted(found - set(_FIRST)))


def _entry(key: str) -> dict[str, str] | None:
    for name in _names():
        entry = entries(name).get(key)
        if entry is not None:
            return entry
    return None


def _flatten(prefix: str, node: Mapping[str, Any]) -> Iterable[tuple[str, dict[str, str]]]:
    leaf = {name: value for name, value in node.items() if isinstance(value, str)}
    if leaf:
        yield prefix, leaf
    for name, value in node.items():
        if isinstance(value, dict):
            yield from _flatten(f"{prefix}.{name}" if prefix else name, value)


def _ordered(value: Iterable[object]) -> Sequence[object]:
    return sorted(value, key=str) if isinstance(value, (set, frozenset)) else list(value)


class _Facts(dict[str, object]):
    """Data in which every name exists; an absent one is None."""

    def __missing__(self, name: str) -> None:
        return None


class _Filler(string.Formatter):
    """`str.format` for facts: knows the specs of this module and never fails on a value."""

    def __init__(self, language: str) -> None:
        self._language = language

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Look names up as they stand: a text never reaches into a value's attributes."""
        del args
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write one value."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if format_spec == "bytes":
                return size_text(value)
            if format_spec == "seconds":
                return seconds_text(value)
            if format_spec == "milliseconds":
                return seconds_text(value / 1000)
        return plain(self._named(value, format_spec) if format_spec.isupper() else value, self._language)

    def _named(self, value: Any, prefix: str) -> Any:
        if isinstance(value, (tuple, list, set, frozenset)):
            return [self._named(item, prefix) for item in _ordered(value)]
        key = f"{prefix}.{value}"
        return text(key, self._language) if has(key) else value
