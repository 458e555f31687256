"""What the site is made of: its pages, in their order, each a Markdown file that is filled before it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rapport.records.types import ALL

from . import documents


@dataclass(frozen=True)
class Entry:
    """One page: its address below `/docs/`, its title, and where its text is (below this package)."""

    slug: str
    title: str
    file: str
    #: The data type that a page about sending records is for.
    data_type: str | None = None

    @property
    def source(self) -> str:
        """The page as it was written: Markdown, below `pages/` with Django's template tags."""
        return documents.read(self.file)

    @property
    def filled(self) -> bool:
        """Whether the page has names of its reader; the repository's own documents have none."""
        return self.file.startswith("pages/")

    @property
    def path(self) -> str:
        """Its address."""
        return f"/docs/{self.slug}".rstrip("/")

    @property
    def short(self) -> str:
        """Its title among its neighbours in the table of contents."""
        return self.title.removeprefix("PUT Records: ")

    @property
    def markdown(self) -> str:
        """Its address as Markdown."""
        return f"/docs/{self.slug or 'overview'}.md"


def _records() -> Iterator[Entry]:
    for name, kind in ALL.items():
        yield Entry(f"put-records/{name}", f"PUT Records: {kind.label}", "pages/data-type.md", name)


SECTIONS: dict[str, tuple[Entry, ...]] = {
    "Begin": (
        Entry("", "Overview", "pages/overview.md"),
        Entry("first-record", "Your first record", "pages/first-record.md"),
        Entry("authentication", "Authentication", "pages/authentication.md"),
    ),
    "Send": (
        Entry("put-records", "PUT Records", "pages/put-records.md"),
        *_records(),
        Entry("batch", "Batch", "pages/batch.md"),
        Entry("activities", "PUT Activities", "pages/activities.md"),
        Entry("webhooks", "Incoming webhooks", "pages/webhooks.md"),
    ),
    "Read and manage": (
        Entry("reading-back", "Reading back", "pages/reading-back.md"),
        Entry("histories", "Histories and the change feed", "pages/histories.md"),
        Entry("configurations", "Import configurations", "pages/configurations.md"),
    ),
    "Look up": (
        Entry("errors", "Errors", "pages/errors.md"),
        Entry("limits", "Limits", "pages/limits.md"),
    ),
    "Guides": (
        Entry("from-a-crm", "From a CRM", "pages/from-a-crm.md"),
        Entry("moving-over", "Moving over from the hosted product", "pages/moving-over.md"),
        Entry("python-client", "The Python client", "manual/client.md"),
        Entry("test-double", "As a test double in your CI", "manual/testing.md"),
    ),
    "Run": (
        Entry("settings", "Settings", "manual/settings.md"),
        Entry("operations", "Operations", "manual/operations.md"),
        Entry("commands", "Commands", "manual/commands.md"),
    ),
}
ENTRIES = {entry.slug: entry for section in SECTIONS.values() for entry in section}
