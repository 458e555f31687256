"""Conversations with a real SMTP server: encrypted, signed in, slow; with a certificate that is made here."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rapport.campaigns import proofs
from rapport.campaigns.mail_servers import fill, save
from rapport.campaigns.models import SmtpServer
from rapport.campaigns.servers import Endpoint
from rapport.sender.conversation import Conversation, UnusableError
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.ingest.serving import until
from tests.sender import office
from tests.sender.sink import sink

if TYPE_CHECKING:
    from pathlib import Path

    from rapport.tenants.models import Tenant
    from tests.conftest import Database

PASSWORD = "open sesame"


def authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, told: object) -> AuthResult:
    """Ada may come in."""
    good = isinstance(told, LoginPassword) and (told.login, told.password) == (b"ada", PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Of `localhost`, made now; this process trusts it, as a deployment does by `SSL_CERT_FILE`."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.Encoding.PEM
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(plain))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(plain, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


def options(security: str, certificate: ssl.SSLContext) -> dict[str, object]:
    """What the server is started with, so that it takes nobody who is not encrypted and signed in."""
    own: dict[str, object] = {"authenticator": authenticate, "auth_required": True, "decode_data": False}
    if security == "smtps":
        return own | {"ssl_context": certificate, "auth_require_tls": False}
    return own | {"tls_context": certificate, "require_starttls": True}


# aiosmtpd means STARTTLS by TLS; this server's whole conversation is encrypted.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["smtp+tls", "smtps"])
def test_mails_go_over_tls_by_whoever_signs_in(
    database: Database, tenant: Tenant, certificate: ssl.SSLContext, security: str
) -> None:
    office.contacts(database, tenant, "ada@example.com", "bob@example.com")
    with sink(**options(security, certificate)) as server, office.serving(database, 25):
        with tenant_scope(tenant) as tenant_id:
            row = SmtpServer(tenant_id=tenant_id)
            given = {"name": "Ours", "host": "localhost", "port": server.port, "security": security}
            fill(row, given | {"user_name": "ada", "password": PASSWORD, "rate": None, "connections": 2})
            save(row, COMMAND, None, new=True)
        with office.sending(database, tenant):
            campaign = office.started(tenant, server=str(row.id))
            until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        assert server.counts == {"ada@example.com": 1, "bob@example.com": 1}
    assert set(office.states(tenant).values()) == {"sent"}


#: What is wrong -> what is said.
REFUSALS = {
    "the password": ({"password": "wrong"}, "535 5.7.8"),
    "nobody signs in": ({"user": "", "password": ""}, "530 5.7.0"),
    "another name": ({"host": "127.0.0.1"}, "certificate"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_a_server_minds_is_said(certificate: ssl.SSLContext, case: str) -> None:
    given, said = REFUSALS[case]
    with sink(**options("smtp+tls", certificate)) as server:
        told = {"host": "localhost", "port": server.port, "security": "smtp+tls", "user": "ada", "password": PASSWORD}
        endpoint = Endpoint(**told | given)
        if case == "nobody signs in":
            fault = asyncio.run(proofs.send(proofs.Proof(endpoint, "a@example.com", "b@example.com", b"x")))
        else:
            fault = asyncio.run(proofs.check_server(endpoint))
            with pytest.raises(UnusableError) as raised:
                asyncio.run(Conversation(endpoint).begin())
            assert said in str(raised.value)
            assert PASSWORD not in str(raised.value)
        assert said in str(fault)
        assert not server.taken


def test_a_server_without_the_encryption_that_is_asked_for_gets_nothing(certificate: ssl.SSLContext) -> None:
    with sink() as server:
        fault = asyncio.run(proofs.check_server(Endpoint("localhost", server.port, "smtp+tls")))
        assert "STARTTLS" in str(fault)
        with pytest.raises(UnusableError):
            asyncio.run(Conversation(Endpoint("localhost", server.port, "smtp+tls", "ada", PASSWORD)).begin())


def test_a_server_that_takes_its_time_gets_every_mail_once(database: Database, tenant: Tenant) -> None:
    """Longer than a lease's renewal; `tests/endurance` has 20 s over each step."""
    addresses = office.many(database, tenant, 6)
    with sink(seconds=0.7) as server, office.serving(database, server.port), office.sending(database, tenant, 2):
        campaign = office.started(tenant)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 60)
        assert server.counts == dict.fromkeys(addresses, 1)
        assert server.asked == dict.fromkeys(addresses, 1)
