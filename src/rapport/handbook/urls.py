"""Addresses of the documentation site; everybody may read it, and members of a system may try it."""

from __future__ import annotations

from rapport.members.access import everybody, page
from rapport.members.models import Role

from . import views

_SLUG = r"(?P<slug>[a-z0-9/-]{1,80})"

pages = [
    everybody("docs", views.page, "docs", ["GET"]),
    everybody("docs/search", views.found, "docs-search", ["GET"]),
    everybody(rf"docs/{_SLUG}\.md", views.markdown, "docs-markdown", ["GET"]),
    everybody(rf"docs/{_SLUG}", views.page, "docs-page", ["GET"]),
    page("docs/try", Role.ADMIN, views.tried, "try", ["GET", "POST"]),
    everybody(r"llms\.txt", views.llms, "llms", ["GET"]),
]
