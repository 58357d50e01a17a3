"""Small whole objects, such as file indexes: fetched into memory, verified, or an error."""

from __future__ import annotations

from collections.abc import Sequence

from qie_hub.clock import Clock
from qie_hub.digest import Digest
from qie_hub.errors import CaptivePortal, HttpError, IntegrityError, MissingEverywhere, NotFound, TransferError
from qie_hub.ports import Response, Transport
from qie_hub.transfer.mirrors import Mirrors
from qie_hub.transfer.pacing import RetryBudget

PATIENCE = 60.0


def fetch_object(
    transport: Transport, mirrors: Mirrors | Sequence[str], path: str, size: int, digest: Digest, *, clock: Clock
) -> bytes:
    """Fetch ``{mirror}/{path}`` and check its size and digest.

    One `Mirrors` for several objects remembers between them who did not answer.

    Raises:
        MissingEverywhere: every mirror lacks it.
        IntegrityError: what the last mirrors sent had another digest.
        TransferError: the last reason why nobody could be reached.
    """
    mirrors = mirrors if isinstance(mirrors, Mirrors) else Mirrors(mirrors, clock)
    budget = RetryBudget(3 + 2 * len(mirrors.bases))
    wrong: list[str] = []
    error: TransferError | IntegrityError | None = None
    while True:
        turn = mirrors.turn(path, avoid=wrong)
        if turn.base is None:
            if turn.wait is None:
                raise MissingEverywhere(what=path, mirrors=list(mirrors.bases))
            if turn.wait > PATIENCE:
                raise error or HttpError(url=path, status=None, problem="resting", retry_after=turn.wait)
            clock.sleep(turn.wait)
            continue
        began = clock.monotonic()
        try:
            data = _read(transport, f"{turn.base}/{path}", size)
        except NotFound:
            mirrors.absent(turn.base, path)
            continue
        except TransferError as trouble:
            wait = trouble.data.get("retry_after")
            retry_after = float(wait) if isinstance(wait, (int, float)) else None
            mirrors.failed(turn.base, 0, began, retry_after=retry_after)
            error = trouble
        else:
            mirrors.succeeded(turn.base, len(data), clock.monotonic() - began)
            actual = Digest.of(data)
            if actual == digest:
                return data
            wrong.append(turn.base)
            mirrors.wrong(turn.base, "wrong_bytes")
            error = IntegrityError(path=path, expected=digest.hex, found=actual.hex, mirrors=sorted(set(wrong)))
        if not budget.spend():
            raise error


def _read(transport: Transport, url: str, size: int) -> bytes:
    with transport.open(url) as response:
        _check(response, url, size)
        data = bytearray()
        for block in response.blocks():
            data += block
            if len(data) > size:
                raise HttpError(url=url, status=None, problem="length", retry_after=None)
    if len(data) != size:
        raise HttpError(url=url, status=None, problem="length", retry_after=None)
    return bytes(data)


def _check(response: Response, url: str, size: int) -> None:
    if response.total != size and response.content_type.lower().startswith("text/html"):
        raise CaptivePortal(url=url)
    if response.total is not None and response.total != size:
        raise HttpError(url=url, status=None, problem="length", retry_after=None)
