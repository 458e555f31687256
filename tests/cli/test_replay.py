"""`rapport replay`: plan, commit, show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.cli.conftest import rows
from tests.evidence.again import Resender

if TYPE_CHECKING:
    from tests.cast import Cast


def test_refused_records_are_planned_and_sent_again(rapport: Any, cast: Cast) -> None:
    alice = Resender(cast.alice)
    ids = [str(alice.refused(Mail=f"a{number}@example.com")) for number in range(2)]
    alice.map("Mail", "email")
    own = ("--tenant", alice.tenant.slug)
    told = "records are written, 0 records are there already, 0 records stay unwritten, 0 records are refused again."
    assert f"1 {told}" in rapport("replay", "plan", "--record", ids[0], *own).stdout
    assert f"2 {told}" in rapport("replay", "plan", "--configuration", "contact", *own).stdout
    [planned] = rows(rapport("replay", "plan", "--record", ids[0], "--record", ids[1], *own, "--json"))
    [done] = rows(rapport("replay", "commit", planned["plan"], *own, "--json"))
    assert (done["state"], done["apply"], done["author"]["type"]) == ("done", 2, "command")
    assert "is done (100%)" in rapport("replay", "show", done["id"], *own).stdout
    [undo] = rows(rapport("undo", "plan", "--replay", done["id"], *own, "--json"))
    assert undo["delete"] == 2


def test_a_heading_is_applied(rapport: Any, cast: Cast) -> None:
    alice = Resender(cast.alice)
    alice.put(Email="ada@example.com", Vorname="Ada")
    alice.map("Vorname", "first_name")
    own = ("--tenant", alice.tenant.slug)
    asked = ("replay", "plan", "--heading", "Vorname", "--configuration", "contact", *own, "--json")
    [planned] = rows(rapport(*asked, "--from", "2100-01-01"))
    assert planned["apply"] == 0
    [planned] = rows(rapport(*asked, "--to", "2100-01-01"))
    rapport("replay", "commit", planned["plan"], *own)
    assert alice.api.get("/api/contacts").json()["data"][0]["first_name"] == "Ada"


def test_a_copy_reads_what_named_another_one(rapport: Any, cast: Cast) -> None:
    alice, own = Resender(cast.alice), ("--tenant", cast.alice.tenant.slug, "--json")
    alice.put(Email="ada@example.com", Vorname="Ada")
    id = str(alice.refused(Mail="grace@example.com"))
    alice.api.post("/api/configurations/contact/copy", {"reference": "ours", "name": "Ours"}, "application/json")
    alice.map("Vorname", "first_name", "ours")
    alice.map("Mail", "email", "ours")
    for asked in (("--heading", "Vorname", "--configuration", "ours", "--instead-of", "contact"), ("--record", id)):
        [planned] = rows(rapport("replay", "plan", *asked, "--read-by", "ours", *own))
        assert planned["apply"] == 1


def test_it_refuses_in_one_sentence(rapport: Any, cast: Cast) -> None:
    own = ("--tenant", cast.alice.tenant.slug)
    unknown = "01a208d7-cfc5-72da-a6a5-e1d8534c4927"
    for arguments, status, told in (
        (("plan",), 2, "Name a heading with its configuration, a record, or what refused records have."),
        (("plan", "--record", unknown), 1, "There is no record"),
        (("plan", "--heading", "Shoe", "--configuration", "contact"), 1, "map it first"),
        (("commit", "nonsense"), 1, "older than an hour"),
        (("show", unknown), 1, "There is no such replay."),
    ):
        refused = rapport("replay", *arguments, *own)
        assert refused.exit_code == status
        assert told in refused.stderr
