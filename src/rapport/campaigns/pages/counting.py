"""How many contacts the recipients in a form mean now, while somebody chooses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.campaigns import choosing, recipients
from rapport.campaigns.errors import FaultsError
from rapport.campaigns.forms import tell
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.campaigns.forms import ConditionsForm
    from rapport.tenants.models import Tenant


def in_form(tenant: Tenant, form: ConditionsForm) -> dict[str, Any]:
    """The count for the page; or what stands against it, in the form, where no other fault is told."""
    form.leave_out_others()
    if form.errors:
        return {}
    try:
        return _count(tenant, form.recipients())
    except FaultsError as error:
        tell(form, error)
        return {}


def kept(tenant: Tenant, given: dict[str, Any]) -> dict[str, Any]:
    """The count of recipients that were saved; nothing where they cannot be read any more: a field may be gone."""
    try:
        return _count(tenant, given)
    except FaultsError:
        return {}


def _count(tenant: Tenant, given: dict[str, Any]) -> dict[str, Any]:
    with tenant_scope(tenant) as tenant_id:
        if faults := recipients.check(tenant_id, given):
            raise FaultsError(faults)
        what = "survey record" if recipients.is_of_records(given) else "contact"
        return {"count": choosing.count(tenant_id, given), "what": what}
