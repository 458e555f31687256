"""Imports point in one direction only (architecture, "Rooms and their direction"); ingest never loads Django.

The apps are a ladder: each may import those before it, and groups, db and records. ingest -> groups -> db -> records;
settings, process, hosts, credentials and the client import nothing of ours. pytest_plugin -> testing -> client, and
testing -> db for the PostgreSQL that it throws away.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

import rapport
from tests.ingest.serving import serving

if TYPE_CHECKING:
    from tests.conftest import Database

ROOT = Path(rapport.__file__).parent
#: The Django apps. None imports one behind it; a new one takes its place here.
LADDER = (
    "tenants",
    "history",
    "surveys",
    "members",
    "configurations",
    "connected_apps",
    "directory",
    "feedback",
    "campaigns",
    "imports",
    "evidence",
    "handbook",
    "console",
)
#: Importable by every room: they import nothing of ours.
GROUND = {"settings", "process", "hosts", "credentials"}
#: Room -> the rooms that it may import besides itself and the ground.
ROOMS: dict[str, set[str]] = {
    "records": set(),
    "db": {"records"},
    "groups": {"records", "db"},
    "ingest": {"records", "db", "groups"},
    "sender": {"records", "db", "groups", *LADDER[: LADDER.index("campaigns") + 1]},
    "testing": {"client", "db"},
    "pytest_plugin": {"testing"},
    **{app: {"records", "db", "groups", *LADDER[:place]} for place, app in enumerate(LADDER)},
}
#: What others install and import: nothing of ours, not even the ground.
ALONE = {"client"}
#: The command line, from where everything may be imported.
TOP = {"cli", "__main__"}
#: Rooms that must not know Django.
WITHOUT_DJANGO = {"records", "db", "groups", "ingest", "testing", "pytest_plugin", *ALONE, *GROUND}
#: What modules and folders of apps may not be called: `pages/` is HTML, `api/` is JSON, `urls.py` has their addresses.
OTHER_NAMES = re.compile(r"(.+_)?(views?|endpoints?|handlers?|routes?)|page|.+_(pages?|api|urls)")


def rooms() -> set[str]:
    """The folders and modules of the package, by name."""
    return {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()} - {
        "__init__"
    }


def allowed(room: str) -> set[str]:
    """The rooms that a room may import."""
    if room in TOP:
        return rooms()
    return {room} if room in GROUND | ALONE else ROOMS[room] | {room} | GROUND


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a module imports, wherever in it."""
    package = ".".join(("rapport", *path.relative_to(ROOT).parts[:-1]))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
            yield from ((node.lineno, f"{origin}.{name.name}") for name in node.names)


def faults() -> Iterator[str]:
    """Each import that points upward, with its line."""
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT)
        room = place.parts[0].removesuffix(".py")
        if room == "__init__":
            room = "settings"
        for line, name in imports(path):
            top, _, rest = name.partition(".")
            target = rest.partition(".")[0]
            if top == "rapport" and target in rooms() and target not in allowed(room):
                yield f"{place}:{line} imports {name}: {room} may not know {target}"
            if top == "django" and room in WITHOUT_DJANGO:
                yield f"{place}:{line} imports {name}: {room} may not know Django"


def test_no_import_points_upward() -> None:
    assert "\n".join(faults()) == ""


def test_the_engine_does_no_input_or_output() -> None:
    """Pure: no clock, no files, no network, no random numbers, no driver."""
    forbidden = re.compile(r"(asyncio|os|io|pathlib|socket|time|random|secrets|subprocess|asyncpg|psycopg|logging)\b")
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted((ROOT / "records").rglob("*.py"))
        for line, name in imports(path)
        if forbidden.match(name)
    ]
    assert found == []


def test_every_room_has_its_place() -> None:
    assert rooms() == {*ROOMS, *TOP, *GROUND, *ALONE}


def test_the_architecture_shows_the_ladder() -> None:
    page = (ROOT.parents[1] / "docs/architecture.md").read_text(encoding="utf-8")
    _, picture, rest = page.split("## Rooms and their direction")[1].split("```", 2)
    steps = [line.split()[0] for line in picture.splitlines() if line.split()[:1] != [] and line.split()[0] in LADDER]
    assert steps == list(reversed(LADDER))
    table = rest.split("##")[0]
    assert [room for room in rooms() - {"__main__"} if not re.search(rf"`{room}(/|\.py)`", table)] == []


def test_the_apps_are_installed_in_the_order_of_the_ladder() -> None:
    ours = [name.removeprefix("rapport.") for name in settings.INSTALLED_APPS if name.startswith("rapport.")]
    assert ours == list(LADDER)


def test_pages_and_api_are_the_only_words_for_what_answers() -> None:
    """Where their views are is seen in `tests/console/test_routes.py`."""
    found = [path for app in LADDER for path in (ROOT / app).rglob("*") if OTHER_NAMES.fullmatch(path.stem)]
    assert [str(path.relative_to(ROOT)) for path in found if path.suffix in ("", ".py")] == []
    assert all((path / "__init__.py").exists() for name in ("pages", "api") for path in ROOT.glob(f"*/{name}"))


def loaded_by(module: str) -> set[str]:
    """The full names of all that is loaded with a module."""
    code = f"import sys, {module}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_importing_ingest_loads_no_django() -> None:
    loaded = {name.partition(".")[0] for name in loaded_by("rapport.ingest.app")}
    assert "asyncpg" in loaded
    assert not {"django", "psycopg", "procrastinate"} & loaded


def test_importing_the_client_loads_nothing_else_of_ours() -> None:
    ours = {name for name in loaded_by("rapport.client") if name.startswith("rapport.")}
    assert {name for name in ours if not name.startswith("rapport.client")} == set()


def test_the_plugin_of_pytest_loads_nothing_before_it_is_asked() -> None:
    loaded = loaded_by("rapport.pytest_plugin")
    assert {name for name in loaded if name.startswith("rapport.")} == {"rapport.pytest_plugin"}
    assert not {"httpx2", "psycopg"} & loaded


def test_a_running_worker_has_loaded_no_django(database: Database, tmp_path: Path) -> None:
    """Python is asked to name each module as it is loaded, in every process of the service."""
    with serving(database, tmp_path, workers=1, PYTHONVERBOSE="1") as server:
        assert server.status("/readyz") == 200
        assert server.status("/records") == 405
        assert server.workers()
    loaded = set(re.findall(r"^import '?([\w.]+)", server.said(), re.MULTILINE))
    assert "rapport.ingest.app" in loaded
    assert {name for name in loaded if re.match(r"(django|psycopg_pool|procrastinate)\b", name)} == set()
