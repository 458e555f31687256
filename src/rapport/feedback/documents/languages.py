"""Languages: which one somebody gets, and how it is written."""

from __future__ import annotations

from collections.abc import Sequence

#: Primary tags of languages that are written from right to left.
RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))
#: English name -> primary tag, for what people type into a contact's Language.
NAMES = {
    "afrikaans": "af", "albanian": "sq", "arabic": "ar", "bengali": "bn", "bulgarian": "bg", "catalan": "ca",
    "chinese": "zh", "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "estonian": "et",
    "farsi": "fa", "finnish": "fi", "french": "fr", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi",
    "hungarian": "hu", "icelandic": "is", "indonesian": "id", "irish": "ga", "italian": "it", "japanese": "ja",
    "korean": "ko", "latvian": "lv", "lithuanian": "lt", "malay": "ms", "norwegian": "no", "persian": "fa",
    "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru", "serbian": "sr", "slovak": "sk",
    "slovenian": "sl", "spanish": "es", "swedish": "sv", "thai": "th", "turkish": "tr", "ukrainian": "uk",
    "urdu": "ur", "vietnamese": "vi", "welsh": "cy",
}  # fmt: skip
#: Primary tag -> what the language calls itself.
OWN_NAMES = {
    "ar": "العربية", "bg": "Български", "ca": "Català", "cs": "Čeština", "da": "Dansk", "de": "Deutsch",
    "el": "Ελληνικά", "en": "English", "es": "Español", "et": "Eesti", "fi": "Suomi", "fr": "Français", "he": "עברית",
    "hi": "हिन्दी", "hr": "Hrvatski", "hu": "Magyar", "id": "Bahasa Indonesia", "it": "Italiano", "ja": "日本語",
    "ko": "한국어", "lt": "Lietuvių", "lv": "Latviešu", "nb": "Norsk bokmål", "nl": "Nederlands", "no": "Norsk",
    "pl": "Polski", "pt": "Português", "ro": "Română", "ru": "Русский", "sk": "Slovenčina", "sl": "Slovenščina",
    "sv": "Svenska", "th": "ไทย", "tr": "Türkçe", "uk": "Українська", "vi": "Tiếng Việt", "zh": "中文",
}  # fmt: skip


def tag(text: str) -> str:
    """The tag of a language that somebody named: `English`, `deutsch` and `en` alike; anything else as it is."""
    named = text.strip().lower()
    own = {name.lower(): tag for tag, name in OWN_NAMES.items()}
    return NAMES.get(named) or own.get(named) or text


def own_name(tag: str) -> str:
    """What a language calls itself, with its tag where that says more: `Português (pt-BR)`."""
    primary, dash, _ = tag.partition("-")
    name = OWN_NAMES.get(primary.lower())
    return tag if name is None else f"{name} ({tag})" if dash else name


def pick(wanted: str | None, offered: Sequence[str]) -> str | None:
    """The offered language that is wanted: exactly, else by its primary tag; None where there is none.

    `wanted` is a BCP 47 tag or a language's English name, in any case; `de_DE` is read as `de-DE`.
    """
    if not wanted:
        return None
    tag = wanted.strip().lower().replace("_", "-")
    tag = NAMES.get(tag, tag)
    primary = tag.partition("-")[0]
    by_tag = {each.lower(): each for each in reversed(offered)}
    return (
        by_tag.get(tag)
        or by_tag.get(primary)
        or next((each for each in offered if each.lower().partition("-")[0] == primary), None)
    )


def accepted(header: str) -> list[str]:
    """The languages of an `Accept-Language`, best first; what is malformed is left out."""
    found = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            found.append((-float(quality or 1), place, tag))
        except ValueError:
            continue
    return [tag for _, _, tag in sorted(found) if tag and tag != "*"]


def direction(language: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if language.lower().partition("-")[0] in RIGHT_TO_LEFT else "ltr"
