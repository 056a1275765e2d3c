"""How the supervisor and the web server wait for each other at the start: a pipe in each direction.

The web server loads the application while PostgreSQL starts, which is most of the time that a start takes. It may go
through the gate when the database answers, and passes word on when the database is up to date.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

VARIABLE = "KOHOMAI_GATE"


@dataclass(frozen=True, slots=True)
class Gate:
    """One end: what is read from, and what is written to."""

    reading: int
    writing: int

    @staticmethod
    def pair() -> tuple[Gate, Gate]:
        """The supervisor's end and the child's."""
        from_child, to_parent = os.pipe()
        from_parent, to_child = os.pipe()
        return Gate(from_child, to_child), Gate(from_parent, to_parent)

    @staticmethod
    def inherited() -> Gate | None:
        """The child's end, as the supervisor has handed it on; None where there is no supervisor."""
        given = os.environ.pop(VARIABLE, "")
        if not given:
            return None
        reading, writing = given.split(":")
        return Gate(int(reading), int(writing))

    def as_variable(self) -> str:
        """What `inherited` reads."""
        return f"{self.reading}:{self.writing}"

    def wait(self) -> None:
        """Wait for the word from the other end. Raises SystemExit when that has ended."""
        if not os.read(self.reading, 1):
            raise SystemExit(1)
        os.close(self.reading)

    def pass_on(self) -> None:
        """Give the word to the other end; one that has gone is no fault here."""
        try:
            os.write(self.writing, b".")
        except BrokenPipeError:
            return
        finally:
            os.close(self.writing)

    def close(self) -> None:
        """Close both."""
        os.close(self.reading)
        os.close(self.writing)
