"""The settings: what is taken, what is refused, and that all faults are named at once."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from kohomai.site import environment
from kohomai.site.environment import EnvironmentFault

KEY = "k" * 32


def faults_of(**variables: str) -> list[str]:
    """The faults of these settings; none when they are taken."""
    try:
        environment.read(variables)
    except EnvironmentFault as fault:
        return fault.faults
    return []


def test_has_defaults_for_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    read = environment.read({})
    assert read.data == tmp_path / "data"
    assert (read.port, read.bind, read.url) == (8000, "127.0.0.1", "http://127.0.0.1:8000")
    assert read.embedded
    assert not read.production
    assert read.database_fsync
    assert read.webhook_allow == ()


def test_the_public_address_follows_the_port() -> None:
    assert environment.read({"KOHOMAI_PORT": "9000"}).url == "http://127.0.0.1:9000"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "8000.0", "http", "²", "1e3"])
def test_refuses_a_port_that_is_none(port: str) -> None:
    assert faults_of(KOHOMAI_PORT=port)


@pytest.mark.parametrize(
    "url",
    ["leads.example", "ftp://leads.example", "https://", "https://a@leads.example", "https://leads.example/base",
     "https://leads.example?x=1", "https://leads.example:99999", "https://leads.example#x"],
)  # fmt: skip
def test_refuses_a_public_address_that_is_none(url: str) -> None:
    assert faults_of(KOHOMAI_URL=url)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://leads.example/", "https://leads.example"),
        ("https://Leads.Example:8443", "https://leads.example:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_keeps_a_public_address_in_one_form(url: str, kept: str) -> None:
    assert environment.read({"KOHOMAI_URL": url}).url == kept


@pytest.mark.parametrize(
    ("url", "answered", "refused"),
    [
        ("https://leads.example", {"leads.example", "leads.example:443"}, {"leads.example:80", "localhost"}),
        ("http://leads.example:81", {"leads.example:81"}, {"leads.example", "127.0.0.1:81"}),
        (
            "http://127.0.0.1:8000",
            {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"},
            {"127.0.0.1", "127.0.0.2:8000"},
        ),
    ],
)
def test_knows_the_hosts_it_answers_for(url: str, answered: set[str], refused: set[str]) -> None:
    hosts = environment.read({"KOHOMAI_URL": url}).hosts
    assert answered <= hosts
    assert not refused & hosts


def test_reads_networks() -> None:
    read = environment.read(
        {"KOHOMAI_WEBHOOK_ALLOW": "127.0.0.0/8, ::1", "KOHOMAI_TRUSTED_PROXIES": "10.0.0.0/8"}
    )
    assert read.webhook_allow == (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
    assert read.trusted_proxies == (ipaddress.ip_network("10.0.0.0/8"),)
    assert faults_of(KOHOMAI_WEBHOOK_ALLOW="localhost")
    assert faults_of(KOHOMAI_TRUSTED_PROXIES="10.0.0.1/8")


def test_names_all_faults_at_once() -> None:
    found = faults_of(
        KOHOMAI_PORT="x", KOHOMAI_BIND="nowhere", KOHOMAI_ENV="prod", DATABASE_URL="mysql://a/b"
    )
    assert len(found) == 4
    names = {fault.split()[0] for fault in found}
    assert names == {"KOHOMAI_PORT", "KOHOMAI_BIND", "KOHOMAI_ENV", "DATABASE_URL"}


def test_repeats_no_secret_in_a_fault() -> None:
    assert "hunter2" not in " ".join(
        faults_of(DATABASE_URL="mysql://me:hunter2@db/x", KOHOMAI_SECRET_KEY="hunter2")
    )


@pytest.mark.parametrize(
    "unsafe",
    [
        {"KOHOMAI_URL": "http://leads.example"},
        {"KOHOMAI_DATABASE_FSYNC": "0"},
        {"KOHOMAI_WEBHOOK_ALLOW": "0.0.0.0/0"},
        {"KOHOMAI_TRUSTED_PROXIES": "::/0"},
    ],
)
def test_refuses_what_is_unsafe_in_production(unsafe: dict[str, str]) -> None:
    safe = {"KOHOMAI_ENV": "production", "KOHOMAI_URL": "https://leads.example"}
    assert not faults_of(**safe)
    assert faults_of(**{**safe, **unsafe})


def test_an_outside_database_needs_a_secret_key() -> None:
    outside = {"DATABASE_URL": "postgresql://db.example/kohomai"}
    with pytest.raises(EnvironmentFault, match="KOHOMAI_SECRET_KEY"):
        environment.read(outside).find_secret_key()
    assert environment.read({**outside, "KOHOMAI_SECRET_KEY": KEY}).find_secret_key() == KEY
    assert faults_of(KOHOMAI_SECRET_KEY="short")


def test_a_secret_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    read = environment.read({"KOHOMAI_DATA": str(tmp_path)})
    key = read.find_secret_key()
    assert len(key) >= 32
    assert read.find_secret_key() == key
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret-key"]


def test_an_empty_secret_key_left_by_a_crash_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("")
    assert len(environment.read({"KOHOMAI_DATA": str(tmp_path)}).find_secret_key()) >= 32


def test_a_database_that_was_never_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="run"):
        environment.read({"KOHOMAI_DATA": str(tmp_path)}).find_database_url()
