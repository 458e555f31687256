"""`rapport campaigns`: what is being sent, and to whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

_id = click.argument("campaign", type=click.UUID)


@click.group()
def campaigns() -> None:
    """Campaigns: messages to contacts, sent once each."""


@campaigns.command(name="list")
@click.option("--mode", type=click.Choice(["manual", "automated"]), help="Only manual or only automated ones.")
@tenant_slug
@as_json
def list_(mode: str | None, tenant_slug: str | None, as_json: bool) -> None:
    """List the campaigns, oldest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.campaigns import representation
        from rapport.campaigns.models import Campaign
        from rapport.tenants.scope import tenant_scope

        zone = ZoneInfo(tenant.time_zone)
        with tenant_scope(tenant) as tenant_id:
            own = Campaign.objects.filter(tenant_id=tenant_id)
            rows = list((own.filter(mode=mode) if mode else own).order_by("id"))
            told = [representation.campaign(row, zone) for row in rows]
        write_rows(told, ("id", "name", "mode", "kind", "state", "counts", "reason"), as_json=as_json)


@campaigns.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@tenant_slug
@as_json
def create(file: Path, tenant_slug: str | None, as_json: bool) -> None:
    """Make a draft from FILE, the JSON that `POST /api/campaigns` takes."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.campaigns import drafts
        from rapport.tenants.actors import COMMAND
        from rapport.tenants.scope import tenant_scope

        try:
            given = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as fault:
            raise click.ClickException(f"{file} is no JSON: {fault}.") from None
        if not isinstance(given, dict):
            raise click.ClickException(f"{file} is no JSON object.")
        with tenant_scope(tenant) as tenant_id:
            row = drafts.create(tenant_id, COMMAND, given)
        write_json({"campaign": str(row.id)}) if as_json else click.echo(str(row.id))


@campaigns.command()
@_id
@tenant_slug
@as_json
def plan(campaign: UUID, tenant_slug: str | None, as_json: bool) -> None:
    """Choose the recipients of CAMPAIGN, and print the token that starts it within an hour.

    An automated one is rehearsed over the newest survey records; the token activates it.
    """
    with tenant_named(tenant_slug) as tenant:
        from rapport.campaigns import drafts, plans, representation
        from rapport.tenants.actors import COMMAND
        from rapport.tenants.scope import tenant_scope

        with tenant_scope(tenant) as tenant_id:
            told = representation.plan(plans.plan(drafts.find(tenant_id, campaign), COMMAND))
        if as_json:
            write_json(told)
            return
        skipped = ", ".join(f"{reason} {number}" for reason, number in told["skip"].items())
        click.echo(f"Chosen: {told['chosen']}\nSend:   {told['send']}\nSkip:   {skipped or 0}\nToken:  {told['plan']}")


@campaigns.command()
@_id
@click.option("--plan", "token", required=True, metavar="TOKEN", help="The token that the plan printed.")
@click.option("--at", type=click.DateTime(), help="Not before this moment, in the tenant's time zone.")
@tenant_slug
def start(campaign: UUID, token: str, at: Any, tenant_slug: str | None) -> None:
    """Start CAMPAIGN as it was planned, or activate it as it was rehearsed."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.campaigns import drafts, plans
        from rapport.tenants.actors import COMMAND
        from rapport.tenants.scope import tenant_scope

        moment = at and at.replace(tzinfo=ZoneInfo(tenant.time_zone))
        with tenant_scope(tenant) as tenant_id:
            plans.start(tenant_id, drafts.find(tenant_id, campaign), token, COMMAND, moment)


def _act(name: str, told: str) -> None:
    @campaigns.command(name=name, help=told)
    @_id
    @tenant_slug
    def command(campaign: UUID, tenant_slug: str | None) -> None:
        with tenant_named(tenant_slug) as tenant:
            from rapport.campaigns import acts, drafts
            from rapport.tenants.actors import COMMAND
            from rapport.tenants.scope import tenant_scope

            with tenant_scope(tenant) as tenant_id:
                getattr(acts, name)(drafts.find(tenant_id, campaign), COMMAND)


_act("pause", "Claim nothing more of CAMPAIGN until it is resumed.")
_act("resume", "Go on with CAMPAIGN.")
_act("cancel", "Send nothing more of CAMPAIGN, for good.")


@campaigns.command(name="send-again")
@_id
@click.option("--state", type=click.Choice(["in doubt", "failed"]), required=True, help="Which of them.")
@tenant_slug
@as_json
def send_again(campaign: UUID, state: str, tenant_slug: str | None, as_json: bool) -> None:
    """Queue those of CAMPAIGN that are in doubt, and may have got it, or those that failed again."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.campaigns import acts, drafts
        from rapport.tenants.actors import COMMAND
        from rapport.tenants.scope import tenant_scope

        with tenant_scope(tenant) as tenant_id:
            number = acts.send_again(drafts.find(tenant_id, campaign), COMMAND, state)
        write_json({"queued": number}) if as_json else click.echo(f"{number} are queued again.")


@campaigns.command()
@click.argument("domain")
@click.option("--selector", default="", help="The DKIM selector that the mail server signs with.")
@as_json
def domain(domain: str, selector: str, as_json: bool) -> None:
    """Look up what DOMAIN says of itself, and what receivers make of mails from it."""
    from rapport.campaigns import domains

    found = domains.look(domain, selector)
    write_rows([vars(each) for each in found], ("name", "state", "told", "record"), as_json=as_json)
    if not as_json:
        click.echo("\n" + "\n".join(domains.verdict(found)))


@campaigns.command()
@_id
@click.option("--state", metavar="STATE", help="Only those in this state.")
@tenant_slug
@as_json
def deliveries(campaign: UUID, state: str | None, tenant_slug: str | None, as_json: bool) -> None:
    """List the deliveries of CAMPAIGN, each with its reason."""
    with tenant_named(tenant_slug) as tenant:
        columns = ("address", "wave", "state", "reason", "tries", "updated_at")
        write_rows(_deliveries(tenant, campaign, state), columns, as_json=as_json)


def _deliveries(tenant: Tenant, campaign: UUID, state: str | None) -> Iterator[dict[str, Any]]:
    from rapport.campaigns import drafts, representation
    from rapport.campaigns.models import Delivery
    from rapport.tenants.scope import tenant_scope

    zone, last = ZoneInfo(tenant.time_zone), UUID(int=0)
    while True:
        with tenant_scope(tenant) as tenant_id:
            row = drafts.find(tenant_id, campaign)
            own = Delivery.objects.filter(tenant_id=tenant_id, campaign_id=row.id, id__gt=last).order_by("id")
            found = list((own.filter(state=state) if state else own)[:1000])
        if not found:
            return
        yield from (representation.delivery(each, row.sender_address, zone) for each in found)
        last = found[-1].id
