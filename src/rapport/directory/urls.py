"""Addresses of the pages of this app, each with the role that it needs."""

from __future__ import annotations

from functools import partial

from rapport.members.access import ID, page
from rapport.members.models import Role
from rapport.tenants.exports import KIND

from .pages import accounts, activities, contacts, edits, exports, lists, merging, removing, twins

FORM = ("GET", "POST")
#: What can be exported.
EXPORTED = "(?P<what>contacts|accounts|activities)"

pages = [
    page("contacts", Role.USER, lists.contacts, "contacts"),
    page("contacts/new", Role.ADMIN, edits.new_contact, "new-contact", FORM),
    page(rf"contacts/{ID}", Role.USER, contacts.contact, "contact"),
    page(rf"contacts/{ID}/edit", Role.ADMIN, edits.edit_contact, "edit-contact", FORM),
    page("data/twins", Role.ADMIN, twins.listed, "twins"),
    page(rf"data/twins/{ID}/dismiss", Role.ADMIN, twins.dismiss, "dismiss-twins", ["POST"]),
    page(rf"data/twins/{ID}/restore", Role.ADMIN, twins.restore, "restore-twins", ["POST"]),
    page("deleted", Role.USER, removing.deleted, "deleted"),
    *(
        each
        for kind in ("contact", "account")
        for each in (
            page(rf"{kind}s/{ID}/merge", Role.ADMIN, partial(merging.merge, kind=kind), f"merge-{kind}", FORM),
            page(rf"{kind}s/{ID}/delete", Role.ADMIN, partial(removing.delete, kind=kind), f"delete-{kind}", FORM),
            page(
                rf"{kind}s/{ID}/restore", Role.ADMIN, partial(removing.restore, kind=kind), f"restore-{kind}", ["POST"]
            ),
        )
    ),
    page("accounts", Role.USER, lists.accounts, "accounts"),
    page("accounts/new", Role.ADMIN, edits.new_account, "new-account", FORM),
    page(rf"accounts/{ID}", Role.USER, accounts.account, "account"),
    page(rf"accounts/{ID}/edit", Role.ADMIN, edits.edit_account, "edit-account", FORM),
    page(rf"accounts/{ID}/aliases/new", Role.ADMIN, accounts.new_alias, "new-alias", FORM),
    page(rf"accounts/{ID}/aliases/remove", Role.ADMIN, accounts.remove_alias, "remove-alias", FORM),
    page("activities", Role.USER, activities.activities, "activities"),
    page(rf"{EXPORTED}/export\.{KIND}", Role.USER, exports.export, "export"),
    page(rf"activities/{ID}", Role.USER, activities.activity, "activity"),
]
