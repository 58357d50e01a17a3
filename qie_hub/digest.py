"""SHA-256 digests as values.

Invariants: a ``Digest`` always holds 64 lower-case hex digits; ``Digest.parse(str(d)) == d``.

Example::

    Digest.of(b"abc").fan_out  # 'ba/ba7816bf...'
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from qie_hub.errors import FormatError

_HEX = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 digest."""

    hex: str

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read 64 lower-case hex digits.

        Raises:
            FormatError: the text is anything else.
        """
        if not isinstance(text, str) or not _HEX.match(text):
            raise FormatError(what="digest", issues=[f"not 64 lower-case hex digits: {text!r:.80}"])
        return cls(text)

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview) -> Digest:
        """Return the digest of these bytes."""
        return cls(hashlib.sha256(data).hexdigest())

    @classmethod
    def of_stream(cls, blocks: Iterable[bytes]) -> Digest:
        """Return the digest of the concatenated blocks."""
        state = hashlib.sha256()
        for block in blocks:
            state.update(block)
        return cls(state.hexdigest())

    @property
    def raw(self) -> bytes:
        """The 32 bytes."""
        return bytes.fromhex(self.hex)

    @property
    def fan_out(self) -> str:
        """``ab/<64 hex>``: the path below ``o/sha256/`` and ``i/sha256/`` on a CDN."""
        return f"{self.hex[:2]}/{self.hex}"

    def __str__(self) -> str:
        return self.hex
