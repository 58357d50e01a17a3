"""Rates and sizes as people write them: ``5M`` is 5,000,000 bytes (per second)."""

from __future__ import annotations

import re
from typing import Final

from qie_hub.errors import SettingsError, UsageError

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kKmMgG]?)(?:B?/s)?\Z")
_FACTOR: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def parse_rate(value: object) -> int:
    """Read ``5M`` as 5,000,000 bytes per second; a plain number is bytes per second.

    Raises:
        SettingsError: anything else, or zero.
    """
    rate = _amount(value)
    if rate is None:
        raise SettingsError(hint="BAD_RATE", issues=[f"not a rate like 5M: {value!r}"])
    return rate


def parse_amount(value: object) -> int:
    """Read ``2G`` as 2,000,000,000 bytes; a plain number is bytes.

    Raises:
        UsageError: anything else, or zero.
    """
    amount = _amount(value)
    if amount is None:
        raise UsageError(hint="BAD_SIZE", text=str(value))
    return amount


def _amount(value: object) -> int | None:
    match = _RATE.match(str(value).strip())
    return (int(float(match[1]) * _FACTOR[match[2].lower()]) or None) if match else None
