"""Whether a page is sound, at three widths and in both schemes, looked at without loading it anew for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from playwright.sync_api import Page

    from tests.cast import Person

Looks = dict[str, dict[str, Any]]
#: The rules of axe-core that depend on the scheme: all others see the same document in the dark.
_COLOURS = ["color-contrast", "link-in-text-block"]
IN_THE_DARK = {"runOnly": {"type": "rule", "values": _COLOURS}}
#: Those that depend on the width.
WHEN_NARROW = {
    "runOnly": {
        "type": "rule",
        "values": [*_COLOURS, "scrollable-region-focusable", "button-name", "link-name"],
    }
}
ALL: dict[str, Any] = {}
#: Width -> the schemes in which axe-core looks, and by which rules; the geometry is measured at each.
BRIEFLY: Mapping[int, Looks] = {1440: {"light": ALL, "dark": IN_THE_DARK}, 768: {}, 390: {"light": WHEN_NARROW}}
THOROUGHLY = {width: {"light": ALL, "dark": ALL} for width in (1440, 1024, 768, 390, 320)}
#: How far beyond the screen the page reaches.
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GEOMETRY = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


class Visit:
    """Somebody signed in who looks at page after page."""

    def __init__(self, sign_in: Callable[..., Page], person: Person, looks: Mapping[int, Looks] = BRIEFLY) -> None:
        self._looks = looks
        # Colours that fade would be judged half-way.
        self._page = sign_in(person, reduced_motion="reduce")
        self._said: list[str] = []
        self._page.on("console", lambda told: self._note(told.text) if told.type in ("error", "warning") else None)
        self._page.on("pageerror", lambda fault: self._note(str(fault)))
        self._page.on("response", lambda told: self._note(f"{told.status} {told.url}") if told.status >= 400 else None)

    def faults(self, address: str) -> list[str]:
        """What is too wide, small, clipped or covered, what does not load or is forbidden, all that axe-core finds."""
        self._said.clear()
        self._page.emulate_media(color_scheme="light")
        self._page.goto(address)
        self._page.evaluate(Axe().axe_script)
        found = [*self._looked_at()]
        return [f"{address}: {fault}" for fault in (*found, *self._said)]

    def _looked_at(self) -> Iterator[str]:
        for width, schemes in self._looks.items():
            self._page.set_viewport_size({"width": width, "height": 900})
            yield from (f"{told} at {width}" for told in self._page.evaluate(GEOMETRY))
            for scheme, rules in schemes.items():
                self._page.emulate_media(color_scheme=scheme)
                yield from (f"{told} in {scheme} at {width}" for told in self._violations(rules))

    def _violations(self, rules: dict[str, Any]) -> Iterator[str]:
        answer = self._page.evaluate("rules => axe.run(document, rules)", {"resultTypes": ["violations"], **rules})
        for each in answer["violations"]:
            yield f"{each['id']} at {[node['html'][:120] for node in each['nodes']][:3]}"

    def _note(self, text: str) -> None:
        self._said.append(text)
