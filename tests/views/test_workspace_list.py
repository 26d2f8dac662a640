"""Workspaces: seen, made, set up, renamed, archived and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from assistants_app.actions import pushes
from assistants_app.models import AuditEntry, PushOrder, User, Workspace
from tests import builders
from tests.upstream import Upstream

if TYPE_CHECKING:
    from django.test import Client

HERE, NEW = reverse("workspace_list"), reverse("workspace_new")


@pytest.fixture
def operator(db: None) -> User:
    return builders.make_person("oscar", is_operator=True)


def rows(client: Client, person: User) -> list[str]:
    client.force_login(person)
    return [row.name for row, _mine, _roles in client.get(HERE).context["rows"]]


def test_people_see_their_own_and_the_operator_sees_all(
    client: Client, workspace: Workspace, alice: User, operator: User
) -> None:
    builders.make_workspace("Finance")
    assert rows(client, alice) == [workspace.name]
    assert "New workspace" not in client.get(HERE).content.decode()
    assert rows(client, operator) == [workspace.name, "Finance"]
    assert NEW in client.get(HERE).content.decode()


def test_the_operator_makes_one_and_sets_it_up(client: Client, operator: User) -> None:
    client.force_login(operator)
    data = {"name": " Back office ", "admin": "oscar", "approvals": "2"}
    response = client.post(NEW, data)
    made = Workspace.objects.get(name="Back office")
    assert (made.approvals, response.status_code) == (2, 303)
    assert response.headers["Location"] == f"{reverse('welcome')}?workspace={made.slug}"
    text = client.get(response.headers["Location"]).content.decode()
    assert "Set up Back office" in text
    assert "1 of 4 done" in text  # the name is known
    assert "2 approvals are needed; 1 member can review." in text


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("name", {"name": "  ", "admin": "oscar", "approvals": "1"}),
        ("name", {"name": "x" * 101, "admin": "oscar", "approvals": "1"}),
        ("admin", {"name": "Finance", "admin": "nobody", "approvals": "1"}),
        ("approvals", {"name": "Finance", "admin": "oscar", "approvals": "7"}),
    ],
)
def test_what_is_wrong_is_said_on_its_field(
    client: Client, operator: User, field: str, data: dict[str, str]
) -> None:
    client.force_login(operator)
    response = client.post(NEW, data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Workspace.objects.exists()


def test_only_the_operator_makes_one(client: Client, dora: User) -> None:
    client.force_login(dora)
    assert client.get(NEW).status_code == 404


def test_a_name_is_changed_and_its_links_stay(
    client: Client, workspace: Workspace, dora: User
) -> None:
    client.force_login(dora)
    page = reverse("workspace_general", args=[workspace.slug])
    assert client.post(page, {"name": ""}).status_code == 422
    assert client.post(page, {"name": "Care"}).status_code == 303
    workspace.refresh_from_db()
    assert (workspace.name, workspace.slug) == ("Care", "customer-care")
    assert AuditEntry.objects.latest("seq").action == "workspace.renamed"


def test_archiving_wants_the_name_hides_everything_and_is_undone_by_the_operator(
    client: Client, workspace: Workspace, alice: User, dora: User, operator: User
) -> None:
    with Upstream() as upstream:
        builders.make_connection(workspace, dora, upstream)
    workspace.refresh_from_db()
    bob = builders.make_person("bob2")
    builders.make_member(workspace, bob, "reviewer", "publisher")
    live = builders.make_assistant(workspace, author=alice, reviewer=bob)
    order = PushOrder.objects.get(assistant=live)
    client.force_login(dora)
    page = reverse("workspace_archive", args=[workspace.slug])
    assert "1 assistant is no longer served" in client.get(page).content.decode()
    refused = client.post(page, {"name": "something else"})
    assert refused.status_code == 422
    assert (order.pk, order.connection_id) in pushes.due()
    assert client.post(page, {"name": workspace.name}).status_code == 303
    assert pushes.due() == []
    assert client.get(reverse("assistant", args=[live.pk])).status_code == 404
    back = reverse("workspace_restore", args=[workspace.slug])
    assert client.post(back).status_code == 404
    client.force_login(operator)
    assert workspace.name in client.get(HERE).content.decode()
    assert client.get(back).status_code == 200
    assert client.post(back).status_code == 303
    assert client.post(back).status_code == 303  # said, and nothing more
    client.force_login(dora)
    assert client.get(reverse("assistant", args=[live.pk])).status_code == 200
    actions = AuditEntry.objects.filter(action__startswith="workspace.").order_by("seq")
    assert [one.action for one in actions][-2:] == ["workspace.archived", "workspace.restored"]


def test_setting_up_is_told_by_what_is_there(
    client: Client, workspace: Workspace, alice: User, bob: User, dora: User
) -> None:
    client.force_login(dora)
    first = client.get(f"{reverse('welcome')}?workspace={workspace.slug}")
    done = {step.label: step.is_done for step in first.context["steps"]}
    assert done == {
        "You": True,
        "Where the assistants run": False,
        "Assistants": False,
        "Who reviews": True,
    }
    assert "Set up Customer Care" in client.get(reverse("home")).content.decode()
    builders.make_assistant(workspace, author=alice, reviewer=bob)
    with Upstream() as upstream:
        builders.make_connection(workspace, dora, upstream)
    after = client.get(f"{reverse('welcome')}?workspace={workspace.slug}")
    assert [step.is_done for step in after.context["steps"]] == [True, True, True, True]
    Workspace.objects.update(approvals=0)
    asks = client.get(f"{reverse('welcome')}?workspace={workspace.slug}").content.decode()
    assert "Nobody has to approve" in asks
    client.force_login(alice)
    assert client.get(f"{reverse('welcome')}?workspace={workspace.slug}").status_code == 403
