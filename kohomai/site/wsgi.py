"""The WSGI application that granian serves."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from kohomai.site.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kohomai.site.settings")

# Imported in each process that serves; without this they would outlive a server that was killed.
die_with_parent()

application = get_wsgi_application()
