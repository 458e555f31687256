"""The examples of a page: what they are, how each language is run, and what of an answer may differ."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

#: Language -> the command that takes a program on standard input. What is not on this machine is left out.
COMMANDS = {
    language: command
    for language, command in {
        "sh": ["bash", "-s"],
        "python": [sys.executable, "-I", "-"],
        "js": ["node", "--input-type=module", "-"],
        "php": ["php"],
    }.items()
    if shutil.which(command[0])
}
#: cURL says the status behind the body, without a word of it in the example.
CURLRC = 'silent\nshow-error\nwrite-out = " %{http_code}"\n'
SECONDS = 60
_MASKS = {
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"): "ID",
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"): "TIME",
    re.compile(r"rt_[0-9a-z]+_[\w-]{20,}"): "TOKEN",
}


@dataclass
class Example:
    """One request in every language, and what the page says it is answered with."""

    programs: dict[str, str]
    #: 0 where the page does not say.
    status: int = 0
    body: str = ""
    #: Where it stands, for people.
    title: str = field(default="")


def examples(page: str) -> list[Example]:
    """The examples of a page in Markdown, in their order."""
    found: list[Example] = []
    title, tokens = "", MarkdownIt("commonmark").enable("table").parse(page)
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            title = tokens[place + 1].content
        if token.type != "fence":
            continue
        language, *words = token.info.split()
        status = next((int(word) for word in words if word.isdigit()), None)
        if status is not None:
            found[-1].status, found[-1].body = status, token.content
        elif found and language != "sh" and tokens[place - 1].type == "fence":  # the same in another language
            found[-1].programs[language] = token.content
        elif language == "sh" and token.content.startswith("curl"):
            found.append(Example({language: token.content}, title=title))
    return found


def run(language: str, program: str, environment: Mapping[str, str], place: Path) -> tuple[int, str]:
    """Status and body of the answer that a program was given and told."""
    (place / ".curlrc").write_text(CURLRC)
    known = {"PATH": os.environ["PATH"], "CURL_HOME": str(place), "HOME": str(place)}
    done = subprocess.run(
        COMMANDS[language],
        input=program,
        env=known | dict(environment),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{program}\n{done.stderr}"
    told = done.stdout.strip()
    if language == "sh":
        body, _, status = told.rpartition(" ")
    else:
        status, _, body = told.partition(" ")
    return int(status), body.strip()


def masked(text: str) -> Any:
    """An answer without what is another one each time."""
    try:
        return _masked(json.loads(text))
    except ValueError:
        return "" if text.strip() == "(empty)" else text.strip().replace("\r", "")


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if name == "cursor" and value is not None:
        return "CURSOR"
    if isinstance(value, str):
        return next((mask for pattern, mask in _MASKS.items() if pattern.fullmatch(value)), value)
    return value
