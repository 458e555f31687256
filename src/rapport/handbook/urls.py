"""Addresses of the documentation site; everybody may read it, and members of a system may try it."""

from __future__ import annotations

from rapport.members.access import everybody, page
from rapport.members.models import Role

from .pages import documentation

_SLUG = r"(?P<slug>[a-z0-9/-]{1,80})"

pages = [
    everybody("docs", documentation.page, "docs", ["GET"]),
    everybody("docs/search", documentation.found, "docs-search", ["GET"]),
    everybody(rf"docs/{_SLUG}\.md", documentation.markdown, "docs-markdown", ["GET"]),
    everybody(rf"docs/{_SLUG}", documentation.page, "docs-page", ["GET"]),
    page("docs/try", Role.ADMIN, documentation.tried, "try", ["GET", "POST"]),
    everybody(r"llms\.txt", documentation.llms, "llms", ["GET"]),
]
