"""Test data, made as the product makes it: through the actions, by an actor who may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from assistants_app import policies
from assistants_app.actions import (
    changes,
    connections,
    people,
    publishing,
    reviews,
    tokens,
    workspaces,
)
from assistants_app.models import Assistant, Version, Workspace
from assistants_app.models.assistants import mint_id
from assistants_app.policies import Actor

if TYPE_CHECKING:
    from assistants_app import contract
    from assistants_app.models import APIToken, Change, Connection, Membership, User
    from tests.upstream import Upstream

COMMAND = policies.system("command")


def acting(user: User | None, *, source: str = "web", token: APIToken | None = None) -> Actor:
    """A person at the browser, or their token at the API."""
    kind = "token" if token else "person"
    return Actor(kind=kind, source="api" if token else source, user=user, token=token)


def make_person(username: str, *, is_operator: bool = False) -> User:
    return people.add(
        username,
        actor=COMMAND,
        email=f"{username}@example.com",
        full_name=f"{username.capitalize()} Example",
        is_operator=is_operator,
    )


def make_workspace(name: str = "Customer Care", *, approvals: int = 1) -> Workspace:
    return workspaces.create(name, actor=COMMAND, approvals=approvals)


def make_member(workspace: Workspace, user: User, *roles: str) -> Membership:
    return workspaces.set_member(workspace, user, actor=COMMAND, roles=roles)


def make_document(**fields: Any) -> contract.Document:
    """A valid document; keyword arguments set fields, None leaves one out."""
    usual = {"model": "gpt-5.2", "name": "Onboarding", "instructions": "Greet the newcomer."}
    return {name: value for name, value in (usual | fields).items() if value is not None}


def make_change(place: Workspace | Assistant, author: User, **fields: Any) -> Change:
    """A Draft of this author: of a new assistant of a workspace, or of an assistant there is."""
    actor = acting(author)
    if isinstance(place, Workspace):
        return changes.start(place, actor=actor, document=make_document(**fields))
    now = Assistant.objects.get(pk=place.pk)
    document = now.document() | fields
    kept = {name: value for name, value in document.items() if value is not None}
    return changes.open(now, actor=actor, document=kept)


def make_approved(
    place: Workspace | Assistant, *, author: User, reviewer: User, **fields: Any
) -> Change:
    """A Change whose review was asked for, and which this reviewer approved where one is needed."""
    change = changes.submit(make_change(place, author, **fields), actor=acting(author))
    if not change.assistant.workspace.approvals:
        return change
    return reviews.approve(change, actor=acting(reviewer), digest=change.digest)


def make_assistant(
    place: Workspace | Assistant, *, author: User, reviewer: User, **fields: Any
) -> Assistant:
    """A live assistant; or, of one there is, its next Version. The reviewer publishes it too."""
    change = make_approved(place, author=author, reviewer=reviewer, **fields)
    publishing.publish(change, actor=acting(reviewer))
    return Assistant.objects.get(pk=change.assistant_id)


def make_copies(row: Assistant, count: int) -> list[Assistant]:
    """So many more like this one, each with a Version of its own, where only their number counts.

    They are written straight and leave no audit entries: an action for each takes far longer.
    """
    version = row.live_version
    assert version
    copied = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    fields = copied | {"id": None, "live_version_id": None, "upstream_id": None}
    made = Assistant.objects.bulk_create(
        Assistant(**fields | {"public_id": mint_id(), "created_at": timezone.now()})
        for _ in range(count)
    )
    taken = {
        field.attname: getattr(version, field.attname) for field in version._meta.concrete_fields
    }
    versions = Version.objects.bulk_create(
        Version(**taken | {"id": None, "assistant_id": one.pk, "change_id": None}) for one in made
    )
    for one, its_own in zip(made, versions, strict=True):
        one.live_version = its_own
    Assistant.objects.bulk_update(made, ["live_version"], batch_size=100)
    return made


def make_connection(
    workspace: Workspace, admin: User, upstream: Upstream, *, rate: float = 10_000
) -> Connection:
    """A Connection to an upstream of the tests, so quick that no call waits for its turn."""
    connections.allow_origin(upstream.url, actor=COMMAND, private=True)
    row = connections.set_connection(
        workspace, actor=acting(admin), base_url=upstream.url, key=upstream.key
    )
    # A rate that the product does not offer, so there is no action that sets it.
    type(row).objects.filter(pk=row.pk).update(rate=rate)
    return type(row).objects.get(pk=row.pk)


def make_token(
    workspace: Workspace, owner: User, *scopes: str, name: str = "Nightly export"
) -> tuple[APIToken, str]:
    """A token of this member and its secret, as it goes after `Bearer`."""
    token, secret = tokens.create(
        workspace, actor=acting(owner), name=name, scopes=scopes or ("assistants:read",)
    )
    return token, secret.reveal()
