"""A folder or USB stick as a mirror: ``file:`` URLs and plain paths.

Invariants: a URL with a ``..`` part, raw or percent-encoded, is absent, whatever it would lead to; only regular files
are opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from qie_hub.errors import HttpError, NotFound

_MISSING = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


def scheme_of(url: str) -> str:
    """The URL's scheme in lower case; empty for a path (a single letter is a drive, not a scheme)."""
    scheme, colon, _ = url.partition(":")
    return scheme.lower() if colon and len(scheme) > 1 and scheme.replace("+", "").isalnum() else ""


def path_of(url: str) -> Path:
    """The path that a ``file:`` URL or plain path means.

    Raises:
        NotFound: it steps upwards, names another machine or cannot be a path.
    """
    text = url
    if scheme_of(url) == "file":
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):
            raise NotFound(hint="NOT_SERVED", url=url)
        text = url2pathname(parts.path)
    if "\0" in text or ".." in text.replace("\\", "/").split("/"):
        raise NotFound(hint="NOT_SERVED", url=url)
    return Path(text)


class FolderTransport:
    """`Transport` for files of this device."""

    def open(self, url: str, *, start: int = 0, stop: int | None = None) -> FolderResponse:
        """See `Transport.open`.

        Raises:
            NotFound: no such regular file.
            HttpError: it is there and cannot be read, or it ends before ``start``.
        """
        path = path_of(url)
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        except _MISSING:
            raise NotFound(hint="NOT_SERVED", url=url) from None
        except OSError as error:
            raise HttpError(url=url, status=None, problem="unreadable", retry_after=None) from error
        try:
            size = _size_of(handle, url, start)
        except BaseException:
            os.close(handle)
            raise
        return FolderResponse(url, os.fdopen(handle, "rb", buffering=0), start, stop, size)


def _size_of(handle: int, url: str, start: int) -> int:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise NotFound(hint="NOT_SERVED", url=url)
    if start > facts.st_size:
        raise HttpError(url=url, status=416, problem="length", retry_after=None)
    return facts.st_size


class FolderResponse:
    """`Response` from a file."""

    content_type = "application/octet-stream"

    def __init__(self, url: str, file: BinaryIO, start: int, stop: int | None, size: int) -> None:
        self.start = start
        self.total: int | None = size
        self._url = url
        self._file = file
        self._stop = size if stop is None else min(stop, size)
        file.seek(start)

    def blocks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """See `Response.blocks`."""
        left = self._stop - self.start
        while left > 0:
            try:
                data = self._file.read(min(size, left))
            except (OSError, ValueError) as error:  # the stick was pulled out, or somebody closed this
                raise HttpError(url=self._url, status=None, problem="unreadable", retry_after=None) from error
            if not data:
                raise HttpError(url=self._url, status=None, problem="cut_short", retry_after=None)
            left -= len(data)
            yield data

    def close(self) -> None:
        """See `Response.close`."""
        self._file.close()

    def __enter__(self) -> FolderResponse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
