"""Takes the screenshots of the documentation anew: `python -m tests.handbook.pictures ORIGIN SIGN_IN_LINK`.

The link is that of an administrator of a fresh system (`rapport user sign-in-link`).
"""

from __future__ import annotations

import base64
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PLACE = Path(__file__).parents[2] / "src/rapport/handbook/static/handbook"
SIZE = {"width": 960, "height": 740}
#: PNG as WebP, which Playwright does not write; what a page loads must stay below its limit.
AS_WEBP = """async (png) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.7).split(",")[1];
}"""


def configuration(page: Page) -> None:
    """The editor with a data type chosen, a name, and the first fields ticked."""
    page.goto(f"{page.url.rstrip('/')}/data/imports/configurations/new?kind=api")
    page.get_by_label("Data type").select_option("contact")
    page.get_by_label("Configuration name").fill("Nightly export")
    for field in ("First Name", "Email"):
        page.locator("tr", has_text=field).first.get_by_role("checkbox").first.check()
    page.evaluate("scrollTo(0, 0)")


def connected_app(page: Page) -> None:
    """The form for a new Connected App."""
    page.goto(f"{page.url.rstrip('/')}/data/integrations/connected-apps/new")


def main(origin: str, link: str) -> None:
    """Signs in once and takes each picture."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(base_url=origin, viewport=SIZE, color_scheme="light")
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/s/*")
        home = page.url
        for take in (configuration, connected_app):
            page.goto(home)
            take(page)
            page.wait_for_load_state("networkidle")
            picture = base64.b64encode(page.screenshot()).decode()
            webp = browser.new_page().evaluate(AS_WEBP, picture)
            (PLACE / f"{take.__name__}.webp").write_bytes(base64.b64decode(webp))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
