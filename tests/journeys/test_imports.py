"""A file of many rows, some of them wrong: uploaded, mapped, looked at amid its way, mended, uploaded again."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from rapport.directory.models import Contact
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.cast import Cast

#: One in a hundred is wrong. `IMPORT_ROWS=200000` takes some minutes.
ROWS = int(os.environ.get("IMPORT_ROWS", "6000"))
WRONG = ROWS // 100
#: Milliseconds until all of it is done on a busy machine.
PATIENCE = 60_000 + ROWS * 10


def people(rows: int) -> bytes:
    """Contacts under headings of another system."""
    lines = ["E-mail Address;Given Name;Company;Shoe"]
    lines += [
        f"{f'p{n}' if n % 100 else 'nobody'}{'@example.com' if n % 100 else n};Ada {n};Works;9" for n in range(rows)
    ]
    return "\n".join(lines).encode()


def upload(page: Page, path: Path) -> None:
    """To the page of a file that was sent."""
    page.get_by_role("link", name="Imports").first.click()
    page.get_by_role("link", name="Upload").first.click()
    page.get_by_label("Configuration").select_option(value="contact")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name=path.name, level=1)).to_be_visible()


def test_failed_rows_are_mended_and_sent_again(cast: Cast, sign_in: Callable[..., Page], tmp_path: Path) -> None:
    page, path = sign_in(cast.alice), tmp_path / "people.csv"
    path.write_bytes(people(ROWS))
    upload(page, path)
    expect(page.get_by_text("needs a column Email or Phone")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Change the mapping").click()
    expect(page.get_by_label("E-mail Address")).to_have_value("email")
    expect(page.get_by_label("Company")).to_have_value("account_name")
    expect(page.get_by_text("Proposed: Other systems call it so.").first).to_be_visible()
    page.locator("#id_name").fill("Shop")
    page.get_by_role("button", name="Save and use it").click()
    page.get_by_role("button", name="Start", exact=True).click()
    page.reload()
    status = page.locator("#import [role=status]")
    expect(status).to_contain_text(re.compile("Running|Done"))
    page.reload()
    expect(status).to_contain_text("Done", timeout=PATIENCE)
    expect(page.get_by_text(f"{ROWS:,} rows")).to_be_visible()
    expect(page.get_by_text(f"of {WRONG:,}. Mend them")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download failed rows").click()
    again = tmp_path / "mended.csv"
    content = download.value.path().read_bytes()
    assert content.count(b"must be a valid email address") == WRONG
    again.write_bytes(re.sub(rb";nobody(\d+);", rb";m\1@example.com;", content))
    upload_again(page, again)
    expect(status).to_contain_text("Done", timeout=PATIENCE)
    expect(page.get_by_text(re.compile(rf"\b{WRONG:,} rows"))).to_be_visible()
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert Contact.objects.filter(tenant_id=tenant_id).count() == ROWS


def upload_again(page: Page, path: Path) -> None:
    """With the configuration that was made, which asks for nothing."""
    page.get_by_role("link", name="Imports").first.click()
    page.get_by_role("link", name="Upload").first.click()
    page.get_by_label("Configuration").select_option(label="Shop (Contact)")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Start", exact=True).click(timeout=PATIENCE)
