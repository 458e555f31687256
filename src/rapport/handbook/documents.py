"""Parts of the repository's own `docs/api.md`, so that what it says is not said twice."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_PLACE = resources.files("rapport.handbook")
_TITLE = re.compile(r"^(#{2,3}) +(.+)$", re.MULTILINE)
_TABLE = re.compile(r"^\|.*\n(?:\|.*\n)+", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
_OWN_LINK = re.compile(r"\]\(#")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
#: Where the repository's own examples find the service.
ORIGIN = "http://127.0.0.1:8000"
#: What links of `docs/*.md` say -> where that is on the site.
MOVED = {
    "settings.md": "/docs/settings",
    "operations.md": "/docs/operations",
    "commands.md": "/docs/commands",
    "client.md": "/docs/python-client",
    "testing.md": "/docs/test-double",
    "api.md": "/docs",
    "api.md#drafts-and-versions": "/docs/configurations#drafts-and-versions",
    "api.md#in-git": "/docs/configurations#in-git",
    "api.md#unmapped-headings": "/docs/configurations#unmapped-headings",
    "api.md#incoming-webhooks": "/docs/webhooks",
    "api.md#surveys": "/docs/asking#surveys-as-files-and-by-api",
    "api.md#managing-configurations": "/docs/configurations",
    "api.md#campaigns": "/docs/campaigns",
    "api.md#file-imports": "/docs/imports",
    "api.md#exports": "/docs/reading-back#exports",
    "api.md#undo": "/docs/histories#undo",
    "api.md#one-of-them-then-and-now": "/docs/reading-back#one-of-them-then-and-now",
    "api.md#sending-again": "/docs/histories#sending-again",
    "api.md#fields": "/docs/configurations#fields",
    "api.md#rates": "/docs/limits#rates",
    "api.md#errors": "/docs/errors",
    "api.md#other-data-types": "/docs/put-records#data-types",
}


@cache
def read(file: str) -> str:
    """A text file of this package."""
    return _PLACE.joinpath(file).read_text(encoding="utf-8")


@cache
def section(title: str) -> str:
    """The text below a title of `docs/api.md`, up to the next one. Raises `KeyError`."""
    text = read("manual/api.md")
    titles = list(_TITLE.finditer(text))
    ends = [found.start() for found in titles[1:]] + [len(text)]
    parts = {found[2]: text[found.end() : end] for found, end in zip(titles, ends, strict=True)}
    return _OWN_LINK.sub("](api.md#", _COMMENT.sub("", parts[title])).strip() + "\n"


@cache
def tables(title: str) -> str:
    """Only the tables of that section."""
    return "\n".join(_TABLE.findall(section(title)))


def moved(text: str) -> str:
    """Markdown whose links to other documents of the repository lead to their places on the site."""
    return _LINK.sub(lambda found: f"]({_address(found[1])})", text)


def _address(link: str) -> str:
    file, _, anchor = link.partition("#")
    return MOVED.get(link) or (f"{MOVED[file]}#{anchor}" if file in MOVED else link)
