"""Which field each column of a file probably fills, how sure that is, and why; pure.

Names come first: the field's own, then what other systems call it in their exports, then similar ones; values say where
nothing is named, and may say that a name is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rapport.records.fields import Field
from rapport.records.rename import Mapped, folded, suggest

from .shapes import is_taken, shape, takes

HIGH, PROBABLE = "high", "probable"
#: The share of values that a field must take.
FITS = 0.5
#: So many values that are all refused are no accident.
MANY = 10
#: Field -> what others call it. What may as well be something else has a question mark.
NAMES: dict[str, Sequence[str]] = {
    "email": (
        "Email Address", "E-mail Address", "Mail", "Contact Email", "Customer Email", "Person Email", "Work Email",
        "Primary Email", "Business Email", "Recipient Email", "Respondent Email", "User Email", "E-Mail-Adresse",
        "Adresse e-mail", "Correo electrónico", "Email - Work", "E-mailadres", "Courriel", "Adresse de courriel",
        "Correo", "Dirección de correo",
    ),
    "phone": (
        "Phone Number", "Telephone", "Tel", "Business Phone", "Work Phone", "Contact Phone", "Primary Phone",
        "Phone - Work", "Customer Phone", "Telefon", "Téléphone", "Mobile?", "Mobile Phone?", "Mobile Number?",
        "Cell?", "Cell Phone?", "Mobile Phone Number?", "Telefoon", "Telefoonnummer", "Telefonnummer",
        "Numéro de téléphone", "Teléfono", "Número de teléfono", "Mobiel?", "Mobil?", "Handy?", "Portable?", "Móvil?",
    ),
    "first_name": (
        "First", "Given Name", "Forename", "Recipient First Name", "Contact First Name", "Vorname", "Prénom",
        "Nombre?", "Voornaam",
    ),
    "last_name": (
        "Last", "Surname", "Family Name", "Recipient Last Name", "Contact Last Name", "Nachname", "Nom de famille",
        "Apellidos", "Achternaam", "Familienname", "Nom?", "Apellido",
    ),
    "account_name": (
        "Company", "Company Name", "Account", "Organization", "Organisation", "Organization Name", "Organisation Name",
        "Associated Company", "Primary Company", "Associated Company (Primary)", "Business Name", "Firma",
        "Entreprise", "Customer?", "Customer Name?", "Client?", "Employer?", "Deal - Organization?", "Bedrijf",
        "Bedrijfsnaam", "Unternehmen", "Société", "Empresa", "Compañía", "Klant?", "Kunde?",
    ),
    "job_title": (
        "Title", "Position", "Role?", "Job", "Contact Title", "Job Function?", "Functie", "Funktion?", "Fonction",
        "Poste?", "Cargo", "Puesto?",
    ),
    "job_level": ("Seniority", "Level?", "Management Level"),
    "language": (
        "Preferred Language", "Contact Language", "Language Code", "Survey Language", "Sprache", "Locale?", "Taal",
        "Langue", "Idioma",
    ),
    "time_zone": (
        "Timezone", "TZ", "Contact Time Zone", "Time-zone", "Zeitzone", "Fuseau horaire", "Tijdzone", "Zona horaria",
    ),
    "manager": (
        "Account Owner", "Company Owner", "Owner", "CSM", "Customer Success Manager", "Organization - Owner",
        "Owner Name", "Sales Rep?",
    ),
    "manager_email": ("Owner Email", "Account Owner Email", "CSM Email", "Company Owner Email"),
    "parent_account": ("Parent", "Parent Company", "Parent Organization", "Ultimate Parent?"),
    "industry": ("Sector", "Vertical", "Branche", "Industry Group?", "Secteur", "Bedrijfstak", "Sector de actividad"),
    "company_size": ("Employees", "Number of Employees", "Employee Count", "Headcount", "Size?", "Company Headcount"),
    "region": (
        "Territory", "Area?", "Sales Region", "Country/Region?", "Country?", "Regio", "Région", "Región", "Land?",
        "Pays?", "País?",
    ),
    "number": (
        "Customer Number", "Customer ID", "Account ID", "Company ID?", "Client ID?", "External ID?", "Klantnummer",
        "Kundennummer", "Numéro de client", "Número de cliente",
    ),
    "nps_score": ("Score", "NPS", "NPS Rating", "Likelihood to Recommend", "Recommend Score", "Rating?"),
    "comment": (
        "Feedback", "Verbatim", "Comments", "Answer Comment", "Reason for Score", "Feedback Text", "Response?",
        "Opmerking", "Kommentar", "Commentaire", "Comentario",
    ),
    "sent_date": ("Sent At", "Date Sent", "Survey Sent", "Survey Sent At", "Sent", "Sent On", "Invitation Date"),
    "response_date": (
        "Responded At", "Response At", "Answered At", "Submitted At", "Submit Date", "Date submitted", "Submitdate",
        "Date Responded", "Survey Response Date", "Responded On", "Completed At", "Answered?", "Created At?",
    ),
    "touchpoint": ("Survey Touchpoint", "Journey Stage?"),
    "order_date": (
        "Purchase Date", "Date of Order", "Ordered At", "Transaction Date?", "Besteldatum", "Bestelldatum",
        "Date de commande", "Fecha de pedido",
    ),
    "happened_at": ("Date?", "Activity Date", "Occurred At", "Timestamp?", "Created At?", "Datum?", "Fecha?"),
    "reference": ("ID?", "Activity ID", "Ticket ID", "External Reference", "Reference Number", "Case Number"),
}  # fmt: skip
_CALLED, _SOME = "Other systems call it so.", "Some systems call it so."
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class Guess(NamedTuple):
    """The field that a column probably fills."""

    field: str
    #: `high` or `probable`.
    confidence: str
    reason: str


def propose(sample: Mapping[str, Sequence[str]], fields: Iterable[Field]) -> dict[str, Guess]:
    """Heading -> the field that it probably fills, each field once; `sample` has what stands under each heading."""
    fields = list(fields)
    found: list[tuple[int, int, str, Guess]] = []
    for place, (heading, values) in enumerate(sample.items()):
        for field in fields:
            judged = _by_name(heading, field) if fits(values, field) else None
            if judged is not None:
                found.append((-judged[0], place, heading, judged[1]))
    proposed: dict[str, Guess] = {}
    taken: set[str] = set()
    for _, _, heading, guess in sorted(found, key=lambda each: each[:2]):
        if heading not in proposed and guess.field not in taken:
            proposed[heading] = guess
            taken.add(guess.field)
    others = _named_besides(fields)
    left = {name: values for name, values in sample.items() if name not in proposed and folded(name) not in others}
    return proposed | _by_shape(left, [field for field in fields if field.name not in taken], fields)


def _named_besides(fields: Iterable[Field]) -> set[str]:
    """Headings that surely name what is none of the fields: their values say nothing more."""
    names = NAMES.keys() - {field.name for field in fields}
    return {folded(each) for name in names for each in NAMES[name] if not each.endswith("?")}


def _by_shape(sample: Mapping[str, Sequence[str]], free: Sequence[Field], fields: Sequence[Field]) -> dict[str, Guess]:
    """What the columns that are left probably fill of the fields that are free."""
    left = {
        heading: filled for heading, values in sample.items() if (filled := [each for each in values if each.strip()])
    }
    proposed: dict[str, Guess] = {}
    for field in free:
        looks = shape(field, fields)
        alike = [heading for heading in left if looks and looks.holds(left[heading])]
        if looks and alike and not (looks.alone and len(alike) > 1):
            proposed[alike[0]] = Guess(field.name, PROBABLE, looks.reason)
            del left[alike[0]]
    return proposed


def doubt(values: Sequence[str], field: Field) -> str | None:
    """A sentence where a field does not take most of the values, as where two columns are swapped."""
    if fits(values, field):
        return None
    example = next(value for value in values if not is_taken(field, value))
    return f"Most values are no {field.label}, such as {example[:60]!r}; are two columns swapped?"


def swapped(sample: Mapping[str, Sequence[str]], fields: Mapping[str, Field]) -> str | None:
    """A sentence where a field takes not one of many values: `fields` has the field of each heading that is mapped."""
    for heading, field in fields.items():
        values = [value for value in sample.get(heading, ()) if value.strip()]
        if len(values) >= MANY and not any(is_taken(field, value) for value in values):
            return f"No value under {heading} is {field.label}, such as {values[0][:60]!r}; are two columns swapped?"
    return None


def fits(values: Sequence[str], field: Field) -> bool:
    """Whether a field takes most of the values; it takes nothing as well."""
    filled = [value for value in values if value.strip()]
    return not filled or takes(field, filled, FITS)


def _by_name(heading: str, field: Field) -> tuple[int, Guess] | None:
    name, own = field.name.rpartition(".")[2], folded(heading)
    if own in (folded(field.label), folded(name)):
        return 5, Guess(field.name, HIGH, "It has the field's name.")
    others = {folded(other): not other.endswith("?") for other in NAMES.get(field.name, ())}
    if own in others:
        sure = others[own]
        return (4, Guess(field.name, HIGH, _CALLED)) if sure else (3, Guess(field.name, PROBABLE, _SOME))
    candidates = [Mapped(each, field.name, field.type, None) for each in (field.label, name)]
    if suggest(heading, [], _ANY_TIME, candidates) is not None:
        return 2, Guess(field.name, PROBABLE, "Its name is similar.")
    return None
