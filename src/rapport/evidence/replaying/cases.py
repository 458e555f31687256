"""Records of a replay as their configurations read them today, in parts that are written together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

from uuid_utils.compat import uuid7

from rapport.configurations import catalogue
from rapport.configurations.models import Configuration
from rapport.evidence.models import ReplayedRecord
from rapport.groups.submission import Target
from rapport.history.models import ERRORS, Change, SentRecord
from rapport.records import mapping
from rapport.records.activities import ActivityMapping
from rapport.records.errors import MappingFault
from rapport.records.mapping import is_empty
from rapport.records.receipt import Prepared
from rapport.tenants.query import Place, taken

from . import headings
from .undone import taken_back

if TYPE_CHECKING:
    from rapport.records.receipt import Touched

    from .chosen import Wanted

#: Records that are read at a time; those of one configuration that came behind one another are written together.
CHUNK = 500
#: What becomes of a record.
VERDICTS = ("apply", "unchanged", "keep", "reject")
#: Why there is nothing to put through.
STORED, AGAIN, EMPTY = "stored already", "sent again before", "sent empty"
NOT_KEPT, TOO_OLD, NO_CONFIGURATION, ELSEWHERE, OF_REQUEST = (
    "what was sent is not kept",
    "from before records had ids",
    "no configuration reads it",
    "another heading fills it",
    "its request was refused",
)


@dataclass(slots=True, eq=False)
class Case:
    """One record."""

    row: SentRecord
    #: The record that it is as old as: itself, or the one that it has repeated.
    age: UUID
    #: The record that a replay made of it, and that was taken back.
    undone: UUID | None = None
    #: What goes through the write path; None where nothing does.
    record: Prepared | None = None
    #: Of what came under a heading: the field that it fills, and the object that the record wrote.
    filled: str = ""
    kind: str = ""
    target: UUID | None = None
    verdict: str = ""
    #: Why the record as a whole is not written.
    because: list[str] = field(default_factory=list)
    stays: list[headings.Stays] = field(default_factory=list)
    objects: list[Touched] = field(default_factory=list)

    def end(self, verdict: str, *because: str) -> Case:
        """Nothing of it goes through the write path."""
        self.verdict, self.because, self.record = verdict, [*because], None
        return self


@dataclass(slots=True, eq=False)
class Part:
    """Records of one configuration that came behind one another."""

    configuration: Configuration | None
    mapping: mapping.Mapping | None
    cases: list[Case]
    #: The configuration that should read them, there or not.
    reader: UUID | None = None
    #: What kind of object the field of a heading is in.
    owner: str = ""

    @property
    def going(self) -> list[Case]:
        """Those that go through the write path."""
        return [case for case in self.cases if case.record is not None]

    @property
    def target(self) -> Target | None:
        """The objects that are written by their ids."""
        return Target(self.owner, [case.target for case in self.going]) if self.owner in headings.BY_ID else None


class MovedError(Exception):
    """A configuration was changed since the plan."""

    def __init__(self) -> None:
        super().__init__("A configuration was changed since the plan: plan again.")


def versions(tenant_id: int, readers: Collection[UUID]) -> dict[str, int | None]:
    """Configurations -> their versions, None where none is active; inside the tenant's scope."""
    found = dict(
        Configuration.objects.filter(tenant_id=tenant_id, id__in=[*readers], active=True).values_list("id", "version")
    )
    return {str(id): found.get(id) for id in readers}


def moved(tenant_id: int, known: Mapping[str, int | None]) -> bool:
    """Whether a configuration is another one than the plan knew; inside the tenant's scope."""
    return versions(tenant_id, [UUID(each) for each in known]) != dict(known)


def following(wanted: Wanted, place: Place | None, until: datetime) -> tuple[list[SentRecord], bool]:
    """The next records behind a place, and whether there are more."""
    return taken(wanted.behind(place, until), CHUNK, lambda row: len(str(row.sent)))


