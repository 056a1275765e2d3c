"""The command line. Each command imports what it needs and no more."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from kohomai.site.environment import Environment, EnvironmentFault, read
from kohomai.site.failures import Refusal


def serve(environment: Environment, options: argparse.Namespace) -> int:
    """Everything: PostgreSQL, web and worker."""
    from kohomai.site.supervisor import Supervisor

    return Supervisor(environment).run()


def web(environment: Environment, options: argparse.Namespace) -> int:
    """The web server alone."""
    from kohomai.site.web import serve as serve_web

    with one_line():
        serve_web(environment)
    return 0


def worker(environment: Environment, options: argparse.Namespace) -> int:
    """The worker alone."""
    start_django()
    import_module("kohomai.delivery.worker").run()
    return 0


def migrate(environment: Environment, options: argparse.Namespace) -> int:
    """Bring the database up to date."""
    from kohomai.site.data_folder import database

    with database(environment), one_line():
        start_django()
        import_module("kohomai.site.migration").migrate()
    return 0


def create_workspace(environment: Environment, options: argparse.Namespace) -> int:
    """Make one more workspace."""
    from kohomai.site.data_folder import database

    with database(environment), one_line():
        start_django()
        import_module("kohomai.site.commands").create_workspace(options.name, options.email)
    return 0


def test_funnel(environment: Environment, options: argparse.Namespace) -> int:
    """Run the tests that a funnel's definition carries, on a simulated clock."""
    from kohomai.site.data_folder import database

    with database(environment), one_line():
        start_django()
        code: int = import_module("kohomai.site.commands").test_funnel(options.file, options.workspace)
    return code


def doctor(environment: Environment, options: argparse.Namespace) -> int:
    """List the settings; with --deep check what must hold."""
    code: int = import_module("kohomai.site.doctor").run(environment, options.deep, options.acknowledged)
    return code


def bounce(environment: Environment, options: argparse.Namespace) -> int:
    """Read a delivery status notification from standard input, as a mail server pipes it, and note it."""
    from kohomai.site.data_folder import database

    with database(environment), one_line():
        start_django()
        code: int = import_module("kohomai.site.commands").bounce(sys.stdin.buffer)
    return code


def demo(environment: Environment, options: argparse.Namespace) -> int:
    """Build a funnel for a file of leads, by the API of a running Kohomai, and register them all."""
    code: int | None = import_module("kohomai.site.demo").run(options.leads, options.url, options.key)
    return code or 0


def manage(environment: Environment, options: argparse.Namespace) -> int:
    """Django's own commands, for contributors."""
    from django.core.management import execute_from_command_line

    from kohomai.site.data_folder import database

    with database(environment):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kohomai.site.settings")
        execute_from_command_line(["kohomai manage", *options.arguments])
    return 0


def start_django() -> None:
    """Load the settings and the rooms."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kohomai.site.settings")
    import django

    django.setup()


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        prog="kohomai",
        description="Registers leads, qualifies them in real time, gives each one its journey.",
        epilog="Without a command: serve. Settings come from the environment; `kohomai doctor` lists them.",
    )
    parser.set_defaults(run=serve)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(
        name: str, run: Callable[[Environment, argparse.Namespace], int], hint: str | None
    ) -> argparse.ArgumentParser:
        more: dict[str, Any] = {} if hint is None else {"help": hint}
        command = commands.add_parser(name, description=run.__doc__, **more)
        command.set_defaults(run=run)
        return command

    add("serve", serve, "PostgreSQL, web and worker, supervised (the default)")
    add("web", web, "the web server alone")
    add("worker", worker, "the worker alone")
    add("migrate", migrate, "bring the database up to date")
    workspaces = add(
        "workspace", create_workspace, "workspace create NAME --email ADDRESS: one more workspace"
    )
    workspaces.add_argument("verb", choices=["create"])
    workspaces.add_argument("name", metavar="NAME")
    workspaces.add_argument("--email", required=True, help="the administrator's e-mail")
    check = add("doctor", doctor, "list the settings; --deep checks what must hold")
    check.add_argument(
        "--deep",
        action="store_true",
        help="check every invariant on the tables; name each row that breaks one",
    )
    check.add_argument(
        "--acknowledged", type=Path, metavar="FILE", help="with --deep: ids of leads that were answered 2xx"
    )
    tests = add("test-funnel", test_funnel, "run the tests that the definition in a file carries")
    tests.add_argument("file", type=Path, metavar="FILE")
    tests.add_argument(
        "--workspace", type=int, metavar="ID", help="whose data points; the first one's if not said"
    )
    add("bounce", bounce, "note the report of an undelivered mail, read from standard input")
    show = add("demo", demo, "register the leads of a CSV file through a funnel made for it")
    show.add_argument("--leads", type=Path, required=True, metavar="FILE")
    show.add_argument(
        "--url", help="where Kohomai runs; without it first-run.json in the data folder says so"
    )
    show.add_argument("--key", help="a secret API key; without it the one in first-run.json")
    add("manage", manage, None).add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


@contextlib.contextmanager
def one_line() -> Iterator[None]:
    """Turn what a person can do something about into a Refusal: the database, and what was refused by a rule."""
    import psycopg
    from django.db import DatabaseError

    from kohomai.engine.errors import DomainError

    try:
        yield
    except DomainError as error:
        raise Refusal(error.detail) from error
    except (DatabaseError, psycopg.Error) as error:
        said = " ".join(str(error).split())
        raise Refusal(f"The database refuses: {said}") from error


def main(arguments: list[str] | None = None) -> int:
    """Run a command; every reason not to is one line on standard error and an exit code other than 0."""
    options = build_parser().parse_args(arguments)
    try:
        environment = read()
        # Relative to where it was called, whatever folder the children work in.
        os.environ["KOHOMAI_DATA"] = str(environment.data)
        code: int = options.run(environment, options)
        return code
    except EnvironmentFault as fault:
        for line in fault.faults:
            print(f"kohomai: {line}", file=sys.stderr)
        return 2
    except Refusal as refusal:
        print(f"kohomai: {refusal}", file=sys.stderr)
        return refusal.code
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
