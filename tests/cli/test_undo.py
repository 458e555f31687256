"""`rapport undo`: plan, commit, show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.cli.conftest import rows
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from tests.cast import Cast


def test_what_an_app_did_is_planned_and_taken_back(rapport: Any, cast: Cast) -> None:
    alice = Sender(cast.alice)
    empty = alice.stored()
    alice.put(Email="ada@example.com", Account_Name="Engines")
    own = ("--tenant", alice.tenant.slug)
    shown = rapport("undo", "plan", "--app", alice.person.client_id, *own).stdout
    assert "0 fields go back, 2 objects are deleted, 0 fields stay." in shown
    [planned] = rows(rapport("undo", "plan", "--app", alice.person.client_id, *own, "--json"))
    [done] = rows(rapport("undo", "commit", planned["plan"], *own, "--json"))
    assert (done["state"], done["delete"], done["author"]["type"]) == ("done", 2, "command")
    assert alice.stored() == empty
    assert "is done (100%)" in rapport("undo", "show", done["id"], *own).stdout


def test_it_refuses_in_one_sentence(rapport: Any, cast: Cast) -> None:
    own = ("--tenant", cast.alice.tenant.slug)
    unknown = "01a208d7-cfc5-72da-a6a5-e1d8534c4927"
    for arguments, told in (
        (("plan",), "or from when on"),
        (("plan", "--record", unknown), "The selected record does not exist."),
        (("commit", "nonsense"), "older than an hour"),
        (("show", unknown), "There is no such undo."),
    ):
        refused = rapport("undo", *arguments, *own)
        assert refused.exit_code == 1
        assert told in refused.stderr
