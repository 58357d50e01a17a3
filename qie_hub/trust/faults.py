"""python-tuf's exceptions, translated at this one edge into the classes of `qie_hub.errors`.

python-tuf tells apart less than a person needs (a broken chain of roots and a missing signature are one class, and
versions stand only in its prose), so the role and the version that came are read from the document itself.

Example::

    with translated(role="snapshot", data=body, url=url):
        snapshot.verify_length_and_hashes(body)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.serialization import DeserializationError

from qie_hub.errors import (
    Expired,
    FormatError,
    HttpError,
    MissingEverywhere,
    MixAndMatch,
    QieHubError,
    Rollback,
    RootChainError,
    SignatureError,
)

CAPPED: Final = frozenset({"root", "timestamp"})
"""Roles whose length no parent states: only a cap bounds them."""

_ROLE = re.compile(r"(?:[1-9][0-9]*\.)?([^/]+)\.json\Z")
_EXPIRED_ROLE = re.compile(r"(\S+?)(?:\.json)? is expired")


class TransportFault(DownloadError):
    """Carries our own error through python-tuf."""

    def __init__(self, original: QieHubError) -> None:
        super().__init__(str(original))
        self.original = original


def role_of(url: str) -> str:
    """The role that a metadata URL serves: ``https://h/metadata/3.acme.json`` serves ``acme``."""
    match = _ROLE.search(url.rpartition("/")[2])
    return match[1] if match else url.rpartition("/")[2]


@contextmanager
def translated(*, role: str, data: bytes = b"", url: str = "") -> Iterator[None]:
    """Raise our classes for python-tuf's."""
    try:
        yield
    except (RepositoryError, DownloadError) as error:
        raise translate(error, role=role, data=data, url=url) from error


def translate(error: RepositoryError | DownloadError, *, role: str, data: bytes = b"", url: str = "") -> QieHubError:
    """The error of ours that says the same, with the role, the version that came and the URL."""
    if isinstance(error, TransportFault):
        return error.original
    if isinstance(error, DownloadError):
        return _download(error, role, url)
    facts: dict[str, Any] = {"role": role, "got": _version(data), "url": url, "detail": str(error)}
    if isinstance(error, ExpiredMetadataError):
        match = _EXPIRED_ROLE.search(str(error))
        return Expired(**{**facts, "role": match[1] if match else role}, since=_expires(data))
    if isinstance(error, DeserializationError):
        return FormatError(what=role, issues=["not TUF metadata"], url=url)
    if role == "root":
        return RootChainError(**facts)
    return _repository(error, facts)


def _repository(error: RepositoryError, facts: dict[str, Any]) -> QieHubError:
    if isinstance(error, UnsignedMetadataError):
        return SignatureError(**facts)
    if isinstance(error, LengthOrHashMismatchError):
        return MixAndMatch(**facts)
    text = str(error)
    if isinstance(error, BadVersionNumberError):
        # "must be >=" and "Expected X version 3, got 4." compare with what was trusted before; all others
        # compare with what the parent states now
        rolled = "must be >=" in text or re.search(r"Expected \S+ version ", text) is not None
        rolled = rolled and not text.startswith("Expected snapshot version")
        return Rollback(**facts) if rolled else MixAndMatch(**facts)
    if text.startswith("New snapshot is missing info"):
        return Rollback(**facts)
    if "Snapshot does not contain" in text or "not part of snapshot" in text:
        return MixAndMatch(**facts)
    return FormatError(what=str(facts["role"]), issues=[text], url=facts["url"])


def _download(error: DownloadError, role: str, url: str) -> QieHubError:
    if isinstance(error, DownloadLengthMismatchError):
        if role in CAPPED:
            return FormatError(what=role, issues=["longer than any such document may be"], url=url)
        return MixAndMatch(role=role, got=None, url=url, detail="longer than its parent states")
    if isinstance(error, DownloadHTTPError):
        return MissingEverywhere(what=role, url=url, status=error.status_code)
    return HttpError(url=url, status=None, problem="protocol")


def _signed(data: bytes) -> dict[str, object]:
    try:
        signed = json.loads(data)["signed"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return signed if isinstance(signed, dict) else {}


def _version(data: bytes) -> int | None:
    version = _signed(data).get("version")
    return version if isinstance(version, int) else None


def _expires(data: bytes) -> str | None:
    expires = _signed(data).get("expires")
    return expires if isinstance(expires, str) else None
