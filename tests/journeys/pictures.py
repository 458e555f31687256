"""`make pictures`: the screenshots of the README, taken of a service that this starts, fills and removes."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx2
from playwright.sync_api import sync_playwright

from rapport.testing import Server, serving
from tests.journeys.stage import furnish

PLACE = Path(__file__).parents[2] / "docs" / "pictures"
SIZE = {"width": 1280, "height": 820}
#: Name of a picture -> address below the system, and the link to follow from there.
PICTURES = {
    "home": ("", None),
    "request": ("/data/requests", "farid.bianchi"),
    "configuration": ("/data/imports/configurations/webshop/edit", None),
}


def main() -> None:
    """Writes docs/pictures/*.png."""
    PLACE.mkdir(exist_ok=True)
    with serving() as server, sync_playwright() as playwright:
        furnish(server.url, _token(server))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, device_scale_factor=1.5)
        page.goto(server.sign_in_link())
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/s/demo")
        for name, (path, link) in PICTURES.items():
            page.goto(f"{server.url}/s/demo{path}")
            if link is not None:
                page.locator("tr[data-href]", has_text=link).first.get_by_role("link").first.click()
            page.wait_for_load_state("networkidle")
            page.screenshot(path=PLACE / f"{name}.png")
        browser.close()


def _token(server: Server) -> str:
    given = {"grant_type": "client_credentials", "client_id": server.client_id, "client_secret": server.client_secret}
    return str(httpx2.post(f"{server.url}/oauth2/token", data=given).json()["access_token"])


if __name__ == "__main__":
    main()