def parts(tenant_id: int, wanted: Wanted, rows: Sequence[SentRecord]) -> Iterator[Part]:
    """The records, in their order; inside the tenant's scope."""
    again, ages = _again(tenant_id, rows), _ages(tenant_id, rows)
    back = taken_back(tenant_id, [*again.values()])
    known: dict[UUID | None, tuple[Configuration | None, mapping.Mapping | None, str]] = {}
    for id, group in groupby(rows, key=lambda row: row.configuration_id):
        reader = wanted.reader or id
        if reader not in known:
            known[reader] = _compiled(tenant_id, reader)
        configuration, mapping, fault = known[reader]
        if mapping is not None and wanted.heading is not None and wanted.heading not in mapping.fields:
            mapping, fault = None, NO_CONFIGURATION
        part = Part(configuration, mapping, [Case(row, ages.get(row.id, row.id)) for row in group], reader)
        if wanted.heading is not None and mapping is not None:
            part.owner = headings.owner(mapping.type, mapping.fields[wanted.heading])
        for case in part.cases:
            made = again.get(case.row.id)
            case.undone = made if made in back else None
            _read(case, part, wanted, fault=fault, again=made is not None and case.undone is None)
        yield part


def of_record(row: SentRecord) -> bool:
    """Whether it was refused for what the record says or names, not for an option or a key of its request.

    A misspelt `dry_run` writes nothing, later neither.
    """
    return all(key.partition(".")[0] in ("record", "configuration") for key in row.errors or ())


def _again(tenant_id: int, rows: Sequence[SentRecord]) -> dict[UUID, UUID]:
    """Those that were put through again as a whole -> what was made of them. Index: replayed_records_whole."""
    made = ReplayedRecord.objects.filter(tenant_id=tenant_id, whole=True, record__in=[row.id for row in rows])
    return dict(made.values_list("record", "made"))


def _ages(tenant_id: int, rows: Sequence[SentRecord]) -> dict[UUID, UUID]:
    """Records that a replay made -> those that they repeat. Index: replayed_records_pkey."""
    made = [row.id for row in rows if row.actor_type == Change.Actor.REPLAY]
    found = ReplayedRecord.objects.filter(tenant_id=tenant_id, made__in=made) if made else ReplayedRecord.objects.none()
    return dict(found.values_list("made", "record"))


def _compiled(tenant_id: int, id: UUID | None) -> tuple[Configuration | None, mapping.Mapping | None, str]:
    """A configuration as it is now, ready to read with, or why it cannot; without one activities come."""
    if id is None:
        return None, ActivityMapping(catalogue.of_tenant(tenant_id).zone, lambda: str(uuid7())), ""
    row = Configuration.objects.filter(tenant_id=tenant_id, id=id, active=True).first()
    if row is None:
        return None, None, NO_CONFIGURATION
    known = catalogue.of_tenant(tenant_id, [entry["field"] for entry in row.mapping])
    try:
        return row, mapping.Mapping(row.data_type, row.mapping, known, row.options, row.kind), ""
    except MappingFault as told:
        return row, None, str(told)


def _read(case: Case, part: Part, wanted: Wanted, *, fault: str, again: bool) -> Case:
    """Reads one record, or says why not."""
    row, sent = case.row, wanted.corrected or case.row.sent
    for unfit, verdict, because in (
        (not row.is_named, "keep", TOO_OLD),
        (again, "unchanged", AGAIN),
        (wanted.heading is None and row.outcome not in ERRORS, "unchanged", STORED),
        (wanted.heading is None and not of_record(row), "keep", OF_REQUEST),
        (part.mapping is None, "reject", fault),
        ("configuration" in (row.errors or {}), "reject", NO_CONFIGURATION),
        (not isinstance(sent, dict), "keep", NOT_KEPT),
    ):
        if unfit:
            return case.end(verdict, because)
    assert part.mapping is not None
    assert isinstance(sent, dict)
    whole = part.mapping.prepare(sent)
    if wanted.heading is not None:
        return _of_heading(case, part, wanted.heading, whole)
    if whole.errors:
        return case.end("reject", *(text for texts in whole.errors.values() for text in texts))
    case.record = whole
    return case


def _of_heading(case: Case, part: Part, heading: str, whole: Prepared) -> Case:
    """What came under a heading, where it would fill its field."""
    assert part.mapping is not None
    if is_empty(whole.sent.get(heading)):
        return case.end("unchanged", EMPTY)
    name = part.mapping.fields[heading]
    if whole.headings.get(name, heading) != heading:
        return case.end("keep", ELSEWHERE)
    if faults := whole.errors.get("record." + heading):
        return case.end("reject", *faults)
    found = headings.target(part.mapping.type, part.owner, case.row)
    if isinstance(found, str):
        return case.end("keep", found)
    case.filled, case.kind, case.target = name, part.owner, found
    case.record = headings.alone(whole, heading, name)
    return case
