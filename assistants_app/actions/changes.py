"""Changes: open, edit, ask for review, withdraw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from assistants_app import contract, killpoints, policies
from assistants_app.actions import assistants, audit, edits, shown, texts
from assistants_app.contract.limits import METADATA_PAIRS
from assistants_app.errors import Conflict, Invalid, InvalidDocument
from assistants_app.models import Assistant, Change, Contribution
from assistants_app.models.connections import catalogue_of, profile_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistants_app.models import Workspace
    from assistants_app.policies import Actor

State = Change.State
EDITABLE = (State.DRAFT, State.CHANGES_REQUESTED)


def profile(workspace: Workspace) -> contract.Profile:
    """The rules of the server that this workspace pushes to; our own where it is kept here."""
    return profile_of(workspace.upstream)


def problems(change: Change, rules: str = "create") -> list[contract.Problem]:
    """Everything wrong or doubtful in the proposed document, in document order.

    `rules` is an op of `contract.check`: what came in by `/v1` is judged as "serve", without lints.
    The mark of another dashboard that the live assistant carries too was typed by nobody here.
    """
    document = change.document()
    if _marker(change.assistant.metadata) == _marker(change.metadata):
        document = contract.without_marker(document)
    if rules == "create" and not change.assistant.safe_creation:
        rules = "import"  # which judges the same, but that 16 pairs leave no room for a mark
    upstream = change.assistant.workspace.upstream
    return contract.check(document, rules, profile_of(upstream), catalogue_of(upstream))


def _marker(metadata: contract.JSON) -> Any:
    return metadata.get(contract.MARKER) if isinstance(metadata, dict) else None


@transaction.atomic
def start(
    workspace: Workspace, *, actor: Actor, document: contract.Document, title: str = ""
) -> Change:
    """Propose a new assistant: it exists with its Change and has no live Version."""
    policies.require(actor, "change.write", workspace)
    texts.readable(document)
    assistant = Assistant.objects.create(
        workspace=workspace,
        changed_by=actor.user,
        name=document.get("name"),
        safe_creation=_has_room(document.get("metadata")),
    )
    return _open(assistant, actor=actor, document=document, title=title)


def _has_room(metadata: contract.JSON) -> bool:
    """Whether our mark fits beside the pairs that an import or a call to `/v1` came with."""
    return not isinstance(metadata, dict) or len(metadata) < METADATA_PAIRS


@transaction.atomic
def open(  # noqa: A001  # read with its module: changes.open
    assistant: Assistant,
    *,
    actor: Actor,
    document: contract.Document | None = None,
    title: str = "",
) -> Change:
    """Begin a Change from the live Version, holding `document` where one is given.

    Raises Conflict (`open_change`) when this person already has an open one on this assistant.
    """
    policies.require(actor, "change.write", assistant.workspace, on=assistant)
    refuse_archived(assistant)
    mine = assistant.changes.open().filter(author=actor.user).first()
    if mine:
        raise Conflict(
            "You already have an open change of this assistant.", code="open_change", change=mine
        )
    return _open(assistant, actor=actor, document=document, title=title)


def refuse_archived(assistant: Assistant) -> None:
    """Raises Conflict (`archived`) when the assistant is in the archive now."""
    if Assistant.objects.filter(pk=assistant.pk).exclude(archived_at=None).exists():
        raise Conflict("This assistant is archived.", code="archived")


def _open(
    assistant: Assistant, *, actor: Actor, document: contract.Document | None, title: str
) -> Change:
    text = assistant.document() if document is None else edits.merged(document, {})
    texts.fit(Change, title=title)
    texts.readable(text)
    try:
        with transaction.atomic():
            change = Change.objects.create(
                assistant=assistant,
                base=assistant.live_version,
                title=title,
                author=actor.user,
                source=actor.source,
                digest=contract.fingerprint(text),
                **Change().columns_of(text),
            )
    except IntegrityError:  # another tab of the same person was first
        raise Conflict(
            "You already have an open change of this assistant.",
            code="open_change",
            change=assistant.changes.open().get(author=actor.user),
        ) from None
    contribute(change, actor)
    audit.record(
        "change.opened",
        actor=actor,
        workspace=assistant.workspace,
        assistant=assistant,
        on=change,
        before=assistant.digest,
        after=change.digest,
    )
    return change


@audit.bookkeeping
def contribute(change: Change, actor: Actor) -> None:
    """Note that this person wrote in it, within the caller's transaction."""
    if actor.user:
        Contribution.objects.get_or_create(change=change, user=actor.user)


