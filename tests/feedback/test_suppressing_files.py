"""Who gets nothing comes by file, too: all of it or nothing, and every line that is wrong is named."""

from __future__ import annotations

import io
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from rapport.feedback import suppressing, suppressing_files
from rapport.feedback.address_files import UnreadableError
from rapport.surveys.models import Suppressed, Suppression
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.feedback.test_races import at_once

if TYPE_CHECKING:
    from django.test import Client

    from rapport.tenants.models import Tenant
    from tests.cast import Cast, Person
    from tests.conftest import Database

PEOPLE = 'Id,E-mail,Name\n1,ada@example.com,Ada\n2,Bob@Example.com,"Byron, Bob"\n3,,Cy\n'
#: By names of their own: a file, and the keys of its addresses.
FILES = {
    "one a line": (b"ada@example.com\r\n\r\n  bob@example.com \n", ["e:ada@example.com", "e:bob@example.com"]),
    "headings and ids": (PEOPLE.encode(), ["e:ada@example.com", "e:bob@example.com"]),
    "semicolons": (PEOPLE.replace(",", ";").encode("utf-8-sig"), ["e:ada@example.com", "e:bob@example.com"]),
    "all kinds": (b"example.net\n@example.org\n+44 20 7946 0000\nAda@example.com",
                  ["d:example.net", "d:example.org", "e:ada@example.com", "p:442079460000"]),
    "an old encoding": ("ä@example.com\n".encode("cp1252"), ["e:ä@example.com"]),
    "several in a line": (b"ada@example.com, bob@example.com,\ncy@example.com, dan@example.com",
                          ["e:ada@example.com", "e:bob@example.com", "e:cy@example.com", "e:dan@example.com"]),
    "headings with points and digits": (b"Nr.;E-mail 1\n10023;ada@example.com", ["e:ada@example.com"]),
    "a heading that reads like a domain": (b"E.Mail\nada@example.com", ["e:ada@example.com"]),
    "a domain that reads like a heading": (b"mail.com\nada@example.com", ["d:mail.com", "e:ada@example.com"]),
    "a number in place of an address": (b"Email;Phone\nada@example.com;\n;+442079460000",
                                        ["e:ada@example.com", "p:442079460000"]),
    "a short line": (b"Phone;Email\n;ada@example.com\n+442079460000", ["e:ada@example.com", "p:442079460000"]),
    "an id alone": (b"Customer;E-mail\n10023;ada@example.com\n10024;", ["e:ada@example.com"]),
    "ids before numbers": (b"Customer;Telefon\n10023;+44 20 7946 0000\n10024;", ["p:442079460000"]),
    "ids under a heading like one for numbers": (b"Bestellnummer;Telefon\n10023;+44 20 7946 0000\n442079460001;",
                                                 ["p:442079460000"]),
    "numbers under an English word": (b"E-mail;Cell\nada@example.com;\n;442079460000",
                                      ["e:ada@example.com", "p:442079460000"]),
    "nothing": (b"", []),
    "headings alone": (b"Email\n", []),
}  # fmt: skip
#: By names of their own: a file, and what is said of it.
FAULTY = {
    "two lines": (b"ada@example.com\nnobody\nbob@example.com\n@", ["Line 2: nobody is no e-mail", "Line 4: @ is no e"]),
    "a whole top level": (b"com\nx.com\n.de", ["Line 1: com is no", "Line 3: .de is no"]),
    "an open quotation mark": (b'ada@example.com,"Ada\nbob@example.com,Bob', ["Line 1: its quotation marks do not"]),
    "another sign between": (b"ada@example.com, bob@example.com; cy@example.com", ["Line 1: bob@example.com; cy@"]),
    "several kinds in a line": (b"ada@example.com, +44 20 7946 0000, x.com",
                                ["Line 1: +44 20 7946 0000 may be an", "Line 1: x.com may be an address, too"]),
    "a number alone": (b"Email;Contact\nada@example.com;\n;+442079460000", ["Line 3: column 1, from which addresses"]),
    "digits alone": (b"E-mail;Number\nada@example.com;\n;442079460000", ["Line 3: column 1, from which addresses"]),
    "behind headings": (b"E-mail;Name\nada@example.com;\n;;442079460000", ["Line 3: column 1, from which addresses"]),
    "a domain alone": (b"Email;Shop\nada@example.com;\n;example.com", ["Line 3: column 1, from which addresses"]),
    "a long cell": (b"ada@example.com," + b"x" * 140_000, ["Line 1: a cell has more than 100,000 characters"]),
    "a wide line": (b"," * 600_000 + b"\n" * 600_000, ["Line 1: it has more than 1,000 cells."]),
    "binary": (bytes(range(256)), ["The file must be text or CSV, in UTF-8 or Windows-1252."]),
    "UTF-16": ("ada@example.com".encode("utf-16"), ["The file must be text or CSV, in UTF-8 or Windows-1252."]),
}  # fmt: skip


