"""The WSGI application that granian serves."""

from __future__ import annotations

import gc
import multiprocessing
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from kohomai.site.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kohomai.site.settings")

if multiprocessing.parent_process() is not None:
    # A process that serves; without this it would outlive a server that was killed.
    die_with_parent()

application = get_wsgi_application()

# The first request need not wait for the views, and one that cannot be imported shows at the start.
get_resolver().url_patterns  # noqa: B018

# What is loaded stays for good: looking through it for garbage again and again costs pauses of tens of milliseconds.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 50)
