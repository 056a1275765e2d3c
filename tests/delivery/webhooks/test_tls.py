"""TLS: the receiver is asked for by its name, and believed only with a certificate for it that we trust."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kohomai.delivery.webhooks.client import REASON_LIMIT, Answer, CallFailed, Client, tls_context

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
NAME = "hook.example.com"


@dataclass(frozen=True, slots=True)
class Authority:
    """One that signs certificates, and a folder for what it signs."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    folder: Path

    def sign(self, *names: str, days: float = 30.0, itself: bool = False) -> ssl.SSLContext:
        """What a server with a certificate for these names serves by; ``days`` until it ends, ``itself``: signed by
        nobody else."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
        alternatives = [
            x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
            for name in names
        ]
        certificate = (
            _builder(subject, subject if itself else self.certificate.subject, key, days)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .sign(key if itself else self.key, hashes.SHA256())
        )
        chain, secret = self.folder / "chain.pem", self.folder / "key.pem"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(_pem(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, secret)
        return context


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )


def make_authority(folder: Path) -> Authority:
    """A new one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The tests' authority")])
    certificate = (
        _builder(name, name, key, 90)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate, folder)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The one we trust."""
    return make_authority(tmp_path)


@pytest.fixture
def call(authority: Authority) -> Callable[..., tuple[Answer | str, list[str | None]]]:
    """Calls a receiver on loopback; what came of it, and the names it was asked for by (SNI)."""

    async def loopback(host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async def go(serving: ssl.SSLContext, host: str, calls: int) -> tuple[Answer | str, list[str | None]]:
        asked: list[str | None] = []
        serving.sni_callback = lambda _, name, __: asked.append(name)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for _ in range(calls):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(2)
                shown = head.lower().split(b"\r\nhost: ")[1].split(b"\r\n")[0]
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(shown), shown))

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=serving)
        port = server.sockets[0].getsockname()[1]
        trusting = tls_context()
        pem = authority.certificate.public_bytes(serialization.Encoding.PEM).decode()
        trusting.load_verify_locations(cadata=pem)
        client = Client(LOOPBACK, resolve=loopback, tls=trusting, time_limit=3.0)
        found: Answer | str = ""
        try:
            for _ in range(calls):
                found = await client.call(f"https://{host}:{port}/", body=b"{}")
        except CallFailed as failed:
            found = str(failed)
        client.close()
        server.close()
        if isinstance(found, Answer):
            assert found.body.decode() == f"{host}:{port}"
        return found, asked

    def called(
        serving: ssl.SSLContext, host: str = NAME, calls: int = 1
    ) -> tuple[Answer | str, list[str | None]]:
        return asyncio.run(go(serving, host, calls))

    return called


Call = Callable[..., tuple[Answer | str, list[str | None]]]


def test_a_receiver_is_asked_for_by_its_name(authority: Authority, call: Call) -> None:
    answer, asked = call(authority.sign("other.example.com", NAME))
    assert isinstance(answer, Answer)
    assert answer.status == 200
    assert asked == [NAME]


def test_a_connection_that_is_kept_greets_once(authority: Authority, call: Call) -> None:
    answer, asked = call(authority.sign(NAME), calls=3)
    assert isinstance(answer, Answer)
    assert asked == [NAME]


def test_an_address_of_digits_needs_a_certificate_for_it(authority: Authority, call: Call) -> None:
    answer, asked = call(authority.sign("127.0.0.1"), "127.0.0.1")
    assert isinstance(answer, Answer)
    assert asked == [None]
    assert "IP address mismatch" in str(call(authority.sign(NAME), "127.0.0.1")[0])


def test_a_wrong_name_is_refused(authority: Authority, call: Call) -> None:
    said, asked = call(authority.sign("other.example.com"))
    assert said == (
        "Its certificate is not valid: Hostname mismatch, certificate is not valid for 'hook.example.com'."
    )
    assert asked == [NAME]


def test_a_star_is_for_one_level(authority: Authority, call: Call) -> None:
    assert isinstance(call(authority.sign("*.example.com"))[0], Answer)
    assert "mismatch" in str(call(authority.sign("*.example.com"), "a.hook.example.com")[0])


def test_one_that_has_expired_is_refused(authority: Authority, call: Call) -> None:
    said, _ = call(authority.sign(NAME, days=-1))
    assert said == "Its certificate is not valid: certificate has expired."


def test_one_that_signed_itself_is_refused(authority: Authority, call: Call) -> None:
    said, _ = call(authority.sign(NAME, itself=True))
    assert said == "Its certificate is not valid: self-signed certificate."


def test_one_of_an_unknown_authority_is_refused(tmp_path: Path, call: Call) -> None:
    stranger = make_authority(tmp_path)
    said, _ = call(stranger.sign(NAME))
    assert "certificate is not valid" in str(said)


def test_one_that_speaks_an_old_protocol_only_is_refused(authority: Authority, call: Call) -> None:
    serving = authority.sign(NAME)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        serving.minimum_version = serving.maximum_version = ssl.TLSVersion.TLSv1_1
    assert isinstance(call(serving)[0], str)


def test_what_is_said_of_it_is_never_longer_than_the_log_keeps(authority: Authority, call: Call) -> None:
    """It repeats the name, which can be as long as names can be."""
    name = ".".join(["a" * 63] * 3 + ["b" * 48]) + ".example.com"
    said, _ = call(authority.sign(NAME), name)
    assert name[:200] in str(said)
    assert len(str(said)) == REASON_LIMIT


def called_plainly(first: bytes, hang: bool = False) -> str:
    """What a call by TLS says of a server that speaks none."""

    async def go() -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(first)
            if hang:
                await asyncio.sleep(30)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = Client(LOOPBACK, time_limit=0.5)
        with pytest.raises(CallFailed) as failed:
            await client.call(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", body=b"{}")
        server.close()
        return str(failed.value)

    return asyncio.run(go())


def test_one_that_speaks_no_tls_is_refused() -> None:
    assert called_plainly(b"HTTP/1.1 200 OK\r\n\r\n").startswith("TLS failed (")


def test_one_that_never_ends_its_greeting_is_left() -> None:
    assert called_plainly(b"", hang=True) == "There was no answer within 0.5 s."