@transaction.atomic
def edit(
    change: Change,
    *,
    actor: Actor,
    lock: int,
    values: Mapping[str, Any],
    unread: Mapping[str, str | None] | None = None,
    title: str | None = None,
    why: str | None = None,
    beside: Mapping[str, Any] | None = None,
    is_fresh: bool = False,
) -> Change:
    """Save some fields of the proposal; `values` maps field → value, None clears.

    `unread` maps field → text that cannot be read yet (None: it can be now). `lock` is the number
    the person's page carried: Conflict (`stale`) when one of these fields was saved since, with
    the newer Change in its data. A Change In review or Approved takes only a save without errors
    (InvalidDocument) and goes back In review. Recorded when anything but `unread` changed.
    `beside` are columns that move with the values: `tool_keys`, `removed_tools` (actions.tools),
    `reply_kept` (forms.reply). `is_fresh`: the caller read `change` within its own transaction, so
    it is not read again; it is what comes back.
    """
    policies.require(actor, "change.write", change.assistant.workspace, on=change)
    now = change if is_fresh else reread(change)
    if not now.is_open:
        raise Conflict(Change.STANDS[now.state], code="state", change=now)
    texts.fit(Change, title=title or "", why=why or "")
    texts.readable({field: text for field, text in (unread or {}).items() if text is not None})
    written = edits.written(values)
    digests = edits.digests(now, values, written)
    wanted = edits.wanted(now, values, digests, unread or {}, {"title": title, "why": why})
    if not wanted:
        return now
    edits.refuse_stale(now, lock, wanted)
    was = now.digest
    edits.apply(now, wanted, beside or {}, digests)
    if now.state not in EDITABLE:
        refuse_errors(now)
        now.state = State.IN_REVIEW
    if "name" in wanted and now.assistant.live_version_id is None:
        _rename(now)
    if (
        Change.objects.filter(pk=now.pk, lock=now.lock).update(**edits.row(now, values, written))
        != 1
    ):
        raise Conflict("Someone saved a newer text since you opened this.", change=now)
    now.lock += 1
    settle(now)
    if set(wanted) != {"unread"}:
        contribute(now, actor)
        _record("change.edited", now, actor, before=was, fields=sorted(set(wanted) - {"unread"}))
    transaction.on_commit(lambda: killpoints.point("save.committed"))
    return now


@audit.bookkeeping
def _rename(change: Change) -> None:
    """Until a Version is live, what every page calls the assistant is the name proposed last."""
    change.assistant.name = change.name
    Assistant.objects.filter(pk=change.assistant_id, live_version=None).update(name=change.name)


def reread(change: Change, *, is_as_read: bool = False) -> Change:
    """The row as it is now. Of the texts around it an edit needs no tools, and 128 take long.

    `is_as_read`: nobody set anything of `change` since it was read. Then its own tools are taken
    over from it, unless the lock says that somebody saved meanwhile.
    """
    rows = Change.objects.select_related("assistant__workspace", "base")
    around = ("assistant__tools", "base__tools")
    if not is_as_read:
        return rows.defer(*around).get(pk=change.pk)
    now = rows.defer(*around, "tools").get(pk=change.pk)
    if now.lock != change.lock:
        return reread(change)
    now.tools = change.tools
    return now


def refuse_errors(change: Change, rules: str = "create") -> None:
    """Raises InvalidDocument while there is an error, or a text that cannot be read."""
    found = [problem for problem in problems(change, rules) if problem.level == "error"]
    found += [
        contract.Problem((field,), "error", "invalid_json", "Not valid JSON.", {})
        for field in change.unread or {}
    ]
    if found:
        raise InvalidDocument(found)


