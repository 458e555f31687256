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
        """The page as it was written: Markdown, below `texts/` with Django's template tags."""
        return documents.read(self.file)

    @property
    def filled(self) -> bool:
        """Whether the page has names of its reader; the repository's own documents have none."""
        return self.file.startswith("texts/")

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
        yield Entry(f"put-records/{name}", f"PUT Records: {kind.label}", "texts/data-type.md", name)


SECTIONS: dict[str, tuple[Entry, ...]] = {
    "Begin": (
        Entry("", "Overview", "texts/overview.md"),
        Entry("first-record", "Your first record", "texts/first-record.md"),
        Entry("authentication", "Authentication", "texts/authentication.md"),
    ),
    "Send": (
        Entry("put-records", "PUT Records", "texts/put-records.md"),
        *_records(),
        Entry("batch", "Batch", "texts/batch.md"),
        Entry("activities", "PUT Activities", "texts/activities.md"),
        Entry("webhooks", "Incoming webhooks", "texts/webhooks.md"),
    ),
    "Read and manage": (
        Entry("reading-back", "Reading back", "texts/reading-back.md"),
        Entry("asking", "Asking and answers", "texts/asking.md"),
        Entry("campaigns", "Campaigns", "texts/campaigns.md"),
        Entry("imports", "File imports", "texts/imports.md"),
        Entry("answers", "Answers, scores and alerts", "texts/answers.md"),
        Entry("histories", "Histories and the change feed", "texts/histories.md"),
        Entry("configurations", "Import configurations", "texts/configurations.md"),
    ),
    "Look up": (
        Entry("errors", "Errors", "texts/errors.md"),
        Entry("limits", "Limits", "texts/limits.md"),
    ),
    "Guides": (
        Entry("from-a-crm", "From a CRM", "texts/from-a-crm.md"),
        Entry("moving-over", "Moving over from the hosted product", "texts/moving-over.md"),
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
