"""`rapport configurations`: import configurations as files, to be kept in git; their drafts and versions."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import tomli_w

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, printable, tenant_slug, write_json, write_rows
from rapport.tenants.actors import COMMAND

if TYPE_CHECKING:
    from rapport.configurations.models import Configuration


_comment = click.option("--comment", metavar="TEXT", help="Why; kept with the version.")


@click.group()
def configurations() -> None:
    """Import configurations: which heading fills which field."""


@configurations.command(name="list")
@tenant_slug
@as_json
def list_(tenant_slug: str | None, as_json: bool) -> None:
    """List the configurations, oldest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.configurations.files import listed

        columns = ("reference", "name", "kind", "data_type", "active", "version", "updated_at")
        write_rows(listed(tenant), columns, as_json=as_json)


@configurations.command()
@click.option("--reference", metavar="R", help="Only this one; by default all but the defaults.")
@tenant_slug
def export(reference: str | None, tenant_slug: str | None) -> None:
    """Print configurations as TOML, as `apply` takes them."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.configurations.files import export as content

        click.echo(tomli_w.dumps(content(tenant, reference)), nl=False)


@configurations.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--draft", is_flag=True, help="Make drafts, to be rehearsed and published, of configurations there are.")
@_comment
@tenant_slug
@as_json
def apply(file: Path, tenant_slug: str | None, as_json: bool, **options: Any) -> None:
    """Bring configurations to what FILE says, all of it or nothing; others stay as they are."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} is no TOML in UTF-8: {error}.") from None
    with tenant_named(tenant_slug) as tenant:
        from rapport.configurations.files import apply as bring

        for done in bring(tenant, content, **options):
            if as_json:
                write_json(asdict(done))
            else:
                what = f": {', '.join(done.changed)}" if done.changed else ""
                click.echo(f"{done.outcome:<9}  {done.reference}  {done.name}{what}")


@configurations.command()
@click.argument("reference")
@tenant_slug
@as_json
def versions(reference: str, tenant_slug: str | None, as_json: bool) -> None:
    """List the versions of the configuration REFERENCE, newest first: who made each, when, why, and what it changed."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.configurations.changes import versions as listed

        for edit in listed(tenant, reference):
            if as_json:
                write_json(asdict(edit) | {"differences": [each._asdict() for each in edit.differences]})
                continue
            why = f": {edit.comment}" if edit.comment else ""
            click.echo(printable(f"{edit.version}  {edit.at:%Y-%m-%d %H:%M} UTC  {edit.actor} {edit.act}{why}"))
            for each in edit.differences:
                click.echo(printable(f"     {each.what}: {_value(each.old)} -> {_value(each.new)}"))


@configurations.command()
@click.argument("reference")
@tenant_slug
@as_json
def rehearse(reference: str, tenant_slug: str | None, as_json: bool) -> None:
    """Say what the draft of the configuration REFERENCE would make of its last 1,000 records; nothing is written."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.configurations.rehearsing import rehearse as look

        told = look(tenant, reference).as_json()
    if as_json:
        write_json(told)
        return
    _tell(told)


@configurations.command()
@click.argument("reference")
@_comment
@tenant_slug
def publish(reference: str, comment: str | None, tenant_slug: str | None) -> None:
    """Give callers what the draft of the configuration REFERENCE says, within two seconds."""
    with _editing(tenant_slug, reference) as row:
        from rapport.configurations import drafts

        drafts.publish(row, COMMAND, comment)
    click.echo(f"{reference} is at version {row.version}.")


@configurations.command()
@click.argument("reference")
@click.argument("version", type=click.IntRange(1, 999_999_999))
@click.option("--publish", is_flag=True, help="At once, instead of making a draft to be rehearsed and published.")
@_comment
@tenant_slug
def restore(reference: str, version: int, publish: bool, comment: str | None, tenant_slug: str | None) -> None:
    """Go back to what the configuration REFERENCE was at VERSION: as a draft, or at once."""
    with _editing(tenant_slug, reference) as row:
        from rapport.configurations import drafts

        (drafts.go_back_to if publish else drafts.back_to)(row, COMMAND, version, comment)
    done = f"is at version {row.version}" if publish else "has a draft"
    click.echo(f"{reference} {done}, like version {version}.")


@configurations.command()
@click.argument("reference")
@tenant_slug
def discard(reference: str, tenant_slug: str | None) -> None:
    """Delete the draft of the configuration REFERENCE."""
    with _editing(tenant_slug, reference) as row:
        from rapport.configurations import drafts

        drafts.discard(row, COMMAND)
    click.echo(f"{reference} has no draft any more.")


@contextmanager
def _editing(slug: str | None, reference: str) -> Iterator[Configuration]:
    """A configuration that nobody else edits meanwhile."""
    with tenant_named(slug) as tenant:
        from rapport.configurations import edits
        from rapport.configurations.locks import editing

        with editing(tenant) as tenant_id:
            yield edits.find(tenant_id, reference)


def _tell(told: Mapping[str, Any]) -> None:
    """A rehearsal in lines."""
    span = f", from {told['from']} to {told['to']}" if told["records"] else ""
    click.echo(f"{told['records']:,} records{span}{'; more could not be found in time' * told['cut_short']}.")
    for name in ("newly_failing", "newly_passing"):
        click.echo(f"{told[name]['count']:,} {name.replace('_', ' ')}")
        for example in told[name]["examples"]:
            said = " ".join(text for texts in example["errors"].values() for text in texts)
            click.echo(printable(f"     {example['record']}: {said}"))
    for name in ("values_gained", "values_lost", "values_changed"):
        _list(name, [(each["label"], each["count"], each["example"]) for each in told[name]])
    for name in ("headings_no_longer_used", "headings_newly_used"):
        _list(name, [(f"{each['heading']} ({each['label']})", each["count"], None) for each in told[name]])


def _list(name: str, lines: Sequence[tuple[str, int, Any]]) -> None:
    if lines:
        click.echo(f"{name.replace('_', ' ')}:")
    for what, count, example in lines:
        such = f", such as {_value(example['old'])} -> {_value(example['new'])}" if example else ""
        click.echo(printable(f"     {what}: {count:,} records{such}"))


def _value(value: Any) -> str:
    return "nothing" if value is None else "cleared" if value == "" else str(value)
