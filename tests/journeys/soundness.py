"""Whether a page is sound, at both widths and in both schemes, looked at without loading it anew for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.cast import Person

WIDTHS = (1440, 390)
#: The rules of axe-core that depend on the scheme: all others see the same document in the dark.
IN_THE_DARK = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
#: How far beyond the screen the page reaches.
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Visit:
    """Somebody signed in who looks at page after page."""

    def __init__(self, sign_in: Callable[..., Page], person: Person) -> None:
        # Colours that fade would be judged half-way.
        self._page = sign_in(person, reduced_motion="reduce")
        self._said: list[str] = []
        self._page.on("console", lambda told: self._note(told.text) if told.type in ("error", "warning") else None)
        self._page.on("pageerror", lambda fault: self._note(str(fault)))

    def faults(self, address: str) -> list[str]:
        """Sideways scrolling, what the content-security policy forbids, and all that axe-core finds."""
        self._said.clear()
        self._page.emulate_media(color_scheme="light")
        self._page.goto(address)
        self._page.evaluate(Axe().axe_script)
        found = [*self._looked_at()]
        return [f"{address}: {fault}" for fault in (*found, *self._said)]

    def _looked_at(self) -> Iterator[str]:
        for width in WIDTHS:
            self._page.set_viewport_size({"width": width, "height": 900})
            for scheme, rules in (("light", {}), ("dark", IN_THE_DARK)):
                self._page.emulate_media(color_scheme=scheme)
                beyond = self._page.evaluate(BEYOND)
                if beyond > 0:
                    yield f"{beyond} px wider than the screen of {width}"
                yield from (f"{told} in {scheme} at {width}" for told in self._violations(rules))

    def _violations(self, rules: dict[str, Any]) -> Iterator[str]:
        answer = self._page.evaluate("rules => axe.run(document, rules)", {"resultTypes": ["violations"], **rules})
        for each in answer["violations"]:
            yield f"{each['id']} at {[node['html'][:120] for node in each['nodes']][:3]}"

    def _note(self, text: str) -> None:
        self._said.append(text)
