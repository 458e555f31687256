"""One HTTP request, written down in the languages that readers use. Pure: a `Call` in, a program's text out.

A text may have `$NAME` of `VARIABLES` in it, which the program takes from its environment: no example has a secret.
JSON is never searched for them, since it may have names and values of a reader's own.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode

VARIABLES = ("TOKEN", "CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_ID", "WEBHOOK_USER", "WEBHOOK_PASSWORD")
_VARIABLE = re.compile(rf"\$({'|'.join(VARIABLES)})\b")
#: What means something within double quotes of a shell.
_SPECIAL = re.compile(rf"""(["\\`]|\$(?!(?:{"|".join(VARIABLES)})\b))""")
_BARE = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
#: What an address needs no encoding for in a form, besides what `_BARE` has.
_PLAIN = re.compile(r"[\w@:,./-]*", re.ASCII)
#: Characters of a dictionary on one line, at most.
_WIDTH = 64


@dataclass(frozen=True)
class Call:
    """What is sent where. At most one of `form`, `json` and `lines` is the body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    json: Any = None
    #: Records of an NDJSON body.
    lines: list[Any] | None = None
    #: User and password of HTTP Basic.
    user: str | None = None
    #: Whether the answer will be a refusal, which some languages treat as an exception.
    refused: bool = False


def of(method: str, url: str, told: Mapping[str, Any]) -> Call:
    """The call that a page describes: `told` may have `query`, `token` (false: none), and the parts of a `Call`."""
    parts = dict(told)
    query, token = parts.pop("query", None), parts.pop("token", "user" not in told)
    headers = {"Authorization": "Bearer $TOKEN"} if token else {}
    if "json" in parts:
        headers["Content-Type"] = "application/json"
    if "lines" in parts:
        headers["Content-Type"] = "application/x-ndjson"
    url += "?" + urlencode(query, safe="@:,$") if query else ""
    return Call(method, url, **{**parts, "headers": headers | parts.get("headers", {})})


def curl(call: Call) -> str:
    """A line for a shell."""
    body = call.form is not None or call.json is not None or call.lines is not None
    method = "" if call.method == ("POST" if body else "GET") else f"-X {call.method} "
    words = [f"curl {method}{_shell(call.url)}"]
    if call.user is not None:
        words.append(f"-u {_shell(call.user)}")
    words += (f"-H {_shell(f'{name}: {text}')}" for name, text in call.headers.items())
    words += (_pair(name, text) for name, text in (call.form or {}).items())
    if call.json is not None:
        words.append(f"-d {shlex.quote(_notation.value(call.json, 2))}")
    if call.lines is not None:
        lines = "\n".join(json.dumps(line, ensure_ascii=False) for line in call.lines)
        words.append(f"--data-binary {shlex.quote(lines)}")
    return " \\\n  ".join(words)


def python(call: Call) -> str:
    """A program for Python's standard library."""
    given = [_python.text(call.url)]
    if call.method != "GET":
        given.append(f'method="{call.method}"')
    headers = dict(call.headers)
    pairs = [f"{_python.text(name)}: {_python.text(text)}" for name, text in headers.items()]
    if call.user is not None:
        pairs.append(f'"Authorization": "Basic " + b64encode({_python.text(call.user)}.encode()).decode()')
    if pairs:
        given.append("headers={\n        " + ",\n        ".join(pairs) + ",\n    }")
    body = _python_body(call)
    given += [f"data={body}.encode()"] if body else []
    request = "request = Request(\n    " + ",\n    ".join(given) + ",\n)\n"
    return "\n".join([*_python_imports(call, request), "", request + (_CAREFUL if call.refused else _TRUSTING)])


_TRUSTING = """\
with urlopen(request) as answer:
    print(answer.status, answer.read().decode())"""
_CAREFUL = """\
try:
    answer = urlopen(request)
except HTTPError as refusal:
    answer = refusal
print(answer.status, answer.read().decode())"""


def _python_imports(call: Call, request: str) -> list[str]:
    lines = [
        ("b64encode", "from base64 import b64encode"),
        ("json.dumps", "import json"),
        ("os.environ", "import os"),
        ("urlencode", "from urllib.parse import urlencode"),
    ]
    found = [line for word, line in lines if word in request]
    error = ["from urllib.error import HTTPError"] if call.refused else []
    ordered = sorted(found + error, key=lambda line: (line.startswith("from"), line))
    return [*ordered, "from urllib.request import Request, urlopen"]


def _python_body(call: Call) -> str:
    if call.form is not None:
        return f"urlencode({_python.value(call.form, 4)})"
    if call.json is not None:
        return f"json.dumps({_python.plain.value(call.json, 4)})"
    if call.lines is not None:
        return f'"\\n".join(map(json.dumps, {_python.plain.value(call.lines, 4)}))'
    return ""


def javascript(call: Call) -> str:
    """A program for Node.js, or any browser that the service would let."""
    given = [] if call.method == "GET" else [f'method: "{call.method}"']
    pairs = [f"{_name(name)}: {_javascript.text(text)}" for name, text in call.headers.items()]
    if call.user is not None:
        pairs.append(f'Authorization: "Basic " + btoa({_javascript.text(call.user)})')
    if pairs:
        given.append("headers: {\n    " + ",\n    ".join(pairs) + ",\n  }")
    if call.form is not None:
        given.append(f"body: new URLSearchParams({_javascript.value(call.form, 2)})")
    if call.json is not None:
        given.append(f"body: JSON.stringify({_javascript.plain.value(call.json, 2)})")
    if call.lines is not None:
        records = _javascript.plain.value(call.lines, 2)
        given.append(f'body: {records}.map((record) => JSON.stringify(record)).join("\\n")')
    options = ", {\n  " + ",\n  ".join(given) + ",\n}" if given else ""
    return f"const answer = await fetch({_javascript.text(call.url)}{options});\n{_READ}"


_READ = "console.log(answer.status, await answer.text());"


def php(call: Call) -> str:
    """A program for PHP with its cURL extension."""
    given = [] if call.method == "GET" else [f"CURLOPT_CUSTOMREQUEST => '{call.method}'"]
    if call.user is not None:
        given.append(f"CURLOPT_USERPWD => {_php.text(call.user)}")
    if call.headers:
        lines = ",\n        ".join(_php.text(f"{name}: {text}") for name, text in call.headers.items())
        given.append(f"CURLOPT_HTTPHEADER => [\n        {lines},\n    ]")
    if call.form is not None:
        given.append(f"CURLOPT_POSTFIELDS => http_build_query({_php.value(call.form, 4)})")
    if call.json is not None:
        given.append(f"CURLOPT_POSTFIELDS => json_encode({_php.plain.value(call.json, 4)})")
    if call.lines is not None:
        given.append(
            f"CURLOPT_POSTFIELDS => implode(\"\\n\", array_map('json_encode', {_php.plain.value(call.lines, 4)}))"
        )
    given.append("CURLOPT_RETURNTRANSFER => true")
    options = ",\n    ".join(given)
    return (
        f"<?php\n$call = curl_init({_php.text(call.url)});\ncurl_setopt_array($call, [\n    {options},\n]);\n"
        "$body = curl_exec($call);\necho curl_getinfo($call, CURLINFO_RESPONSE_CODE), ' ', $body, PHP_EOL;"
    )


#: Language of a fence -> what writes it; the first is what is shown where nobody has chosen.
LANGUAGES: dict[str, Callable[[Call], str]] = {"sh": curl, "python": python, "js": javascript, "php": php}


class Style(NamedTuple):
    """How a language writes values down."""

    #: A text, with the variables in it.
    text: Callable[[str], str]
    #: A text as it is.
    quoted: Callable[[str], str]
    key: Callable[[str], str]
    pair: str
    brackets: str
    #: True, false, nothing.
    constants: tuple[str, str, str]
    step: int
    #: What stands behind the last part of a block.
    end: str = ","

    @property
    def plain(self) -> Style:
        """The same without variables."""
        return self._replace(text=self.quoted)

    def value(self, value: Any, indent: int) -> str:
        """What JSON has, as a literal; dictionaries that are long are broken into lines."""
        if isinstance(value, Mapping):
            pairs = [f"{self.key(name)}{self.pair}{self._inner(each, indent)}" for name, each in value.items()]
            return self._block(self.brackets, pairs, indent)
        if isinstance(value, list):
            return self._block("[]", [self._inner(each, indent) for each in value], indent)
        if value is None or isinstance(value, bool):
            return self.constants[2 if value is None else int(not value)]
        return self.text(value) if isinstance(value, str) else json.dumps(value)

    def _inner(self, value: Any, indent: int) -> str:
        return self.value(value, indent + self.step)

    def _block(self, brackets: str, parts: list[str], indent: int) -> str:
        line = brackets[0] + ", ".join(parts) + brackets[1]
        if "\n" not in line and len(line) <= _WIDTH:
            return line
        deeper = " " * (indent + self.step)
        lines = ",\n".join(deeper + part for part in parts)
        return f"{brackets[0]}\n{lines}{self.end}\n{' ' * indent}{brackets[1]}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _python_text(text: str) -> str:
    if not _VARIABLE.search(text):
        return _quoted(text)
    inside = _quoted(text.replace("{", "{{").replace("}", "}}"))
    alone = _VARIABLE.fullmatch(text)
    return f'os.environ["{alone[1]}"]' if alone else "f" + _VARIABLE.sub(r"{os.environ['\1']}", inside)


def _javascript_text(text: str) -> str:
    if not _VARIABLE.search(text):
        return _quoted(text)
    alone = _VARIABLE.fullmatch(text)
    if alone:
        return f"process.env.{alone[1]}"
    inside = text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    return "`" + _VARIABLE.sub(r"${process.env.\1}", inside) + "`"


def _php_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _php_text(text: str) -> str:
    quoted = _php_quoted(text)
    joined = _VARIABLE.sub(r"' . getenv('\1') . '", quoted)
    return joined.removeprefix("'' . ").removesuffix(" . ''") if joined != quoted else quoted


def _name(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII) else _quoted(text)


_python = Style(_python_text, _quoted, _quoted, ": ", "{}", ("True", "False", "None"), 4)
_javascript = Style(_javascript_text, _quoted, _name, ": ", "{}", ("true", "false", "null"), 2)
_php = Style(_php_text, _php_quoted, _php_quoted, " => ", "[]", ("true", "false", "null"), 4)
_notation = Style(_quoted, _quoted, _quoted, ": ", "{}", ("true", "false", "null"), 2, "")


def notation(value: Any) -> str:
    """JSON for people."""
    return _notation.value(value, 0)


def _pair(name: str, text: str) -> str:
    """A field of a form; cURL encodes what stands behind the first `=`, not what stands before it."""
    key = quote_plus(name, safe="[]")
    plain = _PLAIN.fullmatch(text) or _VARIABLE.fullmatch(text)
    return f"{'-d' if plain else '--data-urlencode'} {_shell(f'{key}={text}')}"


def _shell(text: str) -> str:
    """A word for a shell: bare where it can be, in double quotes with a variable in it or where nothing is special."""
    if _BARE.fullmatch(text):
        return text
    if _VARIABLE.search(text):
        return '"' + _SPECIAL.sub(r"\\\1", text) + '"'
    return shlex.quote(text) if re.search(r"""["\\`$!]""", text) else f'"{text}"'
