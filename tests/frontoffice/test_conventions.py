"""What a new activity type need not change."""

from __future__ import annotations

import re
from pathlib import Path

import kohomai.frontoffice
from kohomai.activities import registry
from kohomai.activities.screens import folder_of, screen_of

FRONT = Path(kohomai.frontoffice.__file__).parent


def test_the_front_office_names_no_activity_type() -> None:
    for path in [*FRONT.rglob("*.py"), *FRONT.rglob("*.html"), *FRONT.rglob("*.js")]:
        for name in registry:
            assert not re.search(rf"""["']{name}["']""", path.read_text()), (path, name)


def test_what_people_do_has_a_screen_and_the_others_have_none() -> None:
    from kohomai.frontoffice.rendering import engine

    for type in registry.values():
        screen = screen_of(type)
        assert (screen is None) == type.automatic, type.name
        if screen is not None:
            assert callable(screen.present)
            assert callable(screen.read_form)
            assert engine().get_template(f"activities/{folder_of(type)}/screen.html")


def test_no_style_and_no_script_in_the_pages() -> None:
    """The policy refuses them, so they would do nothing."""
    folders = [FRONT, FRONT.parent / "activities"]
    for path in [path for folder in folders for path in folder.rglob("*.html")]:
        text = path.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path


def test_css_uses_only_tokens_for_its_colours() -> None:
    text = (FRONT / "static/frontoffice/front.css").read_text()
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) <= {"#fff"}
    used = set(re.findall(r"var\((--[a-z0-9-]+)", text))
    known = set(re.findall(r"(--[a-z0-9-]+):", text + (FRONT / "static/frontoffice/tokens.css").read_text()))
    assert used <= known, used - known
