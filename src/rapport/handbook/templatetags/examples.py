"""What pages are written with besides Django's own tags: calls in every language, and names that are only text."""

from __future__ import annotations

import json as notation
import re
from typing import Any

from django import template

from rapport.handbook import calls, documents

register = template.Library()
_MARKS = re.compile(r"([\\`*_\[\]<>|#&~])")


class Example(template.Node):
    """`{% call PUT base "/path" %}{"form": {…}}{% endcall %}`: one request, a block of code for each language."""

    def __init__(self, method: str, url: list[template.base.FilterExpression], body: template.base.NodeList) -> None:
        self.method, self.url, self.body = method, url, body

    def render(self, context: template.Context) -> str:
        """The fences, of which all but the first say `also`."""
        told = notation.loads(self.body.render(context) or "{}")
        url = "".join(str(part.resolve(context)) for part in self.url)
        call = calls.of(self.method, url, told)
        return "\n".join(
            f"{_fence(language, index)}\n{write(call)}\n```\n"
            for index, (language, write) in enumerate(calls.LANGUAGES.items())
        )


class Answer(template.Node):
    """`{% answer 200 %}{…}{% endanswer %}`: what the call before it is answered with; nothing for an empty body."""

    def __init__(self, status: str, body: template.base.NodeList) -> None:
        self.status, self.body = status, body

    def render(self, context: template.Context) -> str:
        """A fence with JSON that is easy to read."""
        text = self.body.render(context).strip()
        language, shown = ("json", calls.notation(notation.loads(text))) if text else ("text", "(empty)")
        return f"```{language} {self.status}\n{shown}\n```\n"


def _fence(language: str, index: int) -> str:
    return f"```{language} also" if index else f"```{language}"


@register.tag("call")
def call(parser: template.base.Parser, token: template.base.Token) -> Example:
    """Reads `{% call METHOD url… %}`; the parts of the URL are put together."""
    _, method, *url = token.split_contents()
    body = parser.parse(("endcall",))
    parser.delete_first_token()
    return Example(method, [parser.compile_filter(part) for part in url], body)


@register.tag("answer")
def answer(parser: template.base.Parser, token: template.base.Token) -> Answer:
    """Reads `{% answer STATUS %}`."""
    _, status = token.split_contents()
    body = parser.parse(("endanswer",))
    parser.delete_first_token()
    return Answer(status, body)


@register.filter
def json(value: Any) -> str:
    """A value as JSON."""
    return notation.dumps(value, ensure_ascii=False)


@register.filter
def code(name: Any) -> str:
    """A name in backticks, whatever is in it, also in a table."""
    text = str(name).replace("|", r"\|")
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    edge = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{ticks}{edge}{text}{edge}{ticks}"


@register.filter
def plain(name: Any) -> str:
    """A name in a sentence: nothing in it is Markdown."""
    return _MARKS.sub(r"\\\1", str(name))


@register.simple_tag
def section(title: str) -> str:
    """A section of `docs/api.md`."""
    return documents.section(title)


@register.simple_tag
def tables(title: str) -> str:
    """The tables of a section of `docs/api.md`."""
    return documents.tables(title)
