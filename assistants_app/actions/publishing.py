"""Publish: an approved Change becomes the live Version and orders its push, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from assistants_app import contract, doorbell, killpoints, policies
from assistants_app.actions import assistants, audit, changes, drift, push_links, warnings
from assistants_app.errors import Conflict
from assistants_app.models import Assistant, Change, PushOrder, Version

if TYPE_CHECKING:
    from assistants_app.models import Workspace
    from assistants_app.policies import Actor

# Stops that a newer Version may settle; the others wait for a person.
_SETTLED_BY_PUBLISHING = (
    PushOrder.Reason.REFUSED,
    PushOrder.Reason.ATTEMPTS,
    PushOrder.Reason.DRIFT,
    PushOrder.Reason.APPROVAL,  # the push asks again whether this one is approved
)


@transaction.atomic
def publish(change: Change, *, actor: Actor) -> Version:
    """Make an Approved Change live (reliability.md 4.4) and order its push.

    Raises Conflict: `state` not Approved, `archived`, `outdated` another Version went live since,
    `digest` the stored text is not the approved one, `approvals` too few count, `drift` upstream
    differs, and this Change was not made in view of that.
    """
    policies.require(actor, "change.publish", change.assistant.workspace, on=change)
    assistants.lock(change.assistant_id)
    now = Change.objects.select_related("assistant__workspace", "base").get(pk=change.pk)
    _refuse(now)
    _close(now)
    version = _version(now, actor)
    _go_live(now, version, actor)
    _order(now.assistant, version)
    audit.record(
        "version.published",
        actor=actor,
        workspace=now.assistant.workspace,
        assistant=now.assistant,
        on=version,
        before=now.base.digest if now.base else "",
        after=version.digest,
        data={"change": str(now.pk), "number": version.number},
    )
    killpoints.point("publish.before_commit")
    transaction.on_commit(lambda: killpoints.point("publish.committed"))
    return version


def _refuse(change: Change) -> None:
    if change.state != Change.State.APPROVED:
        raise Conflict("This change is not approved.", code="state", change=change)
    changes.refuse_archived(change.assistant)
    if change.is_outdated:
        raise _outdated()
    if change.unread or contract.fingerprint(change.document()) != change.digest:
        raise Conflict("The stored text is not the one that was approved.", code="digest")
    if not policies.standing(change).is_enough:
        raise Conflict("The approvals of this text do not count any more.", code="approvals")
    if reason := drift.blocks(change):
        raise Conflict(reason, code="drift")


def _outdated() -> Conflict:
    return Conflict("Another version went live after this change began.", code="outdated")


def _close(change: Change) -> None:
    moved = Change.objects.filter(
        pk=change.pk, lock=change.lock, digest=change.digest, state=Change.State.APPROVED
    ).update(state=Change.State.LIVE, closed_at=timezone.now(), lock=F("lock") + 1)
    if moved != 1:
        raise Conflict("This change moved on since you opened it.", code="state", change=change)


def _version(change: Change, actor: Actor) -> Version:
    newest = change.assistant.versions.order_by("-number").first()
    try:
        with transaction.atomic():
            return Version.objects.create(
                assistant=change.assistant,
                number=newest.number + 1 if newest else 1,
                digest=change.digest,
                origin=Version.Origin.PUBLISHED,
                change=change,
                by=actor.user,
                source=actor.source,
                **Version.columns(change.document()),
            )
    except IntegrityError:  # another Change of this assistant was published at the same moment
        raise _outdated() from None


def _go_live(change: Change, version: Version, actor: Actor) -> None:
    document = change.document()
    moved = Assistant.objects.filter(
        pk=change.assistant_id, live_version=change.base, archived_at=None
    ).update(
        live_version=version,
        digest=version.digest,
        changed_at=version.at,
        changed_by=actor.user,
        **Assistant.columns(document),
        **warnings.rules(change.assistant.workspace).columns(document),
    )
    if moved != 1:
        raise _outdated()
    change.assistant.refresh_from_db()


def _order(assistant: Assistant, version: Version) -> None:
    """Ask for this Version upstream: one row per assistant, which only ever moves forward."""
    upstream = assistant.workspace.upstream
    if upstream is None:
        return
    order, is_new = PushOrder.objects.select_for_update().get_or_create(
        assistant=assistant, defaults={"connection": upstream, "desired_version": version}
    )
    if order.reason == PushOrder.Reason.DRIFT:  # this very text was made in view of it
        drift.adopt(order, version)
    if not is_new:
        _move_order(order, version)
    doorbell.ring("push_order", order.pk)


def _move_order(order: PushOrder, version: Version) -> None:
    fields: dict[str, object] = {"desired_version": version, "changed_at": timezone.now()}
    again = order.state == PushOrder.State.STOPPED and order.reason in _SETTLED_BY_PUBLISHING
    if order.state == PushOrder.State.IDLE or again:
        doubt = push_links.is_in_doubt(order)
        fields |= {
            "state": PushOrder.State.UNKNOWN if doubt else PushOrder.State.WAITING,
            "reason": "",
            "message": "",
            "param": "",
            "attempts": 0,
            "looks": 0,
            "failing_since": None,
            "not_before": timezone.now(),
            "asked_at": timezone.now(),
        }
    PushOrder.objects.filter(pk=order.pk).update(**fields)


@transaction.atomic
def write_through(
    workspace: Workspace,
    assistant: Assistant | None,
    document: contract.Document,
    *,
    actor: Actor,
) -> Assistant:
    """Open, submit and publish in one step, where the workspace asks for 0 approvals.

    What `/v1` does with a write: the same actions, so Versions and audit entries arise as ever.
    Raises Conflict (`review_required`) elsewhere and then writes nothing; a document that changes
    nothing, or only the mark of another dashboard, makes no Version.
    """
    if workspace.approvals > 0:
        raise Conflict("Changes here need a review first.", code="review_required")
    policies.require(actor, "change.write", workspace, on=assistant)
    policies.require(actor, "change.publish", workspace, on=assistant)
    if assistant:
        # The entries of three actions follow: whatever the last one locks is locked before them.
        assistants.lock(assistant.pk)
        PushOrder.objects.select_for_update().filter(assistant=assistant).first()
        changes.refuse_archived(assistant)
    if assistant is None:
        change = changes.start(workspace, actor=actor, document=document)
    elif contract.fingerprint(document) == assistant.digest:
        return carry_marker(assistant, document)
    else:
        change = changes.open(assistant, actor=actor, document=document)
    submitted = changes.submit(change, actor=actor, rules="serve")
    version = publish(submitted, actor=actor)
    return version.assistant


@audit.bookkeeping
def carry_marker(assistant: Assistant, document: contract.Document) -> Assistant:
    """Keep the metadata of a document that differs from the live one in `_dash` alone.

    A dashboard that is connected to us marks each push and wants its mark back; the content, its
    digest and its Version stay.
    """
    metadata = document.get("metadata")
    if metadata != assistant.metadata:
        assistant.metadata = metadata
        Assistant.objects.filter(pk=assistant.pk).update(metadata=metadata)
    return assistant
