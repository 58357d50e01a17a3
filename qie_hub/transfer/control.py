"""What a caller may tell a running transfer, from any thread."""

from __future__ import annotations


class Control:
    """Pause, resume, cancel and limit: plain flags that a transfer looks at many times a second.

    ``background`` allows one stream only: for work that nobody waits for.
    """

    def __init__(self, *, max_rate: float | None = None, background: bool = False) -> None:
        self.background = background
        self._max_rate = max_rate
        self._paused = False
        self._cancelled = False

    def pause(self) -> None:
        """Stop fetching until `resume`; what is verified stays, connections are closed."""
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        self._paused = False

    def cancel(self) -> None:
        """End the transfer with `Cancelled`. There is no way back."""
        self._cancelled = True

    def limit(self, bytes_per_second: float | None) -> None:
        """Allow at most this much from now on; None lifts the limit."""
        self._max_rate = bytes_per_second

    @property
    def paused(self) -> bool:
        """Whether fetching should stand still."""
        return self._paused

    @property
    def cancelled(self) -> bool:
        """Whether the transfer should end."""
        return self._cancelled

    @property
    def max_rate(self) -> float | None:
        """Bytes per second, None without a limit."""
        return self._max_rate
