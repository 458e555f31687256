"""Does everything that a tenant has stored fit together, and is everything there that callers were told is?"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rapport.records.keys import email_key, name_key, phone_key
from tests.records.shelves import Shelves

#: Statement -> its rows, in one tenant's scope.
Ask = Callable[..., list[dict[str, Any]]]

#: What no ledger row speaks of, or does in its own words.
_OTHER = "'tenant_id', 'id', 'attributes', 'last_record', 'created_at'"
_APART = f"array[{_OTHER}, 'version', 'account_id', 'updated_at', 'happened_at']"
CONTACTS = f"""
select c.id, c.version,
       jsonb_strip_nulls(to_jsonb(c) - {_APART} || jsonb_build_object('account_name', a.name)) as values
from contacts c left join accounts a on a.tenant_id = c.tenant_id and a.id = c.account_id
"""
ACCOUNTS = f"select id, version, jsonb_strip_nulls(to_jsonb(a) - {_APART}) as values from accounts a"
ACTIVITIES = f"""
select v.id, v.version,
       jsonb_strip_nulls(to_jsonb(v) - {_APART} || jsonb_build_object('account_name', a.name, 'happened_at',
           to_char(v.happened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))) as values
from activities v join accounts a on a.tenant_id = v.tenant_id and a.id = v.account_id
"""
SURVEYS = f"""
select id, version, jsonb_strip_nulls(to_jsonb(s) - array[{_OTHER}, 'version', 'number', 'origin', 'generation',
                                                          'closes_at']) as values
