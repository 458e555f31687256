"""What a domain says of itself, asked of a real name server, and what is said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dns.resolver
import pytest
from django.test import Client

from rapport.campaigns import domains, rules
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.campaigns.names import Zone, serving
from tests.campaigns.test_pages import Desk

if TYPE_CHECKING:
    from tests.cast import Cast

KEY = '"v=DKIM1; k=rsa; p=' + "A" * 200 + '" "' + "B" * 190 + '"'
GOOD: dict[tuple[str, str], list[str]] = {
    ("example.com", "TXT"): ['"something else"', '"v=spf1 include:_spf.example.net -all"'],
    ("_spf.example.net", "TXT"): ['"v=spf1 ip4:8.8.8.0/24 -all"'],
    ("s1._domainkey.example.com", "TXT"): [KEY],
    ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=none; rua=mailto:d@example.com"'],
    ("example.com", "MX"): ["10 mx.example.com."],
    ("mx.example.com", "A"): ["8.8.8.8"],
    ("8.8.8.8.in-addr.arpa", "PTR"): ["mx.example.com."],
}


def looked(monkeypatch: pytest.MonkeyPatch, zone: Zone, *given: str) -> dict[str, domains.Finding]:
    with serving(zone) as asked:
        monkeypatch.setattr(domains, "resolver", lambda: asked)
        return {each.name: each for each in domains.look(*(given or ("example.com", "", "mx.example.com")))}


def test_a_domain_with_everything_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = looked(monkeypatch, GOOD)
    assert {name: each.state for name, each in found.items()} == dict.fromkeys(found, "good")
    assert list(found) == ["SPF", "DKIM", "DMARC", "MX", "PTR"]
    assert found["SPF"].record == "v=spf1 include:_spf.example.net -all"
    told = domains.verdict(list(found.values()))
    assert told[0] == "Gmail, Yahoo and Microsoft take these mails, also more than 5,000 a day."


#: What is changed -> what is found wrong, how bad, and a word of what is said.
CASES: dict[str, tuple[dict[tuple[str, str], list[str] | None], str, str, str]] = {
    "no SPF": ({("example.com", "TXT"): None}, "SPF", "bad", "does not say which servers"),
    "two SPF": ({("example.com", "TXT"): ['"v=spf1 -all"', '"v=spf1 ~all"']}, "SPF", "bad", "several"),
    "everybody": ({("example.com", "TXT"): ['"v=spf1 +all"']}, "SPF", "bad", "lets everybody send"),
    "no end": ({("example.com", "TXT"): ['"v=spf1 mx"']}, "SPF", "poor", "end it with"),
    "too many": (
        {("example.com", "TXT"): ['"v=spf1 ' + " ".join(f"a:h{n}.example.com" for n in range(11)) + ' -all"']},
        "SPF", "bad", "11 look-ups",
    ),
    "a loop": ({("_spf.example.net", "TXT"): ['"v=spf1 include:example.com -all"']}, "SPF", "good", ""),
    "no key": ({("s1._domainkey.example.com", "TXT"): None}, "DKIM", "bad", "usual selectors"),
    "revoked": ({("s1._domainkey.example.com", "TXT"): ['"v=DKIM1; p="']}, "DKIM", "bad", "revoked"),
    "weak": ({("s1._domainkey.example.com", "TXT"): ['"p=' + "A" * 150 + '"']}, "DKIM", "poor", "2,048"),
    "no DMARC": ({("_dmarc.example.com", "TXT"): None}, "DMARC", "bad", "no DMARC record"),
    "no policy": ({("_dmarc.example.com", "TXT"): ['"v=DMARC1; rua=mailto:a@b.example"']}, "DMARC", "bad", "no policy"),
    "refuses": ({("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=reject"']}, "DMARC", "good", "ours too"),
    "takes no mail": ({("example.com", "MX"): ["0 ."]}, "MX", "bad", "takes no mail"),
    "no MX": ({("example.com", "MX"): None}, "MX", "bad", "neither answers nor bounces"),
    "no way back": ({("8.8.8.8.in-addr.arpa", "PTR"): ["other.example.com."]}, "PTR", "bad", "leads back"),
    "inside": ({("mx.example.com", "A"): ["10.0.0.1"]}, "PTR", "poor", "inside"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_lacks_is_said(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    change, name, state, said = CASES[case]
    zone = {key: records for key, records in {**GOOD, **change}.items() if records is not None}
    found = looked(monkeypatch, zone)
    assert (found[name].state, said in found[name].told) == (state, True), found[name]
    told = domains.verdict(list(found.values()))
    assert ("also more than 5,000 a day" in told[0]) == (state != "bad")


def test_the_record_above_counts_for_a_domain_below(monkeypatch: pytest.MonkeyPatch) -> None:
    zone = {**GOOD, ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=reject; sp=none"']}
    assert looked(monkeypatch, zone, "news.example.com")["DMARC"].told.startswith("Receivers are asked to do nothing")


def test_a_selector_that_is_named_is_the_only_one_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no key under other._domainkey.example.com" in looked(monkeypatch, GOOD, "example.com", "other")["DKIM"].told


def test_a_name_server_that_is_away_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    away = dns.resolver.Resolver(configure=False)
    away.nameservers, away.port, away.lifetime = ["127.0.0.1"], 1, 0.2
    monkeypatch.setattr(domains, "resolver", lambda: away)
    found = domains.look("example.com")
    assert {each.state for each in found} == {"open", "poor"}
    assert domains.verdict(found) == ["The name server did not answer; look again in a moment."]


def test_the_page_and_the_api_look_up_the_senders_domain(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    alice = cast.alice
    with tenant_scope(alice.tenant) as tenant_id:
        rules.change(rules.of(tenant_id), COMMAND, {"sender_address": "ada@example.com"})
    client = Client(headers={"host": "127.0.0.1:8000", **alice.bearer})
    with serving(GOOD) as asked:
        monkeypatch.setattr(domains, "resolver", lambda: asked)
        page = Desk(alice).get("/campaigns/domain").content.decode()
        assert "take these mails, also more than 5,000 a day" in page
        told = client.get("/api/sender-domain").json()
        assert (told["domain"], len(told["findings"])) == ("example.com", 5)
        other = client.get("/api/sender-domain?domain=Other.Example&selector=x").json()
        assert other["domain"] == "other.example"
        assert other["findings"][0]["state"] == "bad"
    assert client.get("/api/sender-domain?domain=no%20domain").status_code == 422
    assert client.get("/api/sender-domain?selector=%C3%BC").status_code == 422
    assert Desk(alice).get("/campaigns/domain?domain=no+domain").status_code == 422
    assert Desk(cast.bob).get("/campaigns/domain").status_code == 403


def test_the_command_looks_up_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    from rapport.cli.main import main  # noqa: PLC0415

    with serving(GOOD) as asked:
        monkeypatch.setattr(domains, "resolver", lambda: asked)
        done = CliRunner().invoke(main, ["campaigns", "domain", "example.com"])
    assert done.exit_code == 0, done.output
    assert "Gmail, Yahoo and Microsoft take these mails" in done.output
