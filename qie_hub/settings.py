"""Settings: the only place that reads the environment and ``config.toml``.

Precedence: flag > environment (``QIE_HUB_*``) > ``<home>/config.toml`` > default. There is no project file: a folder
of pictures may come from anywhere. Each value remembers where it came from (`Settings.provenance`), for
``qie-hub config --show-origin``.

Example::

    load({"home": "/tmp/h", "offline": None}, os.environ)
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import platformdirs

from qie_hub.errors import SettingsError, UsageError
from qie_hub.install.rate import parse_rate
from qie_hub.packref import PackRef

T = TypeVar("T")

STALE_DAYS: Final = 30
"""The most that installs may trust a view which can no longer be refreshed (docs/trust.md)."""

NETWORK: Final = ("always", "unmetered")
REFRESH: Final = ("daily", "manual", "never")
LANGUAGES: Final = ("zh", "en")
REST_AFTER: Final = 300
UNLOAD_AFTER: Final = 1800
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DEVICE_PREFIX: Final = "QIE_HUB_DEVICE_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a person may set. ``max_rate`` is bytes per second; None means no limit or no opinion.

    For editors: ``worker`` loads packs in a child process; an idle pack's graphs are closed after ``rest_after``
    seconds and the pack goes after ``unload_after``, except the packs named in ``keep``.
    """

    home: Path
    origin: str | None = None
    offline: bool = False
    lang: str | None = None
    refresh: str = "daily"
    network: str = "always"
    stale_days: int = 0
    max_rate: int | None = None
    threads: int | None = None
    worker: bool = False
    rest_after: int = REST_AFTER
    unload_after: int = UNLOAD_AFTER
    keep: tuple[str, ...] = ()
    debug: bool = False
    plugins: bool = True
    clock_skew: timedelta = timedelta(0)
    device_file: Path | None = None
    device: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)


def load(flags: Mapping[str, object], env: Mapping[str, str] | None = None) -> Settings:
    """Merge flags, environment, file and defaults. Absent or None flags do not count.

    Raises:
        SettingsError: a value is malformed; ``issues`` lists all of them.
    """
    env = os.environ if env is None else env
    home, home_source = _home(flags, env)
    values = _read_file(home / "config.toml")
    merged = _Merge(flags, env, values)
    merged.provenance["home"] = home_source
    settings = Settings(
        home=home,
        origin=merged.take("origin", _text),
        offline=bool(merged.take("offline", _truth)),
        lang=merged.take("lang", _one_of(LANGUAGES)),
        refresh=merged.take("refresh", _one_of(REFRESH)) or "daily",
        network=merged.take("network", _one_of(NETWORK)) or "always",
        stale_days=merged.take("stale_days", _stale_days) or 0,
        max_rate=merged.take("max_rate", parse_rate),
        threads=merged.take("threads", _count),
        worker=bool(merged.take("worker", _truth)),
        rest_after=_or_default(merged.take("rest_after", _idle), REST_AFTER),
        unload_after=_or_default(merged.take("unload_after", _idle), UNLOAD_AFTER),
        keep=merged.take("keep", _packs) or (),
        debug=bool(merged.take("debug", _truth)),
        plugins=_plugins(merged),
        clock_skew=timedelta(seconds=merged.take("clock_skew", _seconds) or 0),
        device_file=merged.take("device_file", Path),
        device=_device(env, values),
        provenance=merged.provenance,
    )
    if merged.issues:
        raise SettingsError(issues=merged.issues)
    return settings


