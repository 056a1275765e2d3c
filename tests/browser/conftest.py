"""The browser's tests. Playwright keeps an event loop in the thread of the tests: Django would refuse the database
to whatever test comes after them in this process, so it is told that nothing here is concurrent."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
