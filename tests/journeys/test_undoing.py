"""Nothing is final: what a renamed field kept out comes in, a wrong file and a merge of two accounts are taken back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.evidence.sending import Sender
from tests.ingest.conftest import Caller
from tests.ingest.serving import until
from tests.journeys.test_histories import counted, make_crm
from tests.journeys.test_imports import upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.cast import Cast
    from tests.journeys.conftest import Service

#: Milliseconds until something polled has to be there on a busy machine.
PATIENCE = 30_000
#: Records that come under the new name, and rows of the wrong file.
RENAMED, ROWS = 12, 40


@pytest.fixture
def caller(service: Service, cast: Cast) -> Iterator[Caller]:
    """Alice's program."""
    with Caller(service.url, cast.alice) as caller:
        yield caller


def first_names(caller: Caller) -> set[str | None]:
    return {each["first_name"] for each in caller.get("/api/contacts?limit=1000").json()["data"]}


def test_what_a_renamed_field_kept_out_is_filled_in_afterwards(
    caller: Caller, cast: Cast, sign_in: Callable[..., Page]
) -> None:
    make_crm(cast)
    for number in range(RENAMED):
        assert caller.record({"Email": f"{number}@example.com", "Given Name": "Grace"}, "crm").status_code == 200
    until(lambda: counted(caller, "Given Name") == RENAMED, "every value is counted")

    page = sign_in(cast.alice)
    alarm = page.get_by_role("listitem").filter(has_text="which nothing maps")
    expect(alarm).to_contain_text(f"{RENAMED} values arrived under Given Name")
    alarm.get_by_role("link", name="Map it").click()
    page.get_by_label("Field", exact=True).select_option(label="First Name, after First Name")
    page.get_by_role("button", name="Map it", exact=True).click()
    page.get_by_role("link", name="Apply what came before").click()
    expect(page.get_by_text("Nothing has been changed yet.")).to_be_visible()
    example = page.get_by_role("row").filter(has_text="0@example.com")
    expect(example).to_contain_text(re.compile(r"First Name\s*\S\s*Grace\s*is written"))
    assert first_names(caller) == {None}
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("heading", name="Sent again: Given Name of CRM")).to_be_visible()
    expect(page.locator("#replay")).to_contain_text(f"{RENAMED} records")
    assert first_names(caller) == {"Grace"}


def test_a_wrong_file_is_taken_back_where_it_was_imported(
    caller: Caller, cast: Cast, sign_in: Callable[..., Page], tmp_path: Path
) -> None:
    assert caller.record({"Email": "p0@example.com", "First Name": "Ada"}).status_code == 200
    before = Sender(cast.alice).stored()
    page, path = sign_in(cast.alice), tmp_path / "wrong.csv"
    rows = [f"p{number}@example.com,Wrong,Nowhere" for number in range(ROWS)]
    path.write_text("\n".join(["Email,First Name,Account Name", *rows]), encoding="utf-8")
    upload(page, path)
    page.get_by_role("button", name="Start", exact=True).click(timeout=PATIENCE)
    expect(page.locator("#import [role=status]")).to_contain_text("Done", timeout=PATIENCE)
    assert first_names(caller) == {"Wrong"}
    page.get_by_role("link", name="Undo", exact=True).last.click()
    facts = page.locator("dl.facts")
    expect(facts).to_contain_text(re.compile(rf"Are deleted\s*{ROWS} objects"))
    expect(page.get_by_role("row").filter(has_text="First Name")).to_contain_text(
        re.compile(r"Wrong\s*Ada\s*goes back")
    )
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("#undo")).to_contain_text("Done", timeout=PATIENCE)
    assert Sender(cast.alice).stored() == before


def test_two_accounts_become_one_and_two_again(caller: Caller, cast: Cast, sign_in: Callable[..., Page]) -> None:
    for email, name in (("ada@a.example", "Omega Corporation"), ("bea@b.example", "Omega Inc.")):
        assert caller.record({"Email": email, "Account Name": name}).status_code == 200
    before = Sender(cast.alice).stored()
    until(lambda: caller.get("/api/twins").json()["data"], "the two are found")
    page = sign_in(cast.alice)
    page.get_by_role("link", name="Twins", exact=True).click()
    pair = page.get_by_role("row").filter(has_text="Omega Inc.")
    expect(pair).to_contain_text("The same name but for the legal form")
    pair.get_by_role("link", name="Merge").click()
    expect(page.get_by_text("To it move 1 contact.")).to_be_visible()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("heading", name="Omega Corporation", level=1)).to_be_visible()
    expect(page.get_by_label("What belongs to Omega Corporation")).to_contain_text("bea@b.example")
    expect(page.get_by_label("What belongs to Omega Corporation")).to_contain_text("Omega Inc.")
    page.get_by_role("link", name="Undo this merge").click()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("#undo")).to_contain_text("Done", timeout=PATIENCE)
    assert Sender(cast.alice).stored() == before
