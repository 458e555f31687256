"""The documentation says what the code says: settings, sentences, commands, paths, limits, examples, links."""

from __future__ import annotations

import ast
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import pytest
from django.apps import apps

from rapport.cli.main import main
from rapport.cli.welcome import welcome
from rapport.configurations.defaults import NAMES
from rapport.connected_apps.scopes import SCOPES
from rapport.console.api import openapi
from rapport.directory.representation import CONTACT_ATTRIBUTES, CONTACT_FIELDS
from rapport.groups import ids
from rapport.ingest import batch, doors, http, line
from rapport.members.apps import FIRST_ADMIN
from rapport.records.errors import SENTENCES
from rapport.records.fields import TEXT_LIMIT
from rapport.records.mapping import FIELDS_LIMIT
from rapport.records.types import ALL
from rapport.settings import Settings
from tests.records.shelves import Shelves

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/**/*.md"))
README, API, COMMANDS = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/api.md", "docs/commands.md")
)
DECISIONS = sorted(ROOT.glob("docs/decisions/*.md"))
ORIGIN = dict.fromkeys(("auth", "records", "api"), "http://127.0.0.1:8000")

#: Modules whose sentences callers can get.
SPEAKERS = [
    *SOURCE.glob("rapport/ingest/*.py"),
    *(SOURCE / "rapport" / name for name in ("records/wire.py", "directory/parameters.py", "configurations/errors.py")),
    *(SOURCE / "rapport/configurations" / name for name in ("edits.py", "drafts.py")),
    *(SOURCE / "rapport/tenants" / name for name in ("answers.py", "bodies.py", "query.py")),
]
#: Settings of PostgreSQL, which look like names of the code.
LOCAL_SETTINGS = {"rapport.tenant_id", "rapport.user_id"}
#: In which a capital letter and a full stop make no answer.
SILENT = {"metrics.py", "queue.py"}


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def spans(page: str) -> list[str]:
    """What stands in backticks outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL))


def table(page: str, head: str) -> list[list[str]]:
    """The cells of the table that begins with the line `head`."""
    lines = page.split(head + "\n", 1)[1].splitlines()[1:]
    rows = lines[: next(number for number, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


# What is listed.


def test_every_setting_is_explained():
    rows = table((ROOT / "docs/settings.md").read_text(encoding="utf-8"), "| variable | default | what it is |")

    assert {row[0] for row in rows} == {f"`RAPPORT_{field.name.upper()}`" for field in fields(Settings)}


def test_every_sentence_of_a_422_is_listed():
    right = [[f"`{code}`", sentence] for code, sentence in SENTENCES.items()]

    assert table(API, "| code | sentence |") == right, "\n".join("| " + " | ".join(row) + " |" for row in right)


@pytest.mark.parametrize("path", [path for path in SPEAKERS if path.name not in SILENT], ids=named)
def test_every_other_sentence_is_listed(path):
    told = " ".join(API.split())

    assert [pattern for pattern in sentences(path) if not re.search(pattern, told)] == []


def sentences(path: Path) -> Iterator[str]:
    """A pattern for each sentence in a module that is neither a docstring nor for the log."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ignored: set[ast.AST] = set()
    for node in ast.walk(tree):
        explains = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        logs = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")
        if explains or logs or isinstance(node, ast.JoinedStr):
            ignored.update(child for child in ast.walk(node) if isinstance(child, ast.Constant))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in ignored:
            text = [node.value]
        else:
            continue
        if re.fullmatch(r"[A-Z].*\.", "".join(part or "…" for part in text)):
            yield "".join(".+?" if part is None else re.escape(part) for part in text)


