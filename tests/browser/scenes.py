"""Something to see on every page that there is, and the address at which it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from assistants_app.actions import changes, importing, pulling, threads, tools
from assistants_app.models import AuditEntry
from tests import builders
from tests.browser.conftest import INSTRUCTIONS

if TYPE_CHECKING:
    from assistants_app.models import Assistant, Change, Job
    from tests.browser.conftest import Stage

FUNCTION = {
    "type": "function",
    "function": {
        "name": "book_trip",
        "description": "Book one trip.",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Where to."},
                "days": {"type": "integer", "minimum": 1},
                "class": {"type": "string", "enum": ["first", "second"]},
                "people": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                        "required": ["name"],
                    },
                },
            },
            "required": ["city"],
        },
    },
}
SHAPE = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "schema": {"type": "object", "properties": {"text": {"type": "string"}}},
    },
}


def scene(stage: Stage) -> dict[str, str]:
    """Something to see on every page; name → address."""
    live = stage.make_assistant()
    drifted = stage.make_assistant(name="Math Tutor", description=None, tools=None)
    run = _trouble(stage, drifted)
    alice = builders.acting(stage.people["alice"])
    approved = builders.make_approved(
        stage.workspace, author=stage.people["alice"], reviewer=stage.people["bob"]
    )
    changed = INSTRUCTIONS.replace("30 days of purchase", "14 days of delivery")
    change = changes.open(live, actor=alice, title="Tighten the refund wording")
    change = changes.edit(
        change,
        actor=alice,
        lock=change.lock,
        values={"instructions": changed, "temperature": 0.4, "model": "gpt-5.1"},
        why="The refund window changed on 1 December.",
    )
    change = changes.submit(change, actor=alice)
    draft = changes.start(
        stage.workspace, actor=alice, document={"name": "x" * 300, "instructions": "Be brief."}
    )
    slug = stage.workspace.slug
    entry = AuditEntry.objects.order_by("-seq").first()
    return {
        "list": reverse("assistant_list"),
        "list, nothing found": reverse("assistant_list") + "?q=zzzzzz",
        "new": reverse("assistant_new"),
        "assistant": reverse("assistant", args=[live.pk]),
        "version": reverse("version", args=[live.pk, 1]),
        "archive": reverse("assistant_archive", args=[live.pk]),
        "editor": reverse("change", args=[draft.pk]),
        "editor in review": reverse("change", args=[change.pk]),
        "update": reverse("change_update", args=[_outdated(stage).pk]),
        "reviews": reverse("review_list"),
        "review": reverse("review", args=[change.pk]),
        "review, side by side": reverse("review", args=[change.pk]) + "?columns=2&show=whole",
        "review, in one column": reverse("review", args=[change.pk]) + "?columns=1&show=changes",
        "review, approved": reverse("review", args=[approved.pk]),
        "publish": reverse("change_publish", args=[approved.pk]),
        "review, everything": reverse("review", args=[change.pk]) + "?tab=full",
        "review, discussion": reverse("review", args=[change.pk]) + "?tab=discussion",
        "review, checks": reverse("review", args=[change.pk]) + "?tab=checks",
        "review, asking": reverse("review_send", args=[change.pk]) + "?decision=request",
        "comment": reverse("comment_new", args=[change.pk]) + "?part=instructions&at=new-1",
        "sync": reverse("sync"),
        "run": reverse("job", args=[run.pk]),
        "import": reverse("import"),
        "import, nothing found": reverse("import") + "?q=nonsense",
        "import, what became of it": reverse("job", args=[_imported(stage).pk]),
        "upstream": reverse("upstream", args=[live.pk]),
        "upstream, changed there": reverse("upstream", args=[drifted.pk]),
        "audit": reverse("audit_list"),
        "audit, filtered": reverse("audit_list") + f"?action=changes&assistant={live.pk}",
        "audit, wrong filter": reverse("audit_list") + "?since=yesterday",
        "entry": reverse("audit_entry", args=[entry.seq if entry else 1]),
        "members": reverse("workspace_members", args=[slug]),
        "member": reverse("workspace_member", args=[slug, stage.people["bob"].pk]),
        "remove": reverse("workspace_member_remove", args=[slug, stage.people["bob"].pk]),
        "rules": reverse("workspace_rules", args=[slug]),
        "connection": reverse("workspace_connection", args=[slug]),
        "leave the connection": reverse("workspace_connection_remove", args=[slug]),
        "tokens": reverse("workspace_tokens", args=[slug]),
        "account": reverse("account_profile"),
        "password": reverse("account_change_password"),
        "still you": reverse("account_reauthenticate"),
        "sessions": reverse("account_sessions"),
        "e-mail address": reverse("account_address"),
        "second factor": reverse("mfa_index"),
        "an app for codes": reverse("mfa_activate_totp"),
        "a passkey": reverse("mfa_add_webauthn"),
        "everybody": reverse("person_list"),
        "everybody, nobody found": reverse("person_list") + "?q=zzzzzz",
        "switch off": reverse("person_deactivate", args=[stage.people["bob"].pk]),
        "missing": "/nonsense/",
        **_history(live, change),
        **_several(stage, [live, drifted]),
        **_places(stage),
        **_writing(stage, live, draft),
    }


def _history(live: Assistant, change: Change) -> dict[str, str]:
    """One assistant's tabs, two of its texts side by side, and what going back asks."""
    page = reverse("assistant", args=[live.pk])
    return {
        "assistant, versions": f"{page}?tab=history",
        "assistant, changes": f"{page}?tab=changes",
        "assistant, activity": f"{page}?tab=activity",
        "compare": reverse("compare", args=[live.pk, f"live..change-{change.pk}"]),
        "compare, with the server": reverse("compare", args=[live.pk, "upstream..live"]),
        "comment on all of it": reverse("comment_new", args=[change.pk]),
        "ask, while in review": reverse("change_submit", args=[change.pk]),
        "withdraw": reverse("change_withdraw", args=[change.pk]),
    }


