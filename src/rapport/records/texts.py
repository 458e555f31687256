"""What can be seen of a text, and when two texts say the same.

Senders copy white space, marks of direction, byte-order marks and soft hyphens along with their values. What nobody can
see at the ends of a value is no part of it, and what nobody can see anywhere makes no other name or number of it.
"""

from __future__ import annotations

import re
from unicodedata import category, normalize

#: First and last code point of every white space that `str.isspace` knows.
SPACES = (
    (0x09, 0x0D), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A),
    (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
)  # fmt: skip
#: Unicode's Default_Ignorable_Code_Point: stable, since unassigned code points are in it already.
INVISIBLE = (
    (0xAD, 0xAD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip


def _members(ranges: tuple[tuple[int, int], ...]) -> str:
    """What stands between the brackets of a character class."""
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


_UNSEEN = re.compile(f"[{_members(SPACES + INVISIBLE)}]*")
_HIDDEN = re.compile(f"[{_members(INVISIBLE)}]+")
#: A selector chooses how the sign before it looks: a heart is red, a kanji is the one in somebody's name.
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SELECTED = frozenset(("So", "Sm", "Sk", "Po", "Pd", "Lo"))
#: The flags of England, Scotland and Wales are a black flag and letters that nobody sees.
_FLAG, _FLAG_LETTERS = "\U0001f3f4", re.compile("[\U000e0020-\U000e007e]+\U000e007f")


def trimmed(text: str) -> str:
    """`text` without what cannot be seen at its ends; within it stays whatever emoji and scripts need."""
    if text.isascii():
        return text.strip()
    end = len(text) - _length(_UNSEEN, text[::-1])
    if not end:
        return ""
    if _SELECTOR.match(text, end) and category(text[end - 1]) in _SELECTED:
        end += 1
    elif text[end - 1] == _FLAG and (letters := _FLAG_LETTERS.match(text, end)):
        end = letters.end()
    return text[_length(_UNSEEN, text) : end]


def _length(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0


def visible(text: str) -> str:
    """`text` without any character that cannot be seen; white space stays."""
    return text if text.isascii() else _HIDDEN.sub("", text)


def same(old: str, new: str) -> bool:
    """Whether two texts differ in their encoding only: composed or not, and how a line ends."""
    if old == new or (old.isascii() and new.isascii() and "\r" not in old and "\r" not in new):
        return old == new
    return _plain(old) == _plain(new)


def _plain(text: str) -> str:
    return normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
