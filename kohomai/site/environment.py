"""The settings that come from the environment, read and checked in one place.

Everything else reads them from here, or, below `kohomai.site`, from `django.conf.settings.KOHOMAI_*`.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class EnvironmentFault(Exception):
    """Settings that cannot be used; `faults` holds one sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting, as `kohomai doctor` lists it."""

    name: str
    default: str
    meaning: str
    secret: bool = False


VARIABLES = (
    Variable(
        "KOHOMAI_DATA", "./data", "The folder for all that is kept: database, secret key, first-run.json."
    ),
    Variable("KOHOMAI_PORT", "8000", "The port the web server listens on."),
    Variable("KOHOMAI_BIND", "127.0.0.1", "The address the web server listens on."),
    Variable(
        "KOHOMAI_URL", "http://127.0.0.1:<port>", "The public base URL; requests for other hosts are refused."
    ),
    Variable(
        "KOHOMAI_TRUSTED_PROXIES", "", "Networks of proxies whose X-Forwarded-For and -Proto are believed."
    ),
    Variable(
        "KOHOMAI_SECRET_KEY", "made in the data folder", "Signs and encrypts; at least 32 characters.", True
    ),
    Variable("KOHOMAI_ENV", "", "`production` refuses unsafe settings."),
    Variable("DATABASE_URL", "the embedded PostgreSQL", "An outside PostgreSQL 16 or newer.", True),
    Variable(
        "KOHOMAI_DATABASE_POOLER", "0", "1 when DATABASE_URL goes through a pooler in transaction mode."
    ),
    Variable(
        "KOHOMAI_LISTEN_URL", "DATABASE_URL", "A direct connection for LISTEN where there is a pooler.", True
    ),
    Variable(
        "KOHOMAI_DATABASE_FSYNC", "1", "0 lets the embedded PostgreSQL lose data at a crash: for tests only."
    ),
    Variable("KOHOMAI_DATABASE_USER", "", "As root: the system user that runs the embedded PostgreSQL."),
    Variable(
        "KOHOMAI_WEBHOOK_ALLOW",
        "",
        "Networks that webhooks and mail servers may be in though they are private, without TLS too.",
    ),
    Variable("KOHOMAI_PROVIDERS", "", "Import paths of further enrichment providers, separated by commas."),
    Variable("KOHOMAI_WEB_PROCESSES", "2", "Processes of the web server."),
    Variable("KOHOMAI_WEB_THREADS", "32", "Threads that answer requests, in each process."),
    Variable("KOHOMAI_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
)


SECRETS = frozenset(variable.name for variable in VARIABLES if variable.secret)


@dataclass(frozen=True, slots=True)
class Environment:
    """All settings from the environment, typed."""

    data: Path
    port: int
    bind: str
    url: str
    trusted_proxies: tuple[Network, ...]
    secret_key: str | None
    production: bool
    database_url: str | None
    database_pooler: bool
    listen_url: str | None
    database_fsync: bool
    database_user: str | None
    webhook_allow: tuple[Network, ...]
    providers: str
    web_processes: int
    web_threads: int
    log_level: str

    @property
    def embedded(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url is None

    @property
    def secure(self) -> bool:
        """Whether the public address is reached by https."""
        return self.url.startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """The values of the Host header that are answered.

        The public one; where that is a loopback address, its other names too, since they cannot lead elsewhere.
        """
        parts = urlsplit(self.url)
        name = parts.hostname or ""
        name = f"[{name}]" if ":" in name else name
        names = LOOPBACK_NAMES if name in LOOPBACK_NAMES else {name}
        port = parts.port or (443 if self.secure else 80)
        found = {f"{each}:{port}" for each in names}
        if port in (80, 443):
            found |= names
        return frozenset(found)

    @property
    def database_url_file(self) -> Path:
        """Where the address of the embedded PostgreSQL is written when it runs."""
        return self.data / "database-url"

    def find_database_url(self) -> str:
        """The address of the database: the outside one, else that of the embedded one.

        Raises EnvironmentFault when the embedded one has never been started.
        """
        if self.database_url is not None:
            return self.database_url
        try:
            return self.database_url_file.read_text().strip()
        except OSError as error:
            raise EnvironmentFault(
                [f"There is no database in {self.data} yet: start Kohomai once with ./run."]
            ) from error

    def find_secret_key(self) -> str:
        """The secret key; with the embedded database it is made in the data folder when it is missing.

        Raises EnvironmentFault when there is an outside database and no key.
        """
        if self.secret_key is not None:
            return self.secret_key
        if not self.embedded:
            raise EnvironmentFault(
                ["KOHOMAI_SECRET_KEY is required with an outside database (DATABASE_URL)."]
            )
        return _read_or_make_key(self.data / "secret-key")


def _read_or_make_key(path: Path) -> str:
    """Read the key kept at `path`, or make one, readable by its owner only; complete before it is seen."""
    try:
        key = path.read_text().strip()
        if key:
            return key
    except FileNotFoundError:
        pass
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        if not path.read_text().strip():
            draft.replace(path)
            return path.read_text().strip()
    draft.unlink()
    return path.read_text().strip()


class _Reader:
    """Reads variables one by one and gathers the faults."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self.source = source
        self.faults: list[str] = []

    def text(self, name: str) -> str | None:
        """The value of a variable, None where it is absent or empty."""
        return self.source.get(name, "").strip() or None

    def converted(self, name: str, default: T, convert: Callable[[str], T], expected: str) -> T:
        """The value turned into what it means; the default where it is absent, or cannot be turned."""
        value = self.text(name)
        if value is None:
            return default
        try:
            return convert(value)
        except ValueError as error:
            shown = "what it is" if name in SECRETS else repr(value)
            self.faults.append(f"{name} must be {expected}, not {shown} ({error}).")
            return default

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number within bounds."""

        def convert(value: str) -> int:
            if not value.isascii() or not value.isdigit() or not lowest <= int(value) <= highest:
                raise ValueError("out of range")
            return int(value)

        return self.converted(name, default, convert, f"a whole number from {lowest} to {highest}")

    def switch(self, name: str, default: bool) -> bool:
        """1 or 0, in the usual spellings."""

        def convert(value: str) -> bool:
            known = {
                "1": True,
                "true": True,
                "yes": True,
                "on": True,
                "0": False,
                "false": False,
                "no": False,
                "off": False,
            }
            if value.lower() not in known:
                raise ValueError("unknown word")
            return known[value.lower()]

        return self.converted(name, default, convert, "1 or 0")

    def networks(self, name: str) -> tuple[Network, ...]:
        """Networks, separated by commas."""

        def convert(value: str) -> tuple[Network, ...]:
            return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())

        return self.converted(name, (), convert, "networks separated by commas, such as 10.0.0.0/8")


def read(source: Mapping[str, str] | None = None) -> Environment:
    """Read the settings from `source`, the process's environment unless another one is given.

    Raises EnvironmentFault, which names every fault, when a value cannot be used or is unsafe in production.
    """
    reader = _Reader(os.environ if source is None else source)
    port = reader.number("KOHOMAI_PORT", 8000, 1, 65535)
    environment = Environment(
        data=reader.converted("KOHOMAI_DATA", Path("data"), _folder, "a folder").absolute(),
        port=port,
        bind=reader.converted("KOHOMAI_BIND", "127.0.0.1", _address, "an IP address"),
        url=reader.converted(
            "KOHOMAI_URL", f"http://127.0.0.1:{port}", _base_url, "an http or https address"
        ),
        trusted_proxies=reader.networks("KOHOMAI_TRUSTED_PROXIES"),
        secret_key=reader.converted("KOHOMAI_SECRET_KEY", None, _secret_key, "longer"),
        production=reader.converted(
            "KOHOMAI_ENV", False, _production, "`production`, `development` or empty"
        ),
        database_url=reader.converted("DATABASE_URL", None, _database_url, "a postgresql:// address"),
        database_pooler=reader.switch("KOHOMAI_DATABASE_POOLER", False),
        listen_url=reader.converted("KOHOMAI_LISTEN_URL", None, _database_url, "a postgresql:// address"),
        database_fsync=reader.switch("KOHOMAI_DATABASE_FSYNC", True),
        database_user=reader.text("KOHOMAI_DATABASE_USER"),
        webhook_allow=reader.networks("KOHOMAI_WEBHOOK_ALLOW"),
        providers=reader.text("KOHOMAI_PROVIDERS") or "",
        web_processes=reader.number("KOHOMAI_WEB_PROCESSES", 2, 1, 64),
        web_threads=reader.number("KOHOMAI_WEB_THREADS", 32, 1, 256),
        log_level=reader.converted("KOHOMAI_LOG_LEVEL", "INFO", _level, "DEBUG, INFO, WARNING or ERROR"),
    )
    faults = reader.faults + (list(unsafe(environment)) if environment.production else [])
    if faults:
        raise EnvironmentFault(faults)
    return environment


def unsafe(environment: Environment) -> Iterator[str]:
    """Say what is unsafe in these settings; in production each is a reason not to start."""
    if not environment.secure:
        yield "KOHOMAI_URL must be an https address in production: sessions would travel in the clear."
    if not environment.database_fsync:
        yield "KOHOMAI_DATABASE_FSYNC=0 loses data at a crash; it is not allowed in production."
    if any(network.prefixlen == 0 for network in environment.webhook_allow):
        yield "KOHOMAI_WEBHOOK_ALLOW opens every private network to webhooks; name the ones that are meant."
    if any(network.prefixlen == 0 for network in environment.trusted_proxies):
        yield "KOHOMAI_TRUSTED_PROXIES believes everybody; name the proxies' own networks."


def _folder(value: str) -> Path:
    if "\0" in value:
        raise ValueError("it holds a NUL")
    return Path(value).expanduser()


def _address(value: str) -> str:
    return str(ipaddress.ip_address("127.0.0.1" if value == "localhost" else value.strip("[]")))


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no scheme or no host")
    if parts.username is not None or parts.query or parts.fragment or parts.path not in ("", "/"):
        raise ValueError("only scheme, host and port belong in it")
    port = "" if parts.port is None else f":{parts.port}"  # .port raises ValueError for what is no port
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _secret_key(value: str) -> str | None:
    if len(value) < 32:
        raise ValueError("at least 32 characters")
    return value


def _production(value: str) -> bool:
    if value not in ("production", "development"):
        raise ValueError("unknown word")
    return value == "production"


def _database_url(value: str) -> str | None:
    parts = urlsplit(value)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("no such scheme")
    if not parts.path.strip("/"):
        raise ValueError("it names no database")
    return value


def _level(value: str) -> str:
    if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("unknown word")
    return value.upper()
