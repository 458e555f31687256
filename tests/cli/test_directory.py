"""`rapport contacts`, `rapport accounts`, `rapport twins`: then and now, deleted, restored, merged, dismissed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from rapport.directory import twins
from tests.cli.conftest import rows
from tests.directory.desk import Desk
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from tests.cast import Cast


def test_one_is_shown_as_it_is_and_was(rapport: Any, cast: Cast) -> None:
    alice = Sender(cast.alice)
    id, own = str(alice.put(Email="ada@example.com", First_Name="Ada").objects[0].id), _own(cast)
    before = datetime.now(UTC).isoformat()
    alice.put(Email="ada@example.com", First_Name="Augusta")
    shown = [line.split() for line in rapport("contacts", "show", id, *own).stdout.splitlines()]
    assert ["first_name", "Augusta"] in shown
    [then] = rows(rapport("contacts", "show", id, "--as-of", before, *own, "--json"))
    assert (then["first_name"], then["email"]) == ("Ada", "ada@example.com")
    for time, told in (("2001-01-01", "There was no such contact then."), ("soon", "must be a time in ISO 8601")):
        refused = rapport("contacts", "show", id, "--as-of", time, *own)
        assert (refused.exit_code, told in refused.stderr) == (1, True)


@pytest.mark.parametrize("kind", ["contact", "account"])
def test_what_is_deleted_is_listed_and_restored(rapport: Any, cast: Cast, kind: str) -> None:
    alice, own = Sender(cast.alice), _own(cast)
    objects = alice.put(Email="ada@example.com", Account_Name="Engines").objects
    id = str(next(each.id for each in objects if each.type == kind))
    stored = alice.stored()
    assert "For 30 days" in rapport(f"{kind}s", "delete", id, *own).stdout
    for act in ("delete", "show"):
        refused = rapport(f"{kind}s", act, id, *own)
        assert (refused.exit_code, "It is deleted." in refused.stderr) == (1, True)
    assert id not in rapport(f"{kind}s", "list", *own).stdout
    [gone] = rows(rapport(f"{kind}s", "deleted", *own, "--json"))
    assert gone["id"] == id
    assert gone["deleted_at"]
    assert "is there" in rapport(f"{kind}s", "restore", id, *own).stdout
    assert alice.stored() == stored
    assert list(rows(rapport(f"{kind}s", "deleted", *own, "--json"))) == []


def test_what_takes_the_place_of_something_deleted_is_named(rapport: Any, cast: Cast) -> None:
    alice, own = Sender(cast.alice), _own(cast)
    id = str(alice.put("account", Account_Name="Engines").objects[0].id)
    rapport("accounts", "delete", id, *own)
    alice.put("account", Account_Name="Engines")
    refused = rapport("accounts", "restore", id, *own)
    assert refused.exit_code == 1
    assert "engines finds another account by now, Engines." in refused.stderr


def test_two_are_merged_and_parted_again(rapport: Any, cast: Cast) -> None:
    alice, own = Sender(cast.alice), _own(cast)
    kept, other = (
        str(alice.put("account", Account_Name=name, Industry=industry).objects[0].id)
        for name, industry in (("Omega Corporation", "Watches"), ("Omega Inc.", "Clocks"))
    )
    alice.put(Email="ada@example.com", Account_Name="Omega Inc.")
    stored = alice.stored()
    asked = ("accounts", "merge", kept, other, "--keep", f"industry={other}", *own)
    shown = rapport(*asked, "--dry-run").stdout
    assert "What would move: contact: 1." in shown
    [looked] = rows(rapport(*asked, "--dry-run", "--json"))
    assert looked["fields"]["industry"] == ["Watches", "Clocks"]
    assert alice.stored() == stored
    [done] = rows(rapport(*asked, "--json"))
    assert (done["state"], done["moved"], done["into"], done["from"]) == ("done", 1, kept, [other])
    assert "is done (100%): objects moved: 1." in rapport("accounts", "merge-progress", done["id"], *own).stdout
    [planned] = rows(rapport("undo", "plan", "--merge", done["id"], *own, "--json"))
    rapport("undo", "commit", planned["plan"], *own)
    assert alice.stored() == stored


def test_a_dry_run_of_a_merge_says_what_gets_nothing(rapport: Any, cast: Cast) -> None:
    alice, own = Sender(cast.alice), _own(cast)
    kept, other = (str(alice.put(Email=f"{name}@example.com").objects[0].id) for name in ("ada", "al"))
    given = json.dumps({"email": "al@example.com", "source": "api"})
    alice.api.post("/api/suppressions", given, content_type="application/json")
    shown = rapport("contacts", "merge", kept, other, "--dry-run", *own).stdout
    assert "al@example.com is on the list unsubscribe: the one that is kept gets no mail then." in shown


def test_single_entries_are_undone(rapport: Any, cast: Cast) -> None:
    alice, own = Sender(cast.alice), _own(cast)
    for name in ("Ada", "Augusta"):
        alice.put(Email="ada@example.com", First_Name=name)
    *_, last = rows(rapport("changes", *own, "--json"))
    [planned] = rows(rapport("undo", "plan", "--change", str(last["seq"]), *own, "--json"))
    assert (planned["restore"], planned["examples"][0]["then"]) == (1, "Ada")


def test_twins_are_dismissed_and_brought_back(rapport: Any, cast: Cast) -> None:
    desk, own = Desk(cast.alice), _own(cast)
    ids = [str(desk.make("account", account_name=f"Omega {form}")) for form in ("Inc", "AG")]
    while twins.step(cast.alice.tenant.pk):
        pass
    [pair] = rows(rapport("twins", "list", *own, "--json"))
    assert [pair["first"]["id"], pair["second"]["id"]] == ids
    assert "Omega AG" in rapport("twins", "list", *own).stdout
    rapport("twins", "dismiss", pair["id"], *own)
    assert list(rows(rapport("twins", "list", *own, "--json"))) == []
    assert list(rows(rapport("twins", "list", "--dismissed", *own, "--json"))) == [pair]
    assert "likely twins again" in rapport("twins", "restore", pair["id"], *own).stdout
    assert list(rows(rapport("twins", "list", *own, "--json"))) == [pair]


def test_it_refuses_in_one_sentence(rapport: Any, cast: Cast) -> None:
    alice, own, unknown = Sender(cast.alice), _own(cast), str(uuid4())
    id = str(alice.put("account", Account_Name="Engines").objects[0].id)
    theirs = str(Sender(cast.charlie).put("account", Account_Name="Looms").objects[0].id)
    for arguments, status, told in (
        (("contacts", "show", "ada"), 2, "is not a valid UUID"),
        (("contacts", "delete", unknown), 1, "There is no such account or contact."),
        (("accounts", "restore", theirs), 1, "There is no such account or contact."),
        (("accounts", "show", theirs), 1, "There is no such account or contact."),
        (("accounts", "merge", id, theirs), 1, "The selected from does not exist."),
        (("accounts", "merge", id, id), 1, "The from must not hold the one that the others go into."),
        (("accounts", "merge", id, unknown, "--keep", "industry"), 2, "A --keep is a field, = and one of the ids."),
        (("accounts", "merge-progress", unknown), 1, "There is no such merge."),
        (("twins", "dismiss", unknown), 1, "There are no such twins."),
        (("twins", "restore", unknown), 1, "There are no such twins."),
    ):
        refused = rapport(*arguments, *own)
        assert refused.exit_code == status, arguments
        assert told in refused.stderr


def _own(cast: Cast) -> tuple[str, str]:
    return ("--tenant", cast.alice.tenant.slug)
