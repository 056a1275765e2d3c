"""``POST /leads`` where nobody waits in a thread: read, registered and answered by the committer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse

from kohomai.api.door import guarded
from kohomai.api.register import begin, readable
from kohomai.registration import collector
from kohomai.registration.model import Outcome, Registration
from kohomai.registration.service import Result

Done = Callable[[HttpRequest, HttpResponse], None]
_NOTHING_YET = HttpResponse()


class LeadCall:
    """One call of ``POST /leads``; ``done`` is told its answer, in the committer's thread."""

    def __init__(self, request: HttpRequest, done: Done) -> None:
        self.request = request
        self.done = done
        self._begun: tuple[Registration, Callable[[Outcome], HttpResponse]] | None = None

    def begin(self) -> Registration | None:
        """What the call asks for; ``None`` when it was refused."""
        refused = guarded(self.request, self._read)
        if self._begun is None:
            self._answer(refused)
            return None
        return self._begun[0]

    def finish(self, result: Result) -> None:
        """Answer what came of it."""
        self._answer(guarded(self.request, partial(self._respond, result)))

    def _read(self) -> HttpResponse:
        self._begun = begin(self.request)
        return _NOTHING_YET

    def _respond(self, result: Result) -> HttpResponse:
        if isinstance(result, Exception):
            raise result
        assert self._begun is not None
        return self._begun[1](result)

    def _answer(self, response: HttpResponse) -> None:
        self.done(self.request, readable(self.request, response))


def put(request: HttpRequest, done: Done) -> None:
    """Put a call into the committer's next batch."""
    collector.put(LeadCall(request, done))