class _Merge:
    """Takes the first value that somebody set, and notes who."""

    def __init__(self, flags: Mapping[str, object], env: Mapping[str, str], file: Mapping[str, Any]) -> None:
        self._places = (
            ("flag", flags.get),
            ("environment", lambda key: env.get(f"QIE_HUB_{key.upper()}")),
            ("config.toml", file.get),
        )
        self.provenance: dict[str, str] = {}
        self.issues: list[str] = []

    def take(self, key: str, read: Callable[[Any], T]) -> T | None:
        self.provenance[key] = "default"
        for source, find in self._places:
            value = find(key)
            if value is None:
                continue
            self.provenance[key] = source
            try:
                return read(value)
            except (SettingsError, ValueError, TypeError, OverflowError) as error:
                issues = error.data["issues"] if isinstance(error, SettingsError) else [str(error)]
                self.issues += [f"{key} ({source}): {issue}" for issue in _texts(issues)]
                return None
        return None


def _texts(issues: object) -> list[str]:
    return [str(issue) for issue in issues] if isinstance(issues, list) else [str(issues)]


def _home(flags: Mapping[str, object], env: Mapping[str, str]) -> tuple[Path, str]:
    for source, value in (("flag", flags.get("home")), ("environment", env.get("QIE_HUB_HOME"))):
        if value:
            return Path(str(value)).expanduser().absolute(), source
    return Path(platformdirs.user_data_dir("qie-hub", appauthor=False)), "default"


def _read_file(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(issues=[f"{path}: {error}"]) from None


def _plugins(merged: _Merge) -> bool:
    # An empty QIE_HUB_PLUGINS switches every plugin off, as in other plugin systems; any other value means on.
    value = merged.take("plugins", str)
    return value is None or value.strip().lower() not in {"", "0", "false", "no", "off"}


def _device(env: Mapping[str, str], file: Mapping[str, Any]) -> dict[str, str]:
    table = file.get("device", {})
    values = {str(key): str(value) for key, value in table.items()} if isinstance(table, dict) else {}
    for key, value in env.items():
        if key.startswith(_DEVICE_PREFIX) and key != "QIE_HUB_DEVICE_FILE":
            values[key.removeprefix(_DEVICE_PREFIX).lower()] = value
    return values


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"not a text: {value!r}")
    return value


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError(f"neither true nor false: {value!r}")


def _count(value: object) -> int:
    number = int(str(value))
    if not 1 <= number <= 1024:
        raise ValueError(f"not from 1 to 1024: {value!r}")
    return number


def _stale_days(value: object) -> int:
    days = int(str(value))
    if not 0 <= days <= STALE_DAYS:
        raise ValueError(f"not from 0 to {STALE_DAYS}: {value!r}")
    return days


def _seconds(value: object) -> int:
    """Seconds, or days as ``400d``."""
    text = str(value).strip()
    return int(text[:-1]) * 86_400 if text.endswith("d") else int(text)


def _idle(value: object) -> int:
    """Seconds, or a number with ``s``, ``m``, ``h`` or ``d``; 0 means at once."""
    text = str(value).strip()
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    seconds = int(number) * _UNITS[unit]
    if not 0 <= seconds <= _UNITS["d"] * 3650:
        raise ValueError(f"no time: {value!r}")
    return seconds


def _packs(value: object) -> tuple[str, ...]:
    """Packs by name, in a list or separated by commas."""
    given = value if isinstance(value, list) else str(value).split(",")
    try:
        return tuple(str(PackRef.parse(str(item).strip()).unversioned) for item in given if str(item).strip())
    except UsageError as error:
        raise ValueError(str(error)) from None


def _or_default(value: int | None, default: int) -> int:
    return default if value is None else value


def _one_of(known: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is not one of {', '.join(known)}")
        return str(value)

    return read


@dataclass(frozen=True, slots=True)
class Console:
    """What the environment says about the terminal: the locale's language, and whether colours are welcome."""

    language: str
    color: bool


def console(env: Mapping[str, str] | None = None) -> Console:
    """Read the locale (``LC_ALL``, ``LC_MESSAGES``, ``LANG``) and ``NO_COLOR``."""
    env = os.environ if env is None else env
    locale = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    return Console("zh" if locale.lower().startswith("zh") else "en", not env.get("NO_COLOR"))