def _several(stage: Stage, chosen: list[Assistant]) -> dict[str, str]:
    """The list, narrowed, and what is asked before something is done to several."""
    page, place = reverse("assistant_list"), f"workspace={stage.workspace.slug}"
    ids = urlencode([("id", str(one.pk)) for one in chosen])
    asked = {
        f"bulk, {verb}": f"{reverse('assistant_bulk')}?{place}&action={verb}&{ids}"
        for verb in ("submit", "publish", "check", "export", "archive")
    }
    return asked | {
        "bulk, of nothing": f"{reverse('assistant_bulk')}?{place}&action=archive",
        "list, filters": f"{reverse('assistant_filters')}?{place}",
        "list, filtered": f"{page}?{place}&work=draft",
        "list, a line found": f"{page}?{place}&q=refunds",
        "list, sorted": f"{page}?{place}&sort=name",
        "models": reverse("model_list"),
    }


def _places(stage: Stage) -> dict[str, str]:
    """Workspaces and what one is told of."""
    slug = stage.workspace.slug
    return {
        "my work": reverse("home"),
        "welcome": reverse("welcome"),
        "workspaces": reverse("workspace_list"),
        "a new workspace": reverse("workspace_new"),
        "workspace": reverse("workspace_general", args=[slug]),
        "archive a workspace": reverse("workspace_archive", args=[slug]),
        "notices": reverse("notice_list"),
        "which notices": reverse("account_notices"),
    }


