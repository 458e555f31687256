"""What a token can allow."""

from __future__ import annotations

#: Scope -> what it allows, as the documentation says it.
SCOPES = {
    "records:write": "Send records.",
    "directory:read": "Read accounts and contacts.",
    "directory:write": "Delete, restore and merge accounts and contacts.",
    "configurations:read": "Read import configurations.",
    "configurations:write": "Change import configurations.",
    "history:read": "Read the change ledger and the request history.",
    "history:undo": "Undo what records, imports and apps did; send rejected records again.",
    "audit:read": "Read the audit log.",
    "surveys:read": "Read surveys.",
    "surveys:write": "Change surveys.",
    "responses:read": "Read survey records, with their links, and responses.",
    "responses:write": "Ask contacts: make survey records; follow responses up.",
    "exports:read": "Export contacts, accounts, activities, survey records, responses and changes as files.",
    "campaigns:read": "Read campaigns, segments and deliveries.",
    "campaigns:write": "Make, plan, start and stop campaigns.",
    "suppressions:read": "Read who gets nothing, and why.",
    "suppressions:write": "Add to who gets nothing, and lift it.",
    "bounces:write": "Hand in what came back to mails.",
    "imports:write": "Import files, and read one's own imports.",
}
#: What only a System Admin may give, since only they see it themselves.
GUARDED = frozenset(("audit:read",))
#: What a Connected App has when nobody says otherwise.
DEFAULT_SCOPES = ("records:write", "directory:read")
