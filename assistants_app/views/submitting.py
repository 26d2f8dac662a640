"""Asking for review of a Change, and giving it up: each a page that asks, and a dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from assistants_app import policies
from assistants_app.actions import changes
from assistants_app.contract import words
from assistants_app.errors import Conflict, InvalidDocument
from assistants_app.forms import texts
from assistants_app.forms.submitting import SubmitForm
from assistants_app.models import Change
from assistants_app.views import access, comparison, findings, pages
from assistants_app.views.editing import head

if TYPE_CHECKING:
    from django.http import HttpResponse

    from assistants_app.views.pages import Request


@access.signed_in("GET", "POST")
def submit(request: Request, pk: int) -> HttpResponse:
    """Ask for review: title, why, what changes, what the checks say. Errors block."""
    change = access.change(request, pk, "change.write")
    if change.state not in changes.EDITABLE:
        return _moved(request, change)
    checked = findings.check(change)
    form = _form(request, change, checked)
    if request.method != "POST":
        return _page(request, change, checked, form)
    if checked.errors or not form.is_valid():
        return _page(request, change, checked, form, status=422)
    said = {name: form.cleaned_data[name] for name in ("title", "why")}
    try:
        done = changes.submit(change, actor=request.actor, **said)
    except InvalidDocument:  # edited since it was read
        change = access.change(request, pk)
        return _page(request, change, findings.check(change), form, status=422)
    except Conflict as conflict:
        return _page(request, change, checked, form, status=409, warning=str(conflict))
    return _done(request, done)


def _form(request: Request, change: Change, checked: findings.Checked) -> SubmitForm:
    initial = {"title": change.title or _suggested(change, checked), "why": change.why}
    return SubmitForm(
        request.POST or None,
        has_warnings=bool(checked.warnings),
        initial=initial,
        must_say_why=changes.must_say_why(change.assistant.workspace),
    )


def _suggested(change: Change, checked: findings.Checked) -> str:
    """A title where none was written: that it is new, or what differs, with the first new words."""
    if change.base is None:
        return _("New: %(name)s") % {"name": (change.name or str(change.assistant))[:150]}
    upstream = change.assistant.workspace.upstream
    if upstream and changes.is_same(change):
        return _("Send it to %(host)s") % {"host": upstream.host}
    new = texts.first_new(change.base.instructions or "", change.instructions or "")
    label = _(words.LABELS["instructions"].label)
    quoted = {label: f"{label}: “{Truncator(' '.join(new.split())).chars(80)}”"} if new else {}
    return ", ".join(quoted.get(one, one) for one in checked.differs)[:200]


def _page(
    request: Request,
    change: Change,
    checked: findings.Checked,
    form: SubmitForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    base = change.base.document() if change.base else {}
    upstream = change.assistant.workspace.upstream
    is_same, goes_on = changes.is_same(change), policies.needs_review_there(change.assistant)
    context = head(request, change) | {
        "form": form,
        "checked": checked,
        "summary": comparison.summary(base, change.document()) if change.base else "",
        "is_same": is_same and not goes_on,
        "goes_on": is_same and goes_on,
        "host": upstream.host if upstream else "",
        "approvals": change.assistant.workspace.approvals,
        "reviewers": [one.display_name for one in policies.reviewers(change)],
        **more,
    }
    parts = {"dialog": "changes/parts/_submit.html"}
    return pages.page(request, "changes/submit.html", context, parts=parts, status=status)


def _moved(request: Request, change: Change) -> HttpResponse:
    """Sent twice, or someone else was first: the page as it stands says where it is now."""
    text = _("This change is not a draft any more: %(state)s.")
    messages.info(request, text % {"state": change.get_state_display().lower()})
    return pages.go(request, "change", change.pk)


def _done(request: Request, change: Change) -> HttpResponse:
    if change.state == Change.State.APPROVED:
        text = _("Approved at once, since this workspace asks for no approvals.")
    else:
        text = _("Reviewers of this workspace see it now.")
    messages.success(request, text)
    return pages.go(request, "review", change.pk)


@access.signed_in("GET", "POST")
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Give a change up; the page that asks says what becomes of it."""
    change = access.change(request, pk)
    is_own = change.author_id == request.user.pk
    right: policies.Right = "change.write" if is_own else "change.withdraw_any"
    policies.require(request.actor, right, change.assistant.workspace, on=change)
    if not change.is_open:
        return _moved(request, change)
    if request.method == "POST":
        changes.withdraw(change, actor=request.actor)
        text = _("Change %(n)s is withdrawn. It is kept for reading.")
        messages.success(request, text % {"n": pk})
        return pages.go(request, "assistant", change.assistant_id)
    context = head(request, change) | {
        "heading": _("Withdraw change %(n)s?") % {"n": pk},
        "consequences": _consequences(change),
        "action": _("Withdraw"),
        "action_url": request.path,
        "cancel_url": reverse("change", args=[pk]),
        "danger": True,
    }
    parts = {"dialog": "ui/parts/_confirm.html"}
    return pages.page(request, "assistants/confirm.html", context, parts=parts)


def _consequences(change: Change) -> list[str]:
    found = [_("Nothing of it goes live. It is kept for reading.")]
    if change.state == Change.State.IN_REVIEW:
        found.append(_("Reviewers no longer see it among what waits for them."))
    if change.state == Change.State.APPROVED:
        found.append(_("Its approvals are of no more use."))
    others = change.assistant.changes.open().exclude(pk=change.pk)
    if change.assistant.live_version_id is None and not others.exists():
        found.append(_("Its assistant was never live and goes to the archive."))
    return found
