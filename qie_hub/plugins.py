"""Plugins of the hub: entry-point groups ``qie_hub.pipelines`` and ``qie_hub.origins``.

Invariants: nothing is loaded before it is needed; the API version is checked; a broken plugin is listed with its
error and never fatal to anything but its own use; ``QIE_HUB_PLUGINS=`` (empty) switches all foreign plugins off. The
built-in pipeline comes through the same door.

Example::

    Plugins(enabled=True).pipeline("lite").understand("去掉水印")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, cast

from qie_hub.errors import ProviderError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

    from qie_hub.ports import PipelineFactory

API: Final = 1
PIPELINES: Final = "qie_hub.pipelines"
ORIGINS: Final = "qie_hub.origins"
_OWN: Final = "qie-hub"


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One entry point. ``state`` is ok, broken (see ``error``), off or not_loaded."""

    group: str
    name: str
    package: str | None
    version: str | None
    state: str
    error: str | None = None

    def to_json(self) -> dict[str, object]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DeclaredOrigin:
    """An origin that an installed package brings: a folder in CDN layout and the SHA-256 of its first root."""

    name: str
    url: str
    root_sha256: str
    package: str | None


class Plugins:
    """Finds and loads entry points."""

    def __init__(self, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._factories: dict[str, PipelineFactory] = {}

    def pipeline(self, kind: str) -> PipelineFactory:
        """Return the factory of pipeline ``kind``.

        Raises:
            ProviderError: no plugin of that kind, it is switched off, or it cannot be loaded.
        """
        if kind not in self._factories:
            self._factories[kind] = self._load_pipeline(kind)
        return self._factories[kind]

    def kinds(self) -> dict[str, int]:
        """The kinds of pipelines that are declared, with the version of the port; nothing is loaded."""
        return {point.name: API for point in self._points(PIPELINES)}

    def declared_origins(self) -> tuple[DeclaredOrigin, ...]:
        """The origins that installed packages declare; broken ones are left out (`infos` shows them)."""
        found = []
        for point in self._points(ORIGINS):
            try:
                found.append(_read_origin(point))
            except Exception:  # noqa: BLE001  # a plugin may raise anything; it must not stop a verb
                continue
        return tuple(found)

    def infos(self) -> tuple[PluginInfo, ...]:
        """Every plugin with its state, after trying to load it."""
        checks: tuple[tuple[str, Callable[[EntryPoint], object]], ...] = (
            (PIPELINES, _load_factory),
            (ORIGINS, _read_origin),
        )
        return tuple(
            self._info(point, group, check) for group, check in checks for point in sorted(_entry_points(group))
        )

    def _info(self, point: EntryPoint, group: str, check: Callable[[EntryPoint], object]) -> PluginInfo:
        package, version = _package(point)
        if not self._allowed(point):
            return PluginInfo(group, point.name, package, version, "off")
        try:
            check(point)
        except Exception as error:  # noqa: BLE001  # a plugin may raise anything; its error is the answer
            return PluginInfo(group, point.name, package, version, "broken", f"{type(error).__name__}: {error}")
        return PluginInfo(group, point.name, package, version, "ok")

    def _load_pipeline(self, kind: str) -> PipelineFactory:
        for point in self._points(PIPELINES):
            if point.name == kind:
                try:
                    return _load_factory(point)
                except ImportError as error:
                    raise ProviderError(hint="INSTALL_EDIT", kind=kind, missing=error.name or str(error)) from error
                except Exception as error:  # a plugin may raise anything
                    raise ProviderError(hint="BROKEN_PLUGIN", kind=kind, error=str(error)) from error
        raise ProviderError(hint="NO_PIPELINE", kind=kind)

    def _points(self, group: str) -> Iterator[EntryPoint]:
        return (point for point in _entry_points(group) if self._allowed(point))

    def _allowed(self, point: EntryPoint) -> bool:
        return self._enabled or _package(point)[0] == _OWN


def _entry_points(group: str) -> EntryPoints:
    from importlib.metadata import entry_points  # 20 ms that a command without plugins need not spend

    return entry_points(group=group)


def _package(point: EntryPoint) -> tuple[str | None, str | None]:
    return (None, None) if point.dist is None else (point.dist.name, point.dist.version)


def _load_factory(point: EntryPoint) -> PipelineFactory:
    factory = point.load()
    if isinstance(factory, type):
        factory = factory()
    _check_api(getattr(factory, "api", None))
    return cast("PipelineFactory", factory)


def _read_origin(point: EntryPoint) -> DeclaredOrigin:
    value = point.load()()
    _check_api(value.get("api"))
    return DeclaredOrigin(point.name, str(value["url"]), str(value["root_sha256"]), _package(point)[0])


def _check_api(api: object) -> None:
    if api != API:
        raise ValueError(f"made for plugin API {api}, this is {API}")
