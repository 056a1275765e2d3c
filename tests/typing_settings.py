"""Settings for the type checker, which has neither database nor data folder."""

from __future__ import annotations

import os

os.environ["DATABASE_URL"] = "postgresql://nobody@nowhere/none"
os.environ["KOHOMAI_SECRET_KEY"] = "only for the type checker, never for anything else"

from kohomai.site.settings import *  # noqa: F403
