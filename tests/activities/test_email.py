"""Email: what its settings must say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.activities.test_settings import faults, settings

SAYS = {"Subject": "Welcome, {{ Lead.Firstname }}", "Text": "We have you.\n\nSoon more."}


def test_its_settings() -> None:
    made = settings("Email", SAYS)
    assert made.to.kind == "Lead"
    assert not made.necessary
    german = {"Subject": "Willkommen", "Text": "Schön, dass Sie da sind.", "Button": "Weiter"}
    to = {"Kind": "Stakeholder", "DataPoint": "Industry"}
    assert (
        settings("Email", {**SAYS, "To": to, "Translations": {"de": german}}).translations["de"].button
        == "Weiter"
    )


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"Subject": "{{ x"}, "/Settings/Subject WrongValue"),
        ({"Subject": ""}, "/Settings/Subject Empty"),
        ({"Text": "{% if %}"}, "/Settings/Text WrongValue"),
        ({"To": {"Kind": "Everybody"}}, "/Settings/To/Kind WrongValue"),
        ({"To": {"Kind": "Stakeholder"}}, "/Settings/To/Email Required"),
        ({"To": {"Kind": "Stakeholder", "Email": "nobody"}}, "/Settings/To/Email WrongValue"),
        ({"To": {"Kind": "Stakeholder", "DataPoint": "Budget"}}, "/Settings/To/DataPoint WrongType"),
        ({"To": {"Kind": "Lead", "Email": "a@b.example"}}, "/Settings/To/Kind NotAllowed"),
        ({"Translations": {"tlh": SAYS}}, "/Settings/Translations/tlh/[key] WrongValue"),
        ({"Translations": {"de": {"Subject": "Hallo"}}}, "/Settings/Translations/de/Text Required"),
    ],
)
def test_faults_of_its_settings(change: dict[str, Any], wanted: str) -> None:
    assert faults("Email", {**SAYS, **change}) == [wanted]
