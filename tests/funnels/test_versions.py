"""Published versions never change, whatever becomes of what they name."""

from __future__ import annotations

import pytest

from kohomai.datapoints import services as datapoints
from kohomai.engine.definition import Stage
from kohomai.engine.errors import NotFound
from kohomai.funnels import services, versions
from kohomai.funnels.compiled import definition
from tests.conftest import Workspace

FORM = {
    "Key": "about",
    "Type": "Form",
    "Name": "About",
    "Assignee": {"Kind": "Lead"},
    "Settings": {"Fields": [{"DataPoint": "Size"}]},
}
DOCUMENT = {
    "Name": "Small",
    "Start": "ask",
    "Nodes": {
        "ask": {"Type": "Stage", "Name": "Ask", "Activities": [FORM], "Next": "won"},
        "won": {"Type": "End", "Name": "Won", "Outcome": "Converted"},
    },
}


def test_a_version_keeps_its_data_points_as_they_were(workspace: Workspace) -> None:
    size = datapoints.create(workspace.id, name="Size", type="Choice", choices=["S", "M"])
    funnel = services.create(workspace.id, name="Small")
    services.save_draft(workspace.id, funnel.id, DOCUMENT, revision=None)
    assert versions.publish(workspace.id, funnel.id) == 1
    assert datapoints.get(workspace.id, size.id).used_at is not None
    datapoints.change(workspace.id, size.id, {"Name": "How large", "Choices": ["M"]})
    compiled = definition(funnel.id, 1)
    assert compiled.data_points[size.id].name == "Size"
    assert compiled.data_points[size.id].choices == ("S", "M")
    assert isinstance(compiled.nodes["ask"], Stage)
    shown = versions.get(workspace.id, funnel.id, 1).document
    assert shown is not None
    assert shown["Nodes"]["ask"]["Activities"][0]["Settings"]["Fields"] == [{"DataPoint": "How large"}]


def test_another_workspaces_funnel_is_not_there(workspace: Workspace, other_workspace: Workspace) -> None:
    funnel = services.create(other_workspace.id, name="Theirs")
    for act in (
        lambda: services.get(workspace.id, funnel.id),
        lambda: services.draft(workspace.id, funnel.id),
        lambda: services.save_draft(workspace.id, funnel.id, DOCUMENT, revision=1),
        lambda: versions.publish(workspace.id, funnel.id),
        lambda: versions.try_tests(workspace.id, funnel.id),
        lambda: versions.listed(workspace.id, funnel.id),
        lambda: services.archive(workspace.id, funnel.id),
    ):
        with pytest.raises(NotFound):
            act()
