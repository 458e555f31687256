"""The `rapport` command. Exit status: 0 done, 1 refused (one sentence on standard error), 2 wrong usage."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import click

from rapport.cli.app import app
from rapport.cli.backup import backup, restore
from rapport.cli.campaigns import campaigns
from rapport.cli.configurations import configurations
from rapport.cli.directory import accounts, contacts
from rapport.cli.doctor import doctor
from rapport.cli.exports import export
from rapport.cli.history import changes, requests
from rapport.cli.imports import import_
from rapport.cli.migrate import migrate
from rapport.cli.replay import replay
from rapport.cli.segments import segments
from rapport.cli.sender import sender
from rapport.cli.serve import serve
from rapport.cli.suppressions import suppressions
from rapport.cli.surveys import surveys
from rapport.cli.tenant import tenant
from rapport.cli.twins import twins
from rapport.cli.undo import undo
from rapport.cli.unmapped import unmapped
from rapport.cli.user import user
from rapport.cli.watch import watch
from rapport.cli.webhook import webhook
from rapport.cli.worker import worker
from rapport.db.embedded import EmbeddedError
from rapport.settings import SettingsError


class _Commands(click.Group):
    """A group whose commands may raise our errors; each is one sentence already."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn a refusal into status 1."""
        try:
            return super().invoke(ctx)
        except (EmbeddedError, SettingsError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("rapport"), prog_name="rapport")
def main() -> None:
    """Take in records about accounts and contacts, and look after the service that does."""


for command in (
    serve,
    worker,
    sender,
    migrate,
    tenant,
    app,
    campaigns,
    configurations,
    contacts,
    accounts,
    import_,
    export,
    watch,
    changes,
    requests,
    replay,
    segments,
    suppressions,
    surveys,
    twins,
    undo,
    unmapped,
    user,
    webhook,
    backup,
    restore,
    doctor,
):
    main.add_command(command)
