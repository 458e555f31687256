"""What the domain of a sender says of itself, and what the large receivers make of it, in plain words.

Gmail's, Yahoo's and Microsoft's rules for senders: since 2024 and 2025 they want SPF and DKIM and a DMARC record of who
sends 5,000 mails a day, one of the first two of everybody, complaints under 0.1 % and unsubscribing by one click.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

#: Seconds of a look-up, and how many at once.
SECONDS, TOGETHER = 4.0, 8
#: Look-ups that an SPF record may cause (RFC 7208 §4.6.4).
SPF_LIMIT = 10
#: Selectors that are tried where nobody names one.
SELECTORS = ("default", "dkim", "mail", "k1", "k2", "s1", "s2", "selector1", "selector2", "google", "mx", "smtp")
GOOD, POOR, BAD, OPEN = "good", "poor", "bad", "open"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked up."""

    name: str
    #: `good`, `poor`, `bad`, or `open` where nobody can tell.
    state: str
    #: In a sentence or two.
    told: str
    #: The record as it is.
    record: str | None = None


class AwayError(Exception):
    """The name server did not answer."""


def resolver() -> dns.resolver.Resolver:
    """Asks the name servers of this machine."""
    made = dns.resolver.Resolver()
    made.lifetime = made.timeout = SECONDS
    return made


def look(domain: str, selector: str = "", host: str = "") -> list[Finding]:
    """SPF, DKIM, DMARC and MX of a domain, and PTR of the server that hands its mails over."""
    asked = resolver()
    steps = [partial(_spf, asked, domain), partial(_dkim, asked, domain, selector), partial(_dmarc, asked, domain)]
    steps += [partial(_mx, asked, domain), partial(_ptr, asked, host)]
    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(_safely, steps))


def verdict(findings: Sequence[Finding]) -> list[str]:
    """What the large receivers will do, in sentences."""
    state = {each.name: each.state for each in findings}
    if OPEN in (state["SPF"], state["DMARC"]):
        return ["The name server did not answer; look again in a moment."]
    signed = state["DKIM"] in (GOOD, POOR)
    told = []
    if state["SPF"] == BAD and not signed:
        told.append("Gmail, Yahoo and Microsoft refuse these mails or call them spam: nothing says who may send them.")
    elif state["SPF"] == BAD or not signed:
        lacking = "SPF" if state["SPF"] == BAD else "DKIM, as far as anybody can see"
        told.append(
            f"Few mails a day arrive. From 5,000 on, Gmail, Yahoo and Microsoft want SPF and DKIM: {lacking} lacks."
        )
    if state["DMARC"] == BAD:
        told.append(
            "From 5,000 a day on, all three want DMARC, if only with p=none; Microsoft refuses with 550 5.7.515."
        )
    if state["PTR"] == BAD:
        told.append("Gmail refuses or defers mails from an address whose name does not lead back to it.")
    if state["MX"] == BAD:
        told.append("Bounces cannot come back, so that mails go on to people who are not there.")
    if not told:
        told.append("Gmail, Yahoo and Microsoft take these mails, also more than 5,000 a day.")
    told.append(
        "Whoever sends 5,000 a day once is a bulk sender for good: keep complaints under 0.1 %. Unsubscribing"
        " by one click is in every mail of ours, and the mail server has to sign it."
    )
    return told


def _safely(step: Any) -> Finding:
    try:
        found: Finding = step()
    except AwayError:
        name = step.func.__name__.strip("_").upper()
        found = Finding(name, OPEN, "The name server did not answer.")
    return found


def _ask(asked: dns.resolver.Resolver, name: str, kind: str) -> list[Any]:
    """The answers, none where there is no such name. Raises `AwayError`."""
    try:
        return list(asked.resolve(name, kind, raise_on_no_answer=False))
    except (dns.resolver.NXDOMAIN, dns.resolver.YXDOMAIN):
        return []
    except dns.exception.DNSException as fault:
        raise AwayError from fault


def _texts(asked: dns.resolver.Resolver, name: str) -> list[str]:
    return [b"".join(each.strings).decode(errors="replace") for each in _ask(asked, name, "TXT")]


def _spf(asked: dns.resolver.Resolver, domain: str) -> Finding:
    records = [text for text in _texts(asked, domain) if text.lower().split(" ")[0] == "v=spf1"]
    if not records:
        return Finding(
            "SPF", BAD, f"{domain} does not say which servers may send its mails. Add a TXT record: v=spf1 … -all."
        )
    record = records[0]
    if len(records) > 1:
        return Finding(
            "SPF", BAD, "There are several SPF records, which counts as none. Make one of them.", " | ".join(records)
        )
    number = _lookups(asked, domain, set())
    if number > SPF_LIMIT:
        told = f"The SPF record causes {number} look-ups; more than {SPF_LIMIT} count as an error."
        return Finding("SPF", BAD, told, record)
    terms = record.lower().split()
    if "+all" in terms or "all" in terms:
        return Finding("SPF", BAD, "The SPF record lets everybody send: end it with -all or ~all.", record)
    if not any(term in ("-all", "~all") or term.startswith("redirect=") for term in terms):
        return Finding(
            "SPF", POOR, "The SPF record does not say what holds for others: end it with -all or ~all.", record
        )
    return Finding("SPF", GOOD, "The domain says which servers may send its mails; ours must be one of them.", record)


