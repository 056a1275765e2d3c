"""SQL statements kept in files of their own, beside the module that sends them."""

from __future__ import annotations

from pathlib import Path


def statement(module_file: str, name: str) -> str:
    """The text of ``sql/<name>.sql`` beside the module whose ``__file__`` is given."""
    return (Path(module_file).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")
