"""What the quickstart sets up, and the one round trip that it shows: all through the actions.

Nothing remembers how far it came but the rows themselves: whoever asks again after a kill finds
the next step in the state of the Change, the Job and the PushOrder.
"""

from __future__ import annotations

from django.db import transaction

from assistants_app.actions import connections, people, publishing, tokens, workspaces
from assistants_app.management import samples
from assistants_app.models import User, Workspace
from assistants_app.policies import Actor, system

SOURCE = "quickstart"
SANDBOX, PRACTICE = "Sandbox service", "Practice"
TOKEN_DAYS = 365
_SCOPES = ("assistants:read", "assistants:write")


def person(sample: samples.Person) -> Actor:
    """One of the cast, acting through the quickstart."""
    user = User.objects.get(username=sample.username, is_sample=True)
    return Actor(kind="person", source=SOURCE, user=user)


def find() -> Workspace | None:
    """The Practice workspace of an earlier start, if there was one."""
    rows = Workspace.objects.select_related("connection").filter(name=PRACTICE)
    return rows.filter(memberships__user__is_sample=True).first()


@transaction.atomic
def seed(base_url: str) -> Workspace:
    """People, both workspaces, six assistants, the token and the Connection; all or nothing."""
    machine = system(SOURCE)
    sandbox = workspaces.create(SANDBOX, actor=machine, approvals=0)
    practice = workspaces.create(PRACTICE, actor=machine, approvals=1)
    for sample in samples.PEOPLE:
        _add(sample, sandbox, practice)
    maya = person(samples.MAYA)
    for document in samples.ASSISTANTS:
        publishing.write_through(sandbox, None, document, actor=maya)
    _connect(practice, sandbox, base_url)
    return practice


def _add(sample: samples.Person, sandbox: Workspace, practice: Workspace) -> None:
    machine = system(SOURCE)
    email = f"{sample.username}@example.com"
    user = people.add(
        sample.username, actor=machine, email=email, full_name=sample.full_name, is_sample=True
    )
    workspaces.set_member(sandbox, user, actor=machine, roles=sample.kept_here)
    workspaces.set_member(practice, user, actor=machine, roles=sample.practice)


def _connect(practice: Workspace, sandbox: Workspace, base_url: str) -> None:
    """Practice speaks to the Sandbox as any other client of `/v1` does: by address and token."""
    maya = person(samples.MAYA)
    _, secret = tokens.create(
        sandbox, actor=maya, name="For Practice", scopes=_SCOPES, days=TOKEN_DAYS
    )
    connections.allow_origin(base_url, actor=system(SOURCE), private=True)
    connections.set_connection(practice, actor=maya, base_url=base_url, key=secret.reveal())
