"""How an origin is added: root by fingerprint, first refresh, name spaces, and only then the entry.

Kept apart from `qie_hub.trust.origins` because it needs tuf, which a list of origins must not import.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tuf.api.exceptions import DownloadLengthMismatchError

from qie_hub.clock import Clock
from qie_hub.digest import Digest
from qie_hub.errors import MissingEverywhere, NotFound, RootChainError, TransferError, UsageError
from qie_hub.packref import check_name
from qie_hub.ports import Transport
from qie_hub.trust import chain, updater
from qie_hub.trust.fetcher import Fetcher
from qie_hub.trust.origins import Origin, Origins, origin_folder, with_publishers

ROOT_LIMIT: Final = 512_000
"""Bytes; python-tuf's own cap for a root."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What a person asked for; see `Origins.add`."""

    url: str
    fingerprint: Digest | None
    root: bytes | None
    name: str | None
    publishers: Sequence[str] | None
    mirrors: tuple[str, ...]
    kind: str


def add_origin(origins: Origins, home: Path, wish: Addition, transport: Transport, clock: Clock) -> Origin:
    """See `Origins.add`."""
    root = _trusted_root(wish, transport, clock)
    chain.newest_root({}, root)  # a root that does not sign itself could never verify anything
    draft = Origin(_name(origins, wish, Digest.of(root)), wish.url, wish.mirrors, Digest.of(root), (), wish.kind)
    new = draft.name not in {origin.name for origin in origins.all()}
    if new:
        _drop_folder(home, draft)  # the rest of an addition that was killed
    try:
        origins.remember(draft, root)
        origin, _ = updater.first_refresh(
            draft, home, transport, clock, choose=lambda delegated: _publishers(origins, draft, wish, delegated)
        )
    except BaseException:
        if new:
            _drop_folder(home, draft)
        raise
    origins.write(origin)
    return origin


def _publishers(origins: Origins, draft: Origin, wish: Addition, delegated: tuple[str, ...]) -> Origin:
    wanted = tuple(delegated if wish.publishers is None else wish.publishers)
    for publisher in wanted:
        if publisher not in delegated:
            raise NotFound(what="publisher", name=publisher, closest=list(delegated))
        check_name(publisher)
    origins.claim(draft.name, wanted)
    return with_publishers(draft, wanted)


def _trusted_root(wish: Addition, transport: Transport, clock: Clock) -> bytes:
    if wish.root is None and wish.fingerprint is None:
        raise UsageError(hint="NO_FINGERPRINT", url=wish.url)
    root = wish.root if wish.root is not None else _fetch_root(wish, transport, clock)
    if wish.fingerprint is not None and Digest.of(root) != wish.fingerprint:
        raise RootChainError(
            hint="FINGERPRINT_DIFFERS", role="root", url=wish.url, want=str(wish.fingerprint), got=str(Digest.of(root))
        )
    return root


def _fetch_root(wish: Addition, transport: Transport, clock: Clock) -> bytes:
    first: TransferError | None = None
    for base in (wish.url, *wish.mirrors):
        url = f"{base.rstrip('/')}/metadata/1.root.json"
        try:
            return Fetcher(transport, clock).read(url, ROOT_LIMIT)
        except NotFound:
            first = first or MissingEverywhere(what="root", url=url, status=404)
        except DownloadLengthMismatchError:
            raise RootChainError(role="root", url=url, detail="longer than a root may be") from None
        except TransferError as error:
            first = first or error
    if first is None:
        raise UsageError(hint="BAD_ORIGIN_URL", url=wish.url)
    raise first


def _name(origins: Origins, wish: Addition, root: Digest) -> str:
    """The name asked for; else the one under which this origin is known; else a part of the URL."""
    if wish.name is None:
        same = [origin.name for origin in origins.all() if (origin.url, origin.root) == (wish.url, root)]
        if same:
            return same[0]
    name = check_name(wish.name) if wish.name is not None else name_from_url(wish.url)
    for origin in origins.all():
        if origin.name == name and origin.root != root:
            raise UsageError(hint="ORIGIN_NAME_TAKEN", name=name, url=origin.url)
    return name


def name_from_url(url: str) -> str:
    """A plain name from a URL: its host, or the last folder of a path without one."""
    parts = urlsplit(url)
    words = re.sub(r"[^a-z0-9]+", "-", (parts.netloc or parts.path.rstrip("/").rpartition("/")[2]).lower())
    return words.strip("-")[:64].strip("-") or "origin"


def _drop_folder(home: Path, draft: Origin) -> None:
    shutil.rmtree(origin_folder(home, draft.name), ignore_errors=True)
