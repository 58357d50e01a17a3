"""The pipeline kind that the soak's plugin declares."""

from __future__ import annotations

from tests.support.pipelines import Factory


class StepsFactory(Factory):
    """What an entry point names: callable without arguments."""

    def __init__(self) -> None:
        super().__init__("steps")
