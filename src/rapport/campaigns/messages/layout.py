"""The text of a message as HTML that mail programs show right, and as plain text, both with holes for tags."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mjml import mjml2html

from rapport.feedback.documents import languages
from rapport.feedback.documents.survey import level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from markdown_it.rules_core import StateCore

#: Where the row of scores stood; a paragraph of its own.
SCORES = "zqSCORESqz"
#: No line of a mail may be longer than 998 bytes (RFC 5322 §2.1.1); holes make ours longer.
WIDTH = 500
#: What the score's own question offers.
NPS = range(11)
_COLOURS = ("#b42318", "#b54708", "#067647")
_STYLE = "font-family:Helvetica,Arial,sans-serif;font-size:16px;line-height:24px;color:#1d2939"
_INLINE = {
    "<p>": '<p style="margin:0 0 16px 0">',
    "<h1>": '<h1 style="font-size:24px;line-height:32px;margin:0 0 16px 0">',
    "<h2>": '<h2 style="font-size:20px;line-height:28px;margin:0 0 12px 0">',
    "<blockquote>": '<blockquote style="margin:0 0 16px 0;padding-left:12px;border-left:3px solid #d0d5dd">',
    "<a ": '<a style="color:#175cd3" ',
}
_DARK = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  html, body, body > div { background-color: #101828 !important; }
  .paper, .paper td { background-color: #1d2939 !important; }
  .paper div, .paper p, .paper li, .paper h1, .paper h2 { color: #f2f4f7 !important; }
  .paper a { color: #84caff !important; }
}
"""


def _link_marks(state: StateCore) -> None:
    """Makes links of the marks of links that stand in the text alone; `links` in the environment are these marks."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = list(_linked(token.children or [], state.env.get("links", ())))


def _linked(children: list[Token], links: Collection[str]) -> Iterator[Token]:
    inside = 0
    for child in children:
        inside += child.nesting if child.type in ("link_open", "link_close") else 0
        if inside or child.type != "text":
            yield child
            continue
        for part in filter(None, _MARK.split(child.content)):
            text = Token("text", "", 0, content=part)
            if part in links:
                yield from (Token("link_open", "a", 1, attrs={"href": part}), text, Token("link_close", "a", -1))
            else:
                yield text


_MARK = re.compile(r"(zqHOLE\d+qz)")
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False})
_MARKDOWN.core.ruler.push("link_marks", _link_marks)


def as_html(markdown: str, *, preheader: str, language: str, links: Collection[str] = (), scale: range = NPS) -> str:
    """A whole HTML document: one column, tables and inlined styles, readable at 320 pixels and in the dark.

    `links` are marks that become links where they stand alone.
    """
    body = _MARKDOWN.render(markdown, {"links": links})
    for plain, styled in _INLINE.items():
        body = body.replace(plain, styled)
    body = re.sub(rf"<p[^>]*>{SCORES}</p>", lambda _: _score_row(scale), body)
    document = mjml2html(
        "<mjml><mj-head>"
        f"<mj-preview>{html.escape(preheader)}</mj-preview><mj-style>{_DARK}</mj-style></mj-head>"
        '<mj-body background-color="#f2f4f7"><mj-section background-color="#ffffff" css-class="paper" padding="24px 0">'
        f'<mj-column><mj-text padding="0 24px"><div style="{_STYLE}">{body}</div></mj-text></mj-column>'
        "</mj-section></mj-body></mjml>",
        fonts={},
        disable_comments=True,
    )
    direction = languages.direction(language)
    document = document.replace('lang="und" dir="auto"', f'lang="{html.escape(language)}" dir="{direction}"')
    return "\n".join(_narrow(line) for line in document.replace("><", ">\n<").splitlines())


def _score_row(scale: range) -> str:
    cells = "".join(
        f'<td align="center" style="padding:2px"><a href="zqSCORE{score}qz" style="display:block;min-width:18px;'
        f"padding:8px 0;border-radius:4px;background-color:{_colour(score, scale)};color:#ffffff;"
        f'font-size:14px;text-decoration:none">{score}</a></td>'
        for score in scale
    )
    return f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>{cells}</tr></table>'


def _colour(score: int, scale: range) -> str:
    """Of the groups of the score from 0 to 10; of another scale its lower half, what is between, its upper quarter."""
    if scale == NPS:
        return _COLOURS[(score > 6) + (score > 8)]
    return _COLOURS[level(score, scale)]


def _narrow(line: str) -> str:
    """A line broken at spaces, which mean the same in HTML."""
    pieces = []
    while len(line) > WIDTH and (at := line.rfind(" ", 1, WIDTH)) > 0:
        pieces.append(line[:at])
        line = line[at + 1 :]
    return "\n".join([*pieces, line])


def as_text(markdown: str, *, links: Collection[str] = (), scale: range = NPS) -> str:
    """The same as plain text: links behind their words, scores a line each."""
    text = "".join(_plain(_MARKDOWN.parse(markdown, {"links": links})))
    scores = "\n".join(f"{score}: zqSCORE{score}qz" for score in scale)
    text = re.sub(r"\n{3,}", "\n\n", text).strip().replace(SCORES, scores)
    return "\n".join(_narrow(line) for line in text.splitlines()) + "\n"


def _plain(tokens: list[Token]) -> Iterator[str]:
    numbers: list[int] = []
    for token in tokens:
        if token.type == "inline":
            yield _words(token.children or [])
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            numbers.append(int(token.attrGet("start") or 1) if token.type[0] == "o" else 0)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            numbers.pop()
            yield "\n"
        elif token.type == "list_item_open":
            yield f"{numbers[-1]}. " if numbers[-1] else "- "
            numbers[-1] += bool(numbers[-1])
        elif token.type in ("fence", "code_block"):
            yield token.content + "\n"
        elif token.type == "hr":
            yield "--------\n\n"
        elif token.type in ("paragraph_close", "heading_close"):
            yield "\n" if token.hidden else "\n\n"


def _words(children: list[Token]) -> str:
    words, target = "", ""
    for child in children:
        if child.type in ("text", "code_inline"):
            words += child.content
        elif child.type in ("softbreak", "hardbreak"):
            words += "\n"
        elif child.type == "link_open":
            target = str(child.attrGet("href") or "")
        elif child.type == "link_close":
            words += "" if words.endswith(target) else f" ({target})"
        elif child.type == "image":
            words += child.content
    return words
