"""How some lines of a file read in the encodings that it probably has: a person sees at once which one is right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypedDict

from .encodings import CP1252, TWO, UTF8

#: What somebody may say that a file is encoded in, and what people call it; the frequent ones first.
_CALLED = {
    UTF8: "UTF-8",
    CP1252: "Western European (Windows)",
    "cp1250": "Central European (Windows)",
    "cp1251": "Cyrillic (Windows)",
    "cp1253": "Greek (Windows)",
    "cp1254": "Turkish (Windows)",
    "cp1257": "Baltic (Windows)",
    "cp850": "Western European (DOS)",
    "mac-roman": "Western European (Mac)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp1255": "Hebrew (Windows)",
    "cp1256": "Arabic (Windows)",
    "cp932": "Japanese (Shift JIS)",
    "gb18030": "Simplified Chinese (GB 18030)",
    "big5": "Traditional Chinese (Big5)",
    "euc-kr": "Korean (EUC-KR)",
}
CHOICES = tuple(_CALLED)
#: Readings that are shown side by side, their lines, and the characters of each.
SHOWN, LINES, WIDTH = 3, 6, 160
_WORD = re.compile(r"[^\s,;|\t\"]*[^\x00-\x7f][^\s,;|\t\"]*")
_JOINTS = str.maketrans("", "", "'’.-()/&:!?0123456789€»«“”„–…")  # noqa: RUF001 (as people write)
_EAST = {"CJK": "east", "HIRAGANA": "east", "KATAKANA": "east", "KATAKANA-HIRAGANA": "east"}


class Reading(TypedDict):
    """Some lines in one encoding."""

    encoding: str
    lines: list[str]


def called(encoding: str) -> str:
    """What people call an encoding."""
    return _CALLED.get(encoding, encoding.upper())


def readings(lines: Sequence[bytes], first: Iterable[str] = ()) -> list[Reading]:
    """The likeliest readings of lines, each of which differs from the others; those of `first` go ahead."""
    ahead = tuple(first)
    texts = {each: [line.decode(each, "replace") for line in lines] for each in CHOICES}
    found: dict[str, Reading] = {}
    for name in sorted(CHOICES, key=lambda each: (each not in ahead, -_likely("\n".join(texts[each])))):
        shown = [text.strip().replace("\0", "\N{REPLACEMENT CHARACTER}")[:WIDTH] for text in texts[name][:LINES]]
        found.setdefault("\n".join(shown), {"encoding": name, "lines": shown})
    return list(found.values())[:SHOWN]


def _likely(text: str) -> float:
    """The share of words beyond ASCII that look like words of some language."""
    words = _WORD.findall(text)
    return sum(map(_plausible, words)) / (len(words) or 1)


def _plausible(word: str) -> float:
    letters = unicodedata.normalize("NFC", word).translate(_JOINTS)
    if not letters:
        return 0.5
    if not letters.isalpha():
        return 0.0
    scripts = {unicodedata.name(each, "?").partition(" ")[0] for each in letters}
    cased = letters in (letters.lower(), letters.upper(), letters.capitalize())
    if len({_EAST.get(each, each) for each in scripts}) > 1 or not cased:
        return 0.0
    return 0.5 if scripts == {"LATIN"} and TWO.search(letters) else 1.0