@audit.bookkeeping
def settle(change: Change) -> None:
    """Approved as soon as enough Reviews count; at once where the workspace asks for none. What
    reviewers get to see is kept.
    """
    if change.state == State.IN_REVIEW and change.assistant.workspace.approvals:
        shown.keep(change)
    if change.state == State.IN_REVIEW and policies.standing(change).is_enough:
        change.state = State.APPROVED
        Change.objects.filter(pk=change.pk).update(state=change.state)


def must_say_why(workspace: Workspace) -> bool:
    """Whether reviewers of this workspace want to know why; where nobody reviews, nobody asks."""
    return workspace.why_required and workspace.approvals > 0


def is_same(change: Change) -> bool:
    """Whether it proposes exactly what it began from."""
    return change.base is not None and change.base.digest == change.digest


@transaction.atomic
def submit(
    change: Change,
    *,
    actor: Actor,
    title: str | None = None,
    why: str | None = None,
    rules: str = "create",
) -> Change:
    """Ask for review; where the workspace asks for 0 approvals this approves at once.

    Raises InvalidDocument while the document has errors, by `rules` as in `problems`; Conflict
    (`state`, `no_change`); Invalid where a rule of the workspace wants to know why.
    """
    policies.require(actor, "change.write", change.assistant.workspace, on=change)
    now = Change.objects.select_related("assistant__workspace", "base").get(pk=change.pk)
    if now.state not in EDITABLE:
        raise Conflict(Change.STANDS[now.state], code="state", change=now)
    if is_same(now) and not policies.needs_review_there(now.assistant):
        raise Conflict("This change does not differ from the live version yet.", code="no_change")
    refuse_errors(now, rules)
    texts.fit(Change, title=title or "", why=why or "")
    now.title = now.title if title is None else title
    now.why = now.why if why is None else why
    if must_say_why(now.assistant.workspace) and not now.why.strip():
        raise Invalid("why", "Say why: a rule of this workspace asks for it.")
    now.state, now.submitted_at = State.IN_REVIEW, timezone.now()
    moved = Change.objects.filter(pk=now.pk, lock=now.lock, state__in=EDITABLE).update(
        state=now.state,
        submitted_at=now.submitted_at,
        title=now.title,
        why=now.why,
        lock=now.lock + 1,
    )
    if moved != 1:
        raise Conflict("Someone saved a newer text since you opened this.", change=now)
    now.lock += 1
    settle(now)
    _record("change.submitted", now, actor, before=now.base.digest if now.base else "")
    return now


@transaction.atomic
def withdraw(change: Change, *, actor: Actor) -> Change:
    """Give a Change up; it stays for reading. An assistant that was never live is archived."""
    workspace = change.assistant.workspace
    own = actor.user is not None and change.author_id == actor.user.pk
    policies.require(actor, "change.write" if own else "change.withdraw_any", workspace, on=change)
    assistants.lock(change.assistant_id)
    now = timezone.now()
    moved = (
        change.__class__.objects.open()
        .filter(pk=change.pk)
        .update(state=State.WITHDRAWN, closed_at=now, lock=F("lock") + 1)
    )
    if moved != 1:
        raise Conflict("This change is not open any more.", code="state")
    change.refresh_from_db()
    if not change.assistant.changes.open().exists():  # nobody else works on it
        never_live = Assistant.objects.filter(pk=change.assistant_id, live_version=None)
        never_live.update(archived_at=now)
    _record("change.withdrawn", change, actor, before=change.digest)
    return change


def _record(
    action: str, change: Change, actor: Actor, *, before: str, fields: list[str] | None = None
) -> None:
    audit.record(
        action,
        actor=actor,
        workspace=change.assistant.workspace,
        assistant=change.assistant,
        on=change,
        before=before,
        after=change.digest,
        data={"fields": fields} if fields is not None else None,
    )
