"""Systems on a chip that are known from public data. Pure.

A class says what generation a phone is of; nothing here was measured, and the profile's source says so
(`SOURCE`). A chip that is not listed has no class: it is measured (`bench`) rather than refused, since lists rot.

Sources of names: Qualcomm's and MediaTek's product pages, Apple's platform names in IORegistry.
"""

from __future__ import annotations

import re
from typing import Final

SOURCE: Final = "public data, not measured"
_SNAPDRAGON: Final = {
    "SM8250": "Snapdragon 865", "SM8350": "Snapdragon 888", "SM8450": "Snapdragon 8 Gen 1",
    "SM8475": "Snapdragon 8+ Gen 1", "SM8550": "Snapdragon 8 Gen 2", "SM8635": "Snapdragon 8s Gen 3",
    "SM8650": "Snapdragon 8 Gen 3", "SM8735": "Snapdragon 8s Gen 4",
    "SM8750": "Snapdragon 8 Elite", "SM8850": "Snapdragon 8 Elite Gen 5",
}  # fmt: skip
_PLATFORMS: Final = {
    "kona": "SM8250", "lahaina": "SM8350", "taro": "SM8450", "kalama": "SM8550", "pineapple": "SM8650",
    "sun": "SM8750", "canoe": "SM8850",
}  # fmt: skip
"""Qualcomm's board names (ro.board.platform), for systems before Android 12, which has no ro.soc.model."""

_DIMENSITY: Final = {
    "MT6983": "Dimensity 9000", "MT6985": "Dimensity 9200", "MT6989": "Dimensity 9300", "MT6991": "Dimensity 9400",
    "MT6993": "Dimensity 9500",
}  # fmt: skip
_APPLE: Final = re.compile(r"Apple ([AM])(\d+)")


def classify(soc: str | None, cpu_model: str | None) -> str | None:
    """Return the class of a chip: ``Snapdragon 8 Gen 2``, ``Dimensity 9000``, ``Apple A15``, ``Apple M4``, or None."""
    name = (soc or "").upper()
    model = _PLATFORMS.get(name.lower(), name)[:6]
    listed = _SNAPDRAGON.get(model) or _DIMENSITY.get(model)
    if listed is not None:
        return listed
    chip = _APPLE.search(f"{soc or ''} {cpu_model or ''}")
    if chip is None or (chip[1] == "A" and int(chip[2]) < 15):
        return None
    return f"Apple {chip[1]}{chip[2]}"
