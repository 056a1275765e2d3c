"""German and French say everything that English says."""

from __future__ import annotations

import gettext
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import kohomai.activities
import kohomai.frontoffice

FRONT = Path(kohomai.frontoffice.__file__).parent
ACTIVITIES = Path(kohomai.activities.__file__).parent
_TAG = re.compile(r"""{%\s*translate\s+("([^"]+)"|'([^']+)')""")
_BLOCK = re.compile(
    r"{%\s*blocktranslate[^%]*%}(.*?)(?:{%\s*plural\s*%}(.*?))?{%\s*endblocktranslate\s*%}", re.S
)
_CODE = re.compile(r"""\b(?:gettext|_)\(\s*"([^"]+)"\s*\)""")


def said() -> set[str]:
    """All that templates and code of the front-office say."""
    found: set[str] = set()
    for path in [*FRONT.rglob("*.html"), *ACTIVITIES.rglob("*.html")]:
        text = path.read_text()
        found |= {match[2] or match[3] for match in _TAG.finditer(text)}
        found |= {re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", match[1]) for match in _BLOCK.finditer(text)}
    for path in FRONT.rglob("*.py"):
        found |= {match[1] for match in _CODE.finditer(path.read_text())}
    return found


@pytest.mark.parametrize("language", ["de", "fr"])
def test_everything_is_translated(language: str) -> None:
    with (FRONT / f"locale/{language}/LC_MESSAGES/django.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    known = {key[0] if isinstance(key, tuple) else key for key in catalogue}
    assert len(said()) > 80
    assert not said() - known


@pytest.mark.parametrize("language", ["de", "fr"])
def test_what_is_compiled_is_what_is_written(language: str, tmp_path: Path) -> None:
    folder = FRONT / f"locale/{language}/LC_MESSAGES"
    compiler = shutil.which("msgfmt")
    if compiler is None:
        pytest.skip("msgfmt is not here")
    subprocess.run([compiler, "-o", tmp_path / "made.mo", folder / "django.po"], check=True)
    assert (tmp_path / "made.mo").read_bytes() == (folder / "django.mo").read_bytes()