def _writing(stage: Stage, live: Assistant, draft: Change) -> dict[str, str]:
    """A Change with a function, each kind of reply, labels and files; and every page beside it."""
    listed = [{"type": "code_interpreter"}, {"type": "file_search"}, FUNCTION]
    listed.append({"type": "mcp", "server_label": "shop"})
    full = builders.make_change(
        stage.workspace,
        stage.people["alice"],
        name="Everything",
        tools=listed,
        tool_resources={"code_interpreter": {"file_ids": ["file-sales"]}},
        metadata={"team": "travel", "cost": "4711"},
        response_format=SHAPE,
    )
    free = builders.make_change(live, stage.people["dora"], response_format={"type": "json_object"})
    at = threads.Anchor(full.digest, "instructions", "new", 1, 1)
    threads.comment(full, actor=builders.acting(stage.people["bob"]), on=at, text="Whom?")
    keys = [row.key for row in tools.rows(full)]
    function, pk = reverse("tool", args=[full.pk, keys[2]]), full.pk
    return {
        "editor, everything": reverse("change", args=[pk]),
        "editor, any JSON": reverse("change", args=[free.pk]),
        "editor, abilities as JSON": reverse("change", args=[pk]) + "?abilities=json",
        "editor, the text as read": reverse("change", args=[pk]) + "?instructions=preview",
        "editor, what differs": reverse("change", args=[draft.pk]) + "?instructions=changes",
        "review, a comment": reverse("review", args=[pk]),
        "ask": reverse("change_submit", args=[pk]),
        "ask, with errors": reverse("change_submit", args=[draft.pk]),
        "function": function,
        "function, an input": f"{function}?edit=%2Fproperties%2Fcity",
        "function, a list": f"{function}?edit=%2Fproperties%2Fpeople",
        "function, as JSON": f"{function}?view=json",
        "another tool": reverse("tool", args=[pk, keys[3]]),
        "paste": reverse("tool_import", args=[pk]),
        "paste, taken in": reverse("tool_import", args=[pk]) + f"?added={keys[2]}",
        "copy": reverse("tool_copy", args=[pk]),
        "copy, from one": reverse("tool_copy", args=[pk]) + f"?from={live.pk}",
        "model": reverse("change_model", args=[pk]),
        "model, not known": reverse("change_model", args=[pk]) + "?q=zzzzzz",
        "insert": reverse("change_insert", args=[pk]),
        "reply": reverse("change_reply", args=[pk]),
        "files": reverse("change_resources", args=[pk, "files"]),
        "knowledge": reverse("change_resources", args=[pk, "knowledge"]),
    }


def _outdated(stage: Stage) -> Change:
    """Begun from a version that is live no more; both sides changed the same line."""
    alice, bob, dora = (stage.people[name] for name in ("alice", "bob", "dora"))
    live = stage.make_assistant(name="Travel Desk")
    mine = INSTRUCTIONS.replace("30 days", "14 days")
    change = builders.make_change(live, alice, instructions=mine, name="Travel")
    theirs = INSTRUCTIONS.replace("30 days", "21 days") + "Never promise a date.\n"
    builders.make_assistant(live, author=bob, reviewer=dora, instructions=theirs, temperature=0.7)
    return change


def _trouble(stage: Stage, drifted: Assistant) -> Job:
    """One assistant is changed upstream and found so, another one is refused there."""
    refusal = b'{"error":{"message":"The model does not exist.","param":"model","type":"x"}}'
    stage.upstream.on("POST", "/assistants", answer=(400, {}, refusal), apply="never")
    stage.make_assistant(name="Invoice Reader")
    drifted.refresh_from_db()
    stage.upstream.assistants[drifted.upstream_id or ""]["name"] = "Renamed there"
    run = pulling.ask(stage.workspace, actor=builders.acting(stage.people["bob"]))
    stage.work()
    return run


def _imported(stage: Stage) -> Job:
    """One of three that nobody knew of is taken in; the others can be chosen."""
    bob = builders.acting(stage.people["bob"])
    ids = [stage.upstream.add(name=name) for name in ("Found One", "Found Two", "x" * 300)]
    importing.look(stage.workspace, actor=bob)
    stage.work()
    run = importing.ask(stage.workspace, actor=bob, ids=[ids[0], "asst_gone"])
    stage.work()
    return run