def _lookups(asked: dns.resolver.Resolver, domain: str, seen: set[str]) -> int:
    """How many look-ups the SPF record of a domain causes, all it includes among them; a bit more than too many."""
    if domain in seen or len(seen) > SPF_LIMIT:
        return 0
    seen.add(domain)
    number = 0
    for text in _texts(asked, domain):
        if text.lower().split(" ")[0] != "v=spf1":
            continue
        for term in text.split()[1:]:
            word = term.lstrip("+-~?").lower()
            name = word.partition(":")[0].partition("/")[0]
            number += name in ("a", "mx", "ptr", "exists", "include") or word.startswith("redirect=")
            target = word.removeprefix("include:") if word.startswith("include:") else word.removeprefix("redirect=")
            if target != word and "%" not in target:
                number += _lookups(asked, target, seen)
    return number


def _dkim(asked: dns.resolver.Resolver, domain: str, selector: str) -> Finding:
    tried = [selector] if selector else list(SELECTORS)
    for each in tried:
        for text in _texts(asked, f"{each}._domainkey.{domain}"):
            tags = _tags(text)
            if "p" in tags and not tags["p"]:
                return Finding("DKIM", BAD, f"The key under {each} is revoked; sign with another one.", text)
            if "p" in tags:
                weak = tags.get("k", "rsa") == "rsa" and len(tags["p"]) < 200
                told = f"There is a key under {each}." + (
                    " It has 1,024 bits or fewer; make one of 2,048." if weak else ""
                )
                return Finding("DKIM", POOR if weak else GOOD, told + " The mail server must sign with it.", text)
    if selector:
        return Finding("DKIM", BAD, f"There is no key under {selector}._domainkey.{domain}.")
    return Finding(
        "DKIM", BAD, "There is no key under the usual selectors. Name the one that the mail server signs with."
    )


def _tags(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, mark, value in parts if mark}


def _dmarc(asked: dns.resolver.Resolver, domain: str) -> Finding:
    for name in _above(domain):
        records = [text for text in _texts(asked, f"_dmarc.{name}") if text.lower().startswith("v=dmarc1")]
        if len(records) > 1:
            return Finding("DMARC", BAD, "There are several DMARC records, which counts as none.", " | ".join(records))
        if records:
            tags = _tags(records[0])
            policy = tags.get("sp" if name != domain and "sp" in tags else "p", "").lower()
            if policy not in ("none", "quarantine", "reject"):
                return Finding("DMARC", BAD, "The DMARC record has no policy: add p=none.", records[0])
            told = {
                "none": "Receivers are asked to do nothing where SPF and DKIM fail. That is enough for them.",
                "quarantine": "Receivers call what fails SPF and DKIM spam, ours too if the mail server does not sign.",
                "reject": "Receivers refuse what fails SPF and DKIM, ours too if the mail server does not sign.",
            }[policy]
            return Finding("DMARC", GOOD, told, records[0])
    return Finding("DMARC", BAD, f"There is no DMARC record. Add a TXT record at _dmarc.{domain}: v=DMARC1; p=none.")


def _above(domain: str) -> Iterator[str]:
    """The domain, and those above it but the top."""
    labels = domain.split(".")
    yield from (".".join(labels[n:]) for n in range(len(labels) - 1))


def _mx(asked: dns.resolver.Resolver, domain: str) -> Finding:
    servers = sorted((each.preference, str(each.exchange)) for each in _ask(asked, domain, "MX"))
    if servers and servers[0][1] == ".":
        return Finding("MX", BAD, "The domain says that it takes no mail.", "0 .")
    if servers:
        told = "Answers and bounces find a server. It must deliver what comes for the sender's address with a + in it."
        return Finding("MX", GOOD, told, ", ".join(name.rstrip(".") for _, name in servers))
    if _ask(asked, domain, "A") or _ask(asked, domain, "AAAA"):
        return Finding("MX", POOR, "The domain names no mail server; its own address is tried instead.")
    return Finding("MX", BAD, "The domain takes no mail: neither answers nor bounces come back.")


def _ptr(asked: dns.resolver.Resolver, host: str) -> Finding:
    addresses = _addresses(asked, host) if host else []
    public = [each for each in addresses if each.is_global]
    if not public:
        told = "The mail server is inside, or a provider's: look at the address that it sends from."
        return Finding("PTR", POOR, told, ", ".join(map(str, addresses)) or None)
    for address in public:
        names = [
            str(each.target).rstrip(".") for each in _ask(asked, str(dns.reversename.from_address(str(address))), "PTR")
        ]
        if not any(address in _addresses(asked, name) for name in names):
            told = f"The address {address} of {host} has no name that leads back to it."
            return Finding("PTR", BAD, told, ", ".join(names) or None)
    return Finding(
        "PTR", GOOD, f"The addresses of {host} have names that lead back to them.", ", ".join(map(str, public))
    )


def _addresses(asked: dns.resolver.Resolver, host: str) -> list[Any]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        return [ipaddress.ip_address(each.address) for kind in ("A", "AAAA") for each in _ask(asked, host, kind)]
