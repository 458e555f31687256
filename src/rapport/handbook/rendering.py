"""From a page's source to Markdown with the reader's names, and from there to HTML."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.template import Context, Engine
from django.template.loader import render_to_string
from markdown_it import MarkdownIt

from . import documents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

    from .contents import Entry

#: The names of languages on the tabs of examples.
LANGUAGES = {
    "sh": "cURL", "python": "Python", "js": "JavaScript", "php": "PHP", "json": "JSON", "toml": "TOML", "yaml": "YAML",
    "apex": "Apex", "sql": "SQL", "text": "Text",
}  # fmt: skip
_NO_WORD = re.compile(r"[^a-z0-9]+")
#: What is Markdown's is not escaped for HTML; `html` of the parser is off, so that no tag gets through.
_ENGINE = Engine(builtins=["rapport.handbook.templatetags.examples"])


@cache
def _template(source: str) -> Any:
    return _ENGINE.from_string(source)


def fill(entry: Entry, context: dict[str, Any]) -> str:
    """The page as Markdown, with the reader's names in it and links that lead somewhere on the site."""
    if not entry.filled:
        return documents.moved(entry.source.replace(documents.ORIGIN, context["home"]))
    text = _template(entry.source).render(Context(context, autoescape=False))
    return documents.moved(re.sub(r"\n{3,}", "\n\n", str(text)))


def html(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Markdown as HTML, and its sections: (anchor, title). Neighbouring code blocks become tabs of one example."""
    parser = _parser()
    tokens = parser.parse(text)
    _prepare(tokens)
    sections = [_title(tokens, index) for index, token in enumerate(tokens) if token.type == "heading_open"]
    found = [(anchor, title) for tag, anchor, title in sections if tag == "h2"]
    return "".join(_pieces(parser, tokens)), found


def _prepare(tokens: Sequence[Token]) -> None:
    """Pictures are loaded when they are near; tables, which scroll sideways, can be reached by keyboard."""
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("tabindex", "0")
        for image in (child for child in token.children or () if child.type == "image"):
            image.attrSet("loading", "lazy")


def prose(text: str) -> Iterator[tuple[str, str]]:
    """The sections of a page, each with its title ("" before the first) and its text without code and marks."""
    tokens = _parser().parse(text)
    title = ""
    parts: list[str] = []
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag != "h1":
            yield title, " ".join(parts)
            title, parts = tokens[index + 1].content.replace("`", ""), []
        elif token.type == "inline" and tokens[index - 1].type != "heading_open":
            breaks = ("softbreak", "hardbreak")
            words = (" " if child.type in breaks else child.content for child in token.children or ())
            parts.append("".join(words).strip())
    yield title, " ".join(parts)


def anchor(title: str) -> str:
    """What a title is found by in an address."""
    return _NO_WORD.sub("-", title.replace("`", "").casefold()).strip("-")


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _title(tokens: Sequence[Token], index: int) -> tuple[str, str, str]:
    title = tokens[index + 1].content.replace("`", "")
    tokens[index].attrSet("id", anchor(title))
    return tokens[index].tag, anchor(title), title


def _pieces(parser: MarkdownIt, tokens: list[Token]) -> Iterator[str]:
    """HTML piece by piece: text as the parser writes it, runs of code blocks by a template of ours."""
    start = index = 0
    while index < len(tokens):
        if tokens[index].type != "fence":
            index += 1
            continue
        yield parser.renderer.render(tokens[start:index], parser.options, {})
        end = index + 1
        while end < len(tokens) and tokens[end].type == "fence" and "also" in tokens[end].info.split():
            end += 1
        yield render_to_string("handbook/example.html", {"tabs": [_tab(fence) for fence in tokens[index:end]]})
        start = index = end
    yield parser.renderer.render(tokens[start:], parser.options, {})


def _tab(fence: Token) -> dict[str, str]:
    """One code block: the first word of its info is its language; a status makes it the answer to the one before."""
    language, *words = fence.info.split() or ["text"]
    status = next((HTTPStatus(int(word)) for word in words if word.isdigit()), None)
    label = f"{status.value} {status.phrase}" if status else LANGUAGES.get(language, language)
    return {"language": language, "label": label, "text": fence.content.rstrip("\n"), "status": str(status or "")}
