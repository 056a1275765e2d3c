"""`kohomai doctor`: lists the settings and says what is unsafe; with --deep it checks what must hold on the tables."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from kohomai.site.environment import VARIABLES, Environment, unsafe
from kohomai.site.failures import Refusal


def run(environment: Environment, deep: bool, acknowledged: Path | None) -> int:
    """List the settings, and check the tables when `deep`; 0 when all is well, 1 when something is not."""
    for line in settings_lines(environment):
        print(line)
    if not deep and acknowledged is None:
        return 0
    return check_deep(environment, acknowledged)


def settings_lines(environment: Environment) -> list[str]:
    """One line for each setting, its meaning under it, and what is unsafe; no secret is in it."""
    lines = ["Settings (from the environment):"]
    for variable in VARIABLES:
        given = os.environ.get(variable.name, "").strip()
        value = (
            ("(set, not shown)" if variable.secret else given)
            if given
            else f"{variable.default or '(empty)'} (default)"
        )
        lines += [f"  {variable.name} = {value}", f"      {variable.meaning}"]
    found = list(unsafe(environment))
    if found:
        lines.append("Unsafe, and refused when KOHOMAI_ENV=production:")
        lines += [f"  {line}" for line in found]
    return lines


def check_deep(environment: Environment, acknowledged: Path | None) -> int:
    """Check the tables and print each row that breaks what must hold; 1 when there is one."""
    from kohomai.site.__main__ import one_line, start_django
    from kohomai.site.data_folder import database

    with database(environment), one_line():
        start_django()
        try:
            code: int = import_module("kohomai.site.doctor_deep").check(acknowledged)
        except (OSError, ValueError) as error:
            raise Refusal(f"{acknowledged} cannot be read: {error}") from error
        return code
