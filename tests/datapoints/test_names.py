"""Data points are found by present and former names, without regard to case."""

from __future__ import annotations

import pytest

from kohomai.datapoints import services
from kohomai.datapoints.catalogue import catalogue
from kohomai.engine.errors import Invalid
from tests.conftest import Workspace


def test_former_names_lead_to_it_for_ever(workspace: Workspace) -> None:
    row = services.create(workspace.id, name="Straße", type="Text")
    for name in ("Weg", "Pfad", "STRASSE"):
        services.change(workspace.id, row.id, {"Name": name})
    points = catalogue(workspace.id)
    for name in ("straße", "Strasse", "weg", "PFAD", row.id):
        found = points.find(name)
        assert found is not None
        assert (found.id, found.name) == (row.id, "STRASSE")
    with pytest.raises(Invalid):
        services.create(workspace.id, name="WEG", type="Text")


def test_one_workspace_knows_nothing_of_another(workspace: Workspace, other_workspace: Workspace) -> None:
    row = services.create(other_workspace.id, name="Size", type="Text")
    points = catalogue(workspace.id, fresh=True)
    assert points.find("Size") is None
    assert points.find(row.id) is None
    assert services.create(workspace.id, name="Size", type="Number").id != row.id
