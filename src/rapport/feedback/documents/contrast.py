"""Whether white can be read on a colour (WCAG 2.2, 1.4.3: at least 4.5 to 1)."""

from __future__ import annotations

LEAST = 4.5


def with_white(colour: str) -> float:
    """The contrast of `#rrggbb` with white, from 1 to 21."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
