"""What a browser calls itself, in words that its owner knows."""

from __future__ import annotations

#: What stands in `User-Agent` -> what people call it; the first that is there, since most claim to be others too.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def told(agent: str) -> str:
    """`Firefox on Windows`; what is known of it."""
    browser, system = (
        next((name for mark, name in known.items() if mark in agent), "") for known in (_BROWSERS, _SYSTEMS)
    )
    if not browser:
        return f"A program on {system}" if system else "Unknown browser"
    return f"{browser} on {system}" if system else browser