from survey_records s
"""
RESPONSES = f"""
select id, 1 as version,
       jsonb_strip_nulls(to_jsonb(r) - array[{_OTHER}, 'version', 'number', 'sent_date', 'response_date'])
           || jsonb_build_object(
               'sent_date', to_char(sent_date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
               'response_date', to_char(response_date at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as values
from external_responses r
"""
TABLES = ("contacts", "accounts", "activities", "survey_records", "external_responses")


@dataclass(frozen=True)
class Told:
    """What one caller was told with a 200."""

    request_id: str
    outcome: str
    #: (id, outcome, changes) of each object but aliases; None where the caller got no receipt.
    objects: list[tuple[str, str, dict[str, Any]]] | None = None


def of_receipt(request_id: str, receipt: dict[str, Any]) -> Told:
    shown = (shown for shown in receipt["objects"] if shown["type"] != "account_alias")
    objects = [(each["id"], each["outcome"], each["changes"]) for each in shown]
    return Told(request_id, receipt["outcome"], objects)


class Audit:
    """One look at all tables of a tenant."""

    def __init__(self, ask: Ask) -> None:
        self.contacts = {row["id"]: row for row in ask(CONTACTS)}
        self.accounts = {row["id"]: row for row in ask(ACCOUNTS)}
        self.activities = {row["id"]: row for row in ask(ACTIVITIES)}
        self.surveys = {row["id"]: row for row in ask(SURVEYS)}
        self.responses = {row["id"]: row for row in ask(RESPONSES)}
        self.contact_keys = {row["key"]: row["contact_id"] for row in ask("select * from contact_keys")}
        keys = ask("select * from account_keys")
        self.account_keys = {row["key"]: row["account_id"] for row in keys}
        self.aliases = {row["key"]: row["account_id"] for row in keys if row["is_alias"]}
        self.changes = ask("select * from changes order by seq")
        self.requests = ask("select * from requests order by at, id")
        [self.head] = ask("select seq from tenant_heads")
        #: Object -> the record that changed it last.
        self.last = {row["id"]: row["last_record"] for table in TABLES for row in ask(f"select * from {table}")}

    def check(self) -> None:
        """Fails where anything is missing, doubled or half-written."""
        self._ledger_is_gap_free()
        self._ledger_gives_the_state()
        self._keys_fit()
        self._history_fits_the_ledger()
        self._walking_tells_the_ledger()

    def _ledger_is_gap_free(self) -> None:
        numbers = [change["seq"] for change in self.changes]
        assert numbers == list(range(1, len(numbers) + 1))
        assert self.head["seq"] == len(numbers)
        times = [change["at"] for change in self.changes]
        assert times == sorted(times)

    def _ledger_gives_the_state(self) -> None:
        replayed: dict[Any, dict[str, Any]] = {}
        aliases: dict[str, Any] = {}
        for change in self.changes:
            row = replayed.setdefault(change["object_id"], {"id": change["object_id"], "version": 0, "values": {}})
            assert (change["kind"] == "created") == (row["version"] == 0)
            row["version"] += 1
            assert change["version"] == row["version"]
            assert change["diff"]
            if "alias" in change["diff"]:
                _replay_alias(change, aliases)
                continue
            for name, (old, new) in change["diff"].items():
                assert row["values"].get(name) == old != new
                row["values"][name] = new
        assert replayed == self.contacts | self.accounts | self.activities | self.surveys | self.responses
        assert aliases == self.aliases

    def _walking_tells_the_ledger(self) -> None:
        """From each object's last record back, one record after the other."""
        by_record: dict[Any, list[dict[str, Any]]] = {}
        own: dict[Any, list[dict[str, Any]]] = {}
        for change in self.changes:
            by_record.setdefault(change["record"], []).append(change)
            own.setdefault(change["object_id"], []).append(change)
        for id, entries in own.items():
            walked: list[dict[str, Any]] = []
            record = self.last[id]
            while record is not None:
                step = [change for change in by_record[record] if change["object_id"] == id]
                walked[:0] = step
                [record] = {change["prev"] for change in step}
            assert walked == entries

    def _keys_fit(self) -> None:
        """And with them: no two contacts have one e-mail, no two accounts one name, no two activities one reference."""
        assert set(self.contact_keys.values()) == set(self.contacts)
        assert set(self.account_keys.values()) == set(self.accounts)
        for id, row in self.contacts.items():
            if "email" in row["values"]:
                assert self.contact_keys["e:" + email_key(row["values"]["email"])] == id
            if "phone" in row["values"]:
                assert "p:" + phone_key(row["values"]["phone"]) in self.contact_keys
        for id, row in self.accounts.items():
            assert self.account_keys[name_key(row["values"]["name"])] == id
        assert len(self.account_keys) == len(self.accounts) + len(self.aliases)
        assert len({row["values"]["reference"] for row in self.activities.values()}) == len(self.activities)

    def _history_fits_the_ledger(self) -> None:
        """What the history says was done to objects is what the ledger has, record by record.

        But for an account that loses an alias: the history names the one that gets it, and calls it by its alias.
        """
        said = Counter(
            (request["id"], shown["id"], "updated" if shown["type"] == "account_alias" else shown["outcome"])
            for request in self.requests
            for shown in request["objects"]
            if shown["outcome"] != "unchanged"
        )
        noted = Counter(
            (change["record"], str(change["object_id"]), change["kind"])
            for change in self.changes
            if change["diff"].get("alias", [None, ...])[1] is not None
        )
        assert said == noted

    def find(self, told: Iterable[Told]) -> None:
        """Fails where something that a caller was told is not there."""
        requests = {request["request_id"]: request for request in self.requests}
        changes: dict[str, list[dict[str, Any]]] = {}
        for change in self.changes:
            if "alias" not in change["diff"]:
                changes.setdefault(change["request_id"], []).append(change)
        for each in told:
            assert each.request_id in requests, f"the request {each.request_id} is lost"
            assert requests[each.request_id]["status"] == 200
            if each.outcome:
                assert requests[each.request_id]["outcome"] == each.outcome
            if each.objects is not None:
                promised = [(id, outcome, diff) for id, outcome, diff in each.objects if outcome != "unchanged"]
                kept = [(str(row["object_id"]), row["kind"], row["diff"]) for row in changes.get(each.request_id, [])]
                assert sorted(kept, key=str) == sorted(promised, key=str)

    def one_after_the_other(self, configurations: dict[Any, str]) -> None:
        """Fails where the state is not what the records make when sent one by one, in the ledger's order.

        A record that changed nothing is left out: it was decided on what was read, and in the order that the law
        speaks of it may stand before a change that another worker committed in the meantime.
        """
        sent = {
            row["id"]: {"": configurations.get(row["configuration_id"], "contact")} | row["sent"]
            for row in self.requests
            if row["outcome"] in ("created", "updated")
        }
        shelves = Shelves()
        for record, _ in itertools.groupby(self.changes, key=lambda change: change["record"]):
            shelves.send(sent.pop(record))
        assert sent == {}
        assert self._described() == _described(shelves)

    def _described(self) -> dict[str, Any]:
        """The state without ids."""
        rows = self.contacts | self.accounts
        return {
            "rows": Counter(_text(row["version"], row["values"]) for row in rows.values()),
            "keys": {key: _text(0, rows[id]["values"]) for key, id in (self.contact_keys | self.account_keys).items()},
        }


def _described(shelves: Shelves) -> dict[str, Any]:
    rows = {}
    for id, row in (shelves.contacts | shelves.accounts).items():
        values = {name: value for name, value in row.values.items() if value is not None}
        if row.account_id:
            values["account_name"] = shelves.accounts[row.account_id].values["name"]
        rows[id] = (row.version, values)
    return {
        "rows": Counter(_text(*row) for row in rows.values()),
        "keys": {key: _text(0, rows[id][1]) for key, id in (shelves.contact_keys | shelves.account_keys).items()},
    }


def _replay_alias(change: dict[str, Any], aliases: dict[str, Any]) -> None:
    """An account gets an alias that nobody has, or loses one that it has."""
    [(old, new)] = change["diff"].values()
    if old is not None:
        assert aliases.pop(name_key(old)) == change["object_id"]
    else:
        assert name_key(new) not in aliases
        aliases[name_key(new)] = change["object_id"]


def _text(version: int, values: dict[str, Any]) -> str:
    return f"{version} {sorted(values.items())}"