def commands(group: click.Group, path: str = "rapport") -> Iterator[tuple[str, click.Command]]:
    """Every command that can be run, with its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        if not command.hidden and not getattr(command, "no_args_is_help", False):
            yield f"{path} {name}", command


@pytest.mark.parametrize(("words", "command"), [pytest.param(*found, id=found[0]) for found in commands(main)])
def test_every_command_is_listed_with_its_options(words, command):
    rows = {re.sub(r" [A-Z_]+`$", "`", row[0]): row[1] for row in table(COMMANDS, "| command | what it does |")}
    common = COMMANDS.rpartition("\n|")[2]
    options = [max(option.opts) for option in command.params if isinstance(option, click.Option)]

    assert [option for option in options if option not in rows[f"`{words}`"] + common] == []


def test_no_command_is_listed_that_is_not_there():
    words = {span.partition("`")[0] for span in re.findall(r"^\| `(.+?)(?: [A-Z_]+)?` \|", COMMANDS, re.MULTILINE)}

    assert words == {found for found, _ in commands(main)}


def test_every_path_parameter_and_status_is_explained():
    missing = []
    for path, item in openapi.generate(ORIGIN)["paths"].items():
        for method, operation in item.items():
            if method != "servers":
                names = (parameter["name"] for parameter in operation.get("parameters", []))
                missing += [name for name in names if f"`{name}" not in API]
                missing += [status for status in operation["responses"] if not re.search(rf"\b{status}\b", API)]
        missing += [path] if not re.search(rf"[` ]{re.escape(path)}(?!\w)", API) else []

    assert missing == []


def test_every_scope_is_explained():
    rows = dict(table(API, "| scope | allows |"))

    assert [scope.strip("`") for scope in rows] == list(SCOPES)
    assert all(rows[f"`{scope}`"].startswith(allows) for scope, allows in SCOPES.items())


@pytest.mark.parametrize("data_type", NAMES)
def test_the_headings_of_a_default_configuration_are_listed(data_type):
    rows = table(API.partition(f"\n`{data_type}`\n")[2], "| heading | takes | at most |")

    assert rows == [[field.label, field.type.name, f"{field.type.limit} characters"] for field in ALL[data_type].fields]


def test_limits_are_those_of_the_code():
    kib = 1024
    limits = dict(table(API, "| what | at most |"))

    assert {what: limit.partition(",")[0] if "characters" in limit else limit for what, limit in limits.items()} == {
        "a field": f"{TEXT_LIMIT} characters",
        "fields of a record": f"{FIELDS_LIMIT}",
        "the address of `/records` and `/records/batch`": f"{http.URL_LIMIT // kib} KiB",
        "the body of `/records`": f"{doors.BODY_LIMIT // kib**2} MiB",
        "the body of a batch": f"{batch.BODY_LIMIT // kib**2} MiB",
        "records of a batch": f"{batch.RECORDS_LIMIT:,}",
        "an `Idempotency-Key`": f"{doors.KEY_LIMIT} characters",
        "records that wait in one ingest process, of one tenant": f"{line.QUEUE_LIMIT:,}",
        "bytes of their requests": f"{line.QUEUE_BYTES // kib**2} MiB",
    }


# What is shown.


def test_the_readme_shows_what_a_first_start_prints():
    (shown,) = [block for block in blocks(README, "text") if block.startswith("Rapport serves on")]
    client_id, secret = (re.search(rf"Client {what} +(\S+)", shown)[1] for what in ("id", "secret"))
    link = re.search(r"Sign in +(\S+)", shown)[1]
    told = {"client_id": client_id, "client_secret": secret, "admin_email": FIRST_ADMIN, "sign_in_link": link}

    assert shown == welcome(Settings(), told)


@pytest.mark.parametrize("page", [README, API], ids=["README.md", "docs/api.md"])
def test_the_receipt_shown_is_one_that_the_engine_writes(page):
    shown = next(example for example in examples(page) if "outcome" in example)
    shelves = Shelves()
    shelves.send({"Email": "ada@example.com", "First Name": "Ada"})
    (receipt,) = shelves.send({"Email": "ada@example.com", "Job Title": "Analyst", "Frist Name": "Augusta"})

    assert UUID(shown["record"]).int % ids.LIMIT == 0
    receipt.record = shown["record"]
    assert without_ids(shown) == without_ids(receipt.as_json())


def test_the_faults_shown_are_those_that_the_engine_finds():
    shown = next(example for example in examples(API) if "errors" in example)
    (receipt,) = Shelves().send({"First Name": "Ada"})

    assert shown == {"message": "The given data was invalid.", "errors": receipt.errors}


def test_the_batch_shown_is_answered_so():
    shown = next(example for example in examples(API) if "results" in example)
    (call,) = [block for block in blocks(API, "sh") if "/records/batch" in block]
    receipts = Shelves().send(*(json.loads(line) for line in re.findall(r"'(\{.*?\})'", call)))

    assert UUID(shown["request"]).int % ids.LIMIT == 0
    receipts[0].record = shown["request"]
    assert shown == json.loads(b"".join(batch._render(receipts, dry_run=False))) | {"results": shown["results"]}
    assert [(result["outcome"], result.get("errors", {})) for result in shown["results"]] == [
        (receipt.outcome, receipt.errors) for receipt in receipts
    ]


@pytest.mark.parametrize("page", [README, API], ids=["README.md", "docs/api.md"])
def test_the_contact_shown_has_every_field(page):
    (found,) = re.findall(r'^\{"data":.*$', page, re.MULTILINE)
    (contact,) = json.loads(found)["data"]

    assert list(contact) == [
        "id",
        *CONTACT_FIELDS,
        *CONTACT_ATTRIBUTES,
        "account",
        "attributes",
        "created_at",
        "updated_at",
    ]


def examples(page: str) -> list[dict[str, Any]]:
    return [json.loads(block) for block in blocks(page, "json")]


def without_ids(receipt: dict[str, Any]) -> Any:
    """As the wire has it, where pairs are lists and ids differ."""
    plain = json.loads(json.dumps(receipt, default=str))
    return plain | {"objects": [touched | {"id": None} for touched in plain["objects"]]}


# What is named.


def test_the_architecture_names_every_table():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    said = [name for first, _ in table(page, "| table | one row is |") for name in spans(first)]
    ours = {model._meta.db_table for model in apps.get_models() if model.__module__.startswith("rapport.")}

    assert sorted(said) == sorted(ours)


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_link_leads_somewhere(path):
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("https://", "http://")):
            file, _, anchor = target.partition("#")
            goal = path.parent / file if file else path
            if not goal.exists() or (anchor and anchor not in anchors(goal)):
                dead.append(target)

    assert dead == []


def anchors(path: Path) -> set[str]:
    """The names by which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_file_and_name_of_the_code_is_there(path):
    said = spans(path.read_text(encoding="utf-8"))
    files = [span for span in said if re.fullmatch(r"\.?[\w/-]+\.(py|sql|md|toml|in)|(tests|src|docs)/[\w/.-]*", span)]
    names = [span.partition("(")[0] for span in said if re.fullmatch(r"rapport(\.\w+)+(\(.*\))?", span)]
    roots = (ROOT, SOURCE, SOURCE / "rapport", SOURCE / "rapport/tenants")

    assert [file for file in files if not any((root / file).exists() for root in roots)] == []
    assert [name for name in names if name not in LOCAL_SETTINGS and not resolves(name)] == []


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_target_of_make_is_there(path):
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    shown = spans(text) + [line for block in blocks(text, "sh") for line in block.splitlines()]

    assert {word for line in shown for word in re.findall(r"^make (\w+)", line)} <= targets


@pytest.mark.parametrize("path", DECISIONS, ids=named)
def test_a_decision_is_short_and_complete(path):
    text = path.read_text(encoding="utf-8")
    number = int(path.name.partition("-")[0])

    assert number == DECISIONS.index(path) + 1
    assert len(text.splitlines()) <= 40
    assert text.startswith(f"# {number}. ")
    assert all(f"\n## {part}\n" in text for part in ("Context", "Decision", "Consequences"))
    assert "\nHeld by" in text
