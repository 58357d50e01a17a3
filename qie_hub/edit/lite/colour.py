"""Colours as numbers: hex values, lightness, what can be read on what. Pure."""

from __future__ import annotations

from typing import TypeAlias

RGB: TypeAlias = tuple[int, int, int]


def rgb_of(text: str) -> RGB:
    """``#rrggbb`` as three numbers."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def luminance(colour: RGB) -> float:
    """Relative luminance 0..1 (WCAG 2.2)."""
    linear = [value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio 1..21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable_on(ground: RGB, light: RGB = (255, 255, 255), dark: RGB = (26, 26, 26)) -> RGB:
    """The one of two inks that can be read better; light wins while it is good enough, as on printed badges."""
    return light if contrast(light, ground) >= 3 else dark


def shade(colour: RGB, by: float) -> RGB:
    """Lighter (``by`` above 0) or darker (below 0), -1..1."""
    goal = 255 if by > 0 else 0
    mixed = [round(value + (goal - value) * abs(by)) for value in colour]
    return mixed[0], mixed[1], mixed[2]