def send(person: Person, content: bytes = b"", lines: str = "", client: Client | None = None) -> Any:
    """The answer to the page's form."""
    file = io.BytesIO(content)
    file.name = "gone.csv"
    given = {"file": file, "lines": lines, "list": "unsubscribe", "reason": "Moved from the old tool"}
    path = f"/s/{person.tenant.slug}/campaigns/unsubscribes-and-bounces/file"
    return (client or visitor(person)).post(path, given)


def state(tenant: Tenant) -> list[str]:
    """The keys that get nothing now."""
    with tenant_scope(tenant) as tenant_id:
        return sorted(Suppressed.objects.filter(tenant_id=tenant_id).values_list("key", flat=True))


@pytest.mark.parametrize(("content", "keys"), FILES.values(), ids=FILES)
def test_a_file_is_read_as_people_have_it(content: bytes, keys: list[str]) -> None:
    found, faults = suppressing_files.read(content)
    assert (sorted(each.key for each in found), faults) == (keys, [])


@pytest.mark.parametrize(("content", "told"), FAULTY.values(), ids=FAULTY)
def test_every_fault_of_a_file_is_told(content: bytes, told: list[str]) -> None:
    try:
        _, faults = suppressing_files.read(content)
    except UnreadableError as fault:
        faults = [str(fault)]
    assert len(faults) == len(told)
    assert all(fault.startswith(begin) for fault, begin in zip(faults, told, strict=True))


def test_so_many_faults_are_told_by_number() -> None:
    _, faults = suppressing_files.read(b"?1\n" * 1234)
    assert (len(faults), faults[-1]) == (51, "And 1,184 more.")


def test_a_page_takes_a_file_as_a_whole_or_says_what_is_wrong_with_it(cast: Cast) -> None:
    alice, tenant, client = cast.alice, cast.alice.tenant, visitor(cast.alice)
    for content, told in FAULTY.values():
        answer = send(alice, content, lines="nobody.com\nx y", client=client)
        page = unescape(answer.content.decode())
        assert answer.status_code == 422
        assert "Line 2: x y is no e-mail address" in page
        assert [begin for begin in told if begin not in page] == []
    assert "Paste lines, or choose a file that has some." in send(alice, client=client).content.decode()
    large = send(alice, b"ada@example.com\n" * 190_000, client=client)
    assert large.status_code == 413
    assert "must not be larger than 2.5 MB" in large.content.decode()
    assert state(tenant) == []
    given = PEOPLE.encode() + b"4,ADA@example.com,Ada again\n"
    page = client.get(send(alice, given, lines="example.net", client=client)["Location"]).content.decode()
    assert "3 get nothing from now on; 0 were there already." in page
    assert "Moved from the old tool" in page
    page = client.get(send(alice, lines="ada@example.com\nnew@example.com", client=client)["Location"])
    assert "1 get nothing from now on; 1 were there already." in page.content.decode()
    assert state(tenant) == ["d:example.net", "e:ada@example.com", "e:bob@example.com", "e:new@example.com"]
    with tenant_scope(tenant) as tenant_id:
        acts = Suppression.objects.filter(tenant_id=tenant_id)
        assert {(act.source, act.actor_id) for act in acts} == {("file", cast.alice.user.pk)}
    assert "suppressed the addresses of" in client.get(f"/s/{tenant.slug}/settings/audit").content.decode()


def test_nobody_else_adds_a_list(cast: Cast) -> None:
    stranger = visitor(cast.charlie)
    assert send(cast.bob, b"ada@example.com").status_code == 403
    assert send(cast.alice, b"ada@example.com", client=stranger).status_code == 404
    assert state(cast.alice.tenant) == state(cast.charlie.tenant) == []


def test_two_files_at_once_name_each_address_once(database: Database, tenant: Tenant) -> None:
    given = [suppressing.any_address(f"a{number}@example.com") for number in range(1500)]
    added: list[int] = []

    def add(order: int) -> None:
        with tenant_scope(tenant) as tenant_id:
            added.append(suppressing.add_file(tenant_id, given[::order], COMMAND, on="unsubscribe"))

    at_once([lambda: add(1), lambda: add(-1)])
    assert sum(added) == len(state(tenant)) == 1500
    with tenant_scope(tenant) as tenant_id:
        assert Suppression.objects.filter(tenant_id=tenant_id).count() == 1500
