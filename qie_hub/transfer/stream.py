"""One stream: asks the board for a span, reads it from a mirror, cuts it into pieces, puts them in place.

Invariants: a stream holds one connection and at most one chunk in memory; a byte counts as received when it was read
and as verified only when its chunk was put; nothing that a server does ends a stream, only the board does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from qie_hub.digest import Digest
from qie_hub.errors import CaptivePortal, HttpError, IntegrityError, NotFound, TransferError
from qie_hub.formats.fileindex import CHUNK_MAX
from qie_hub.ports import Response, Transport
from qie_hub.transfer.board import Board, Job
from qie_hub.transfer.journal import PartialFile
from qie_hub.transfer.mirrors import shard_path
from qie_hub.transfer.plan import Piece, Span


def cut(blocks: Iterable[bytes], position: int, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, memoryview]]:
    """Cut a body into pieces.

    Args:
        blocks: the body.
        position: the offset in the shard of the body's first byte.
        pieces: what is wanted, by rising offset; bytes before, between and behind are dropped.

    Yields:
        A piece and its bytes, valid until the next step. The body is left as soon as the last piece is there.
    """
    wanted = iter(pieces)
    piece = next(wanted, None)
    buffer = bytearray(CHUNK_MAX)
    filled = 0
    for block in blocks:
        view = memoryview(block)
        while piece is not None and position + len(view) > piece.shard_offset + filled:
            view = view[max(0, piece.shard_offset + filled - position) :]
            position = piece.shard_offset + filled
            count = min(len(view), piece.length - filled)
            buffer[filled : filled + count] = view[:count]
            filled, position, view = filled + count, position + count, view[count:]
            if filled < piece.length:
                break
            yield piece, memoryview(buffer)[:filled]
            piece, filled = next(wanted, None), 0
        position += len(view)
        if piece is None:
            return


def check_answer(response: Response, span: Span, url: str) -> None:
    """Refuse an answer that cannot be the shard.

    Raises:
        CaptivePortal: it is a page of HTML.
        HttpError: it has another length, or begins elsewhere.
    """
    if response.total != span.shard_length and response.content_type.lower().startswith("text/html"):
        raise CaptivePortal(url=url)
    if response.total is not None and response.total != span.shard_length:
        raise HttpError(url=url, status=None, problem="length", retry_after=None)
    if response.start not in (0, span.start):
        raise HttpError(url=url, status=None, problem="content_range", retry_after=None)


class Stream(threading.Thread):
    """A thread that fetches until the board has nothing left."""

    def __init__(
        self,
        number: int,
        board: Board,
        transport: Transport,
        files: Mapping[Digest, PartialFile],
        pace: Callable[[int, Callable[[], bool]], None],
    ) -> None:
        super().__init__(name=f"qie-hub-stream-{number}", daemon=True)
        self._number = number
        self._board = board
        self._transport = transport
        self._files = files
        self._pace = pace
        self.asking = False

    def run(self) -> None:
        """Work. Whatever is not a transfer's trouble (a full disk, a bug) ends the whole transfer."""
        try:
            while (job := self._board.next(self._number)) is not None:
                self._serve(job)
        except BaseException as error:  # noqa: BLE001  # a thread's edge: the engine raises it again
            self._board.stop(error)

    def _serve(self, job: Job) -> None:
        try:
            self._fetch(job)
        except NotFound:
            self._board.absent(job)
        except TransferError as error:
            if job.dropped:
                self._board.ended(job)
            else:
                self._board.failed(job, error)
        else:
            self._board.ended(job)

    def _fetch(self, job: Job) -> None:
        url = f"{job.base}/{shard_path(job.span.shard)}"
        with self._open(job, url) as response:
            check_answer(response, job.span, url)
            if response.start != job.span.start:
                self._board.widen(job)
            if not self._board.opened(job, response):
                return
            for piece, data in cut(self._read(job, response), response.start, job.span.pieces):
                if not self._keep(job, piece, data):
                    return
            if job.left and not job.dropped:  # a body without a length may end anywhere
                raise HttpError(url=url, status=None, problem="cut_short", retry_after=None)

    def _open(self, job: Job, url: str) -> Response:
        self.asking = True  # nothing can wake this wait but the transport's own limits
        try:
            return self._transport.open(url, start=job.span.start, stop=job.span.stop)
        finally:
            self.asking = False

    def _read(self, job: Job, response: Response) -> Iterator[bytes]:
        for block in response.blocks(CHUNK_MAX):
            if not self._board.received(job, len(block)):
                return
            self._pace(len(block), lambda: job.dropped)
            yield block

    def _keep(self, job: Job, piece: Piece, data: memoryview) -> bool:
        try:
            new = put(self._files, piece, data)
        except IntegrityError as error:
            return self._board.wrong(job, piece, str(error.data["found"]))
        self._board.verified(job, piece, new)
        return True


def put(files: Mapping[Digest, PartialFile], piece: Piece, data: bytes | memoryview) -> int:
    """Put a piece into every file that wants it; return how many bytes of files that filled.

    Raises:
        IntegrityError: the bytes are not the piece's.
    """
    filled = 0
    for target in piece.targets:
        partial = files[target.file]
        chunk = partial.index.chunks[target.ordinal]
        if partial.put(chunk, data):
            filled += chunk.length
    return filled
