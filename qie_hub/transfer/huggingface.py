"""A Hugging Face repository as a mirror: ``hf://user/repo[@revision]/path``.

huggingface_hub knows the endpoint, the token and how to ask where a file really lies; the bytes come through our own
client in plain ranges, so that they resume and are verified like all others.

Invariants:

* A shard is resolved once and then read from where it lies; an expired address (401, 403, 410, 404) is resolved anew,
  once per request.
* The token goes to the endpoint's own host and nowhere else.
* huggingface_hub is imported when an ``hf://`` URL is opened and not before; it is optional.

Repositories of data sets are written ``hf://datasets/user/repo``; a revision with a slash is percent-encoded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from qie_hub.errors import HttpError, NotFound, Offline, QieHubError, UsageError
from qie_hub.ports import Response

if TYPE_CHECKING:
    from qie_hub.transfer.client import HttpTransport

_KINDS: Final = {"models": "model", "datasets": "dataset", "spaces": "space"}
_EXPIRED: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class HubPlace:
    """A file of a repository. ``kind`` is model, dataset or space."""

    repo: str
    kind: str
    revision: str | None
    path: str

    @classmethod
    def parse(cls, url: str) -> HubPlace:
        """Read an ``hf://`` URL.

        Raises:
            UsageError: it does not name a repository.
            NotFound: its path steps upwards.
        """
        parts = url.removeprefix("hf://").split("/")
        kind = _KINDS.get(parts[0])
        if kind is not None:
            parts = parts[1:]
        if len(parts) < 2 or not parts[0] or not parts[1]:
            raise UsageError(hint="BAD_HUB_URL", url=url)
        name, _, revision = parts[1].partition("@")
        path = "/".join(parts[2:])
        if ".." in unquote(path).split("/"):
            raise NotFound(hint="NOT_SERVED", url=url)
        return cls(f"{parts[0]}/{name}", kind or "model", unquote(revision) or None, path)


class HuggingFaceTransport:
    """`Transport` for ``hf://``. Thread-safe.

    Args:
        client: makes the client for the bytes, with these headers for the host of the asked URL.
    """

    def __init__(self, client: Callable[[dict[str, str]], HttpTransport]) -> None:
        self._make = client
        self._lock = threading.Lock()
        self._plain = client({})
        self._private: HttpTransport | None = None
        self._located: dict[str, str] = {}
        self._locating: dict[str, threading.Lock] = {}

    def open(self, url: str, *, start: int = 0, stop: int | None = None) -> Response:
        """See `Transport.open`.

        Raises:
            UsageError: huggingface_hub is not installed, or the URL names no repository.
        """
        place = HubPlace.parse(url)
        with _Translated(url):
            hub = _hub()
            asked = hub.hf_hub_url(place.repo, place.path, repo_type=place.kind, revision=place.revision)
        if not place.path.startswith("o/"):
            return self._client_for(asked).open(asked, start=start, stop=stop)
        located = self._locate(url, asked, old=None)
        try:
            return self._client_for(located).open(located, start=start, stop=stop)
        except NotFound:
            pass
        except HttpError as error:
            if error.data["status"] not in _EXPIRED:
                raise
        again = self._locate(url, asked, old=located)
        return self._client_for(again).open(again, start=start, stop=stop)

    def close(self) -> None:
        """Close all connections."""
        self._plain.close()
        if self._private is not None:
            self._private.close()

    def _locate(self, url: str, asked: str, *, old: str | None) -> str:
        """Where a shard lies, asked once for all streams, and again when ``old`` has expired."""
        with self._lock:
            one_at_a_time = self._locating.setdefault(url, threading.Lock())
        with one_at_a_time:
            known = self._located.get(url)
            if known is not None and known != old:
                return known
            with _Translated(url):
                found: str = _hub().get_hf_file_metadata(asked, token=_token()).location
            self._located[url] = found
            return found

    def _client_for(self, url: str) -> HttpTransport:
        """The client with the token for the endpoint's own host, the one without it for all others."""
        with self._lock:
            token = _token()
            if not token or urlsplit(url).netloc != urlsplit(_hub().constants.ENDPOINT).netloc:
                return self._plain
            if self._private is None:
                self._private = self._make({"Authorization": f"Bearer {token}"})
            return self._private


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise UsageError(hint="HUB_NOT_INSTALLED") from error
    return huggingface_hub


def _token() -> str | bool:
    return _hub().get_token() or False


class _Translated:
    """Turn what huggingface_hub raises into errors of the tree."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, QieHubError):
            return
        known = _translate(error, self._url)
        if known is not None:
            raise known from error


def _translate(error: BaseException, url: str) -> QieHubError | None:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return _refused(error, url)
    if isinstance(error, (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError)):
        return NotFound(hint="NOT_SERVED", url=url)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return Offline(hint="OFFLINE_FORBIDDEN", url=url)
    if isinstance(error, errors.HfHubHTTPError):
        return _refused(error, url)
    if isinstance(error, errors.HTTPError):
        return Offline(url=url, reason="connect")
    if isinstance(error, ValueError):  # its validators: a name that no repository can have
        return UsageError(hint="BAD_HUB_URL", url=url)
    return None


def _refused(error: Any, url: str) -> HttpError:
    response = error.response
    wait = response.headers.get("Retry-After", "")
    retry_after = float(wait) if wait.isdigit() else None
    return HttpError(
        hint="HTTP_STATUS", url=url, status=response.status_code, problem="status", retry_after=retry_after
    )
