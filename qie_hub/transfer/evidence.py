"""What wrong bytes prove: about a mirror, about the publisher, or nothing yet. Pure but for its own memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qie_hub.digest import Digest
from qie_hub.errors import BadPublish, IntegrityError

TRIES_OF_ONE_MIRROR: Final = 3


class Evidence:
    """Remembers which mirror sent which wrong digest for which piece."""

    def __init__(self, mirrors: Sequence[str]) -> None:
        self._mirrors = mirrors
        self._seen: dict[Digest, dict[str, list[str]]] = {}

    def add(self, wanted: Digest, mirror: str, found: str, path: str) -> IntegrityError | None:
        """Note that ``mirror`` sent bytes of digest ``found`` for the piece ``wanted`` of the object ``path``.

        Returns:
            `BadPublish` where another mirror sent the very same wrong bytes, `IntegrityError` where every mirror was
            wrong often enough, None as long as asking again makes sense.
        """
        seen = self._seen.setdefault(wanted, {})
        seen.setdefault(mirror, []).append(found)
        others = {digest for name, digests in seen.items() if name != mirror for digest in digests}
        if found in others:
            return BadPublish(path=path, expected=wanted.hex, found=found, mirrors=sorted(seen))
        if sum(1 for digests in seen.values() if len(digests) >= TRIES_OF_ONE_MIRROR) == len(self._mirrors):
            return IntegrityError(path=path, expected=wanted.hex, found=found, mirrors=sorted(seen))
        return None
