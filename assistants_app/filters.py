"""One FilterSet per list: what its address may narrow it to. Shared by views, API and exports.

Rows go in already cut down to what the actor may see (`policies.visible`); a filter only narrows.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Exists, F, OuterRef, Q
from django.utils import formats, timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, DateFilter, FilterSet, NumberFilter

from assistants_app.models import Assistant, AuditEntry, Change, PushOrder, search
from assistants_app.models.assistants import BY_MODEL, BY_NAME, WITH_WARNINGS
from assistants_app.models.audit import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from assistants_app.models import User
    from assistants_app.models.statements import Given

SEARCH_MAX = 200
VIEWS = ("all", "mine", "in_review", "ready", "drift", "failed", "archived")
_LOOKED_THROUGH = ("name", "description", "instructions")


class SearchField(forms.CharField):
    """Free text of at most 200 characters, NUL refused by its place."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"strip": False, "required": False})

    def run_validators(self, value: Any) -> None:
        if len(value) > SEARCH_MAX:
            n = formats.number_format(len(value), force_grouping=True, use_l10n=True)
            words = {"n": n, "max": SEARCH_MAX}
            raise forms.ValidationError(_("%(n)s characters; the limit is %(max)s.") % words)
        if "\0" in value:
            position = value.index("\0") + 1
            message = _("Contains a NUL character at position %(n)s.")
            raise forms.ValidationError(message % {"n": position})


class SearchFilter(CharFilter):  # type: ignore[misc]  # django-filter has no types
    field_class = SearchField


_NOT_ONE = {"invalid_choice": _("There is no such thing to filter by.")}
_NO_DATE = {"invalid": _("Not a date. Write it like 2026-12-01.")}
_WHOLE = {"invalid": _("Must be a whole number.")}
WORK = {"none": _("No open change"), **dict(Change.State.choices[:4])}
UPSTREAM = {
    "synced": _("In sync"),
    "partly": _("Not all kept"),
    "waiting": _("Waiting to push"),
    "pushing": _("Pushing…"),
    "unsure": _("Not sure it arrived"),
    "changed": _("Changed upstream"),
    "failed": _("Push failed"),
    "deleted": _("Deleted upstream"),
    "unpushed": _("Not pushed yet"),
}
ABILITIES = {
    "function": _("Calls functions"),
    "code_interpreter": _("Runs code"),
    "file_search": _("Searches files"),
    "json": _("JSON reply"),
}
WARNINGS = {"yes": _("Has warnings")}


class WholeFilter(NumberFilter):  # type: ignore[misc]
    field_class = forms.IntegerField


class PeriodFilter(FilterSet):  # type: ignore[misc]
    """`since` and `until`: days of the time zone in force, both included, of `moment`."""

    moment = "at"
    since = DateFilter(method="from_day", input_formats=["%Y-%m-%d"], error_messages=_NO_DATE)
    until = DateFilter(method="to_day", input_formats=["%Y-%m-%d"], error_messages=_NO_DATE)

    def get_form_class(self) -> type[forms.Form]:
        """With the one rule that two fields make together."""
        usual: type[forms.Form] = super().get_form_class()

        class PeriodForm(usual):  # type: ignore[misc, valid-type]
            def clean(self) -> None:
                since, until = (self.cleaned_data.get(name) for name in ("since", "until"))
                if since and until and until < since:
                    self.add_error("until", _("The period ends before it begins."))

        return PeriodForm

    def from_day(self, rows: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:  # noqa: ARG002
        return rows.filter(**{f"{self.moment}__gte": _midnight(value)})

    def to_day(self, rows: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:  # noqa: ARG002
        return rows.filter(**{f"{self.moment}__lt": _midnight(value) + timedelta(days=1)})


class AssistantFilter(PeriodFilter):
    """`q` searches texts and ids; `view` is one of the list's tabs; the others narrow further.

    Without a view, archived assistants stay out. What is asked of a model or an ability is asked
    of what the list shows: the proposal where nothing is live yet.
    """

    moment = "changed_at"
    q = SearchFilter(method="search")
    view = ChoiceFilter(
        choices=[(view, view) for view in VIEWS],
        method="pick",
        error_messages={
            "invalid_choice": format_lazy(_("Must be one of: {names}."), names=", ".join(VIEWS))
        },
    )
    work = ChoiceFilter(choices=list(WORK.items()), method="working", error_messages=_NOT_ONE)
    upstream = ChoiceFilter(choices=list(UPSTREAM.items()), method="held", error_messages=_NOT_ONE)
    model = SearchFilter(method="answering")
    ability = ChoiceFilter(choices=list(ABILITIES.items()), method="able", error_messages=_NOT_ONE)
    by = WholeFilter(method="changed", error_messages=_WHOLE)
    warnings = ChoiceFilter(
        choices=list(WARNINGS.items()), method="doubtful", error_messages=_NOT_ONE
    )

    class Meta:
        model = Assistant
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Assistant], name: str, value: str) -> QuerySet[Assistant]:  # noqa: ARG002
        text = value.strip()
        if len(text) == 1 and text.isalnum():  # being typed: what begins with it
            return rows.alias(begins=BY_NAME).filter(begins__startswith=text.lower())
        return rows.filter(matching(text)) if text else rows

    def pick(self, rows: QuerySet[Assistant], name: str, value: str) -> QuerySet[Assistant]:  # noqa: ARG002
        return rows.filter(in_view(value, self.request.user)) if value != "all" else rows

    def working(self, rows: QuerySet[Assistant], name: str, value: str) -> QuerySet[Assistant]:  # noqa: ARG002
        if value == "none":
            return rows.filter(~Exists(Change.objects.open().filter(assistant=OuterRef("pk"))))
        return rows.filter(_holding(Change.objects.filter(state=value)))

    def held(self, rows: QuerySet[Assistant], name: str, value: str) -> QuerySet[Assistant]:  # noqa: ARG002
        return rows.filter(_upstream(value))

    def changed(self, rows: QuerySet[Assistant], name: str, value: int) -> QuerySet[Assistant]:  # noqa: ARG002
        return rows.filter(changed_by=value) if 0 < value < 2**31 else rows.none()

    def doubtful(self, rows: QuerySet[Assistant], name: str, value: str) -> QuerySet[Assistant]:  # noqa: ARG002
        return rows.filter(WITH_WARNINGS)

    def answering(self, rows: QuerySet[Assistant], name: str, value: str) -> QuerySet[Assistant]:  # noqa: ARG002
        short = value[:100]
        live = rows.alias(short_model=BY_MODEL)
        return live.filter(Q(short_model=short, model=value) | _proposing(Q(model=value)))

    def able(self, rows: QuerySet[Assistant], name: str, value: str) -> QuerySet[Assistant]:  # noqa: ARG002
        if value == "json":
            condition = Q(response_format__contains='"json_')
        else:
            condition = Q(tools__contains=f'"type":"{value}"')
        return rows.filter(condition | _proposing(condition))

    def filter_queryset(self, queryset: QuerySet[Assistant]) -> QuerySet[Assistant]:
        is_archive = self.form.cleaned_data["view"] == "archived"
        rows = queryset.filter(archived_at__isnull=not is_archive)
        found: QuerySet[Assistant] = super().filter_queryset(rows)
        return found


def _proposing(condition: Q) -> Q:
    """Assistants without a live Version whose open Change fulfils the condition."""
    proposed = Change.objects.open().filter(condition, base=None)
    return Q(live_version=None, pk__in=proposed.values("assistant"))


def _upstream(state: str) -> Q:
    """The condition of one upstream state, as `views.badges` draws it."""
    orders, reasons = PushOrder.State, PushOrder.Reason
    stopped = Q(push_order__state=orders.STOPPED)
    unclear = Q(push_order__reason=reasons.UNCLEAR)
    drift, gone = Q(push_order__reason=reasons.DRIFT), Q(push_order__reason=reasons.DELETED)
    idle = Q(push_order__state=orders.IDLE, push_order__pushed_version=F("live_version"))
    return {
        "synced": idle & Q(push_order__notes=None),
        "partly": idle & ~Q(push_order__notes=None),
        "waiting": Q(push_order__state=orders.WAITING),
        "pushing": Q(push_order__state=orders.SENDING),
        "unsure": Q(push_order__state=orders.UNKNOWN) | stopped & unclear,
        "changed": stopped & drift,
        "failed": stopped & ~drift & ~gone & ~unclear,
        "deleted": stopped & gone,
        "unpushed": Q(push_order=None, workspace__connection__isnull=False),
    }[state]


def in_view(view: str, user: User | Given) -> Q:
    """The condition of one tab, beside whether it is archived."""
    match view:
        case "mine":
            return _holding(Change.objects.open().by(user))
        case "in_review":
            return _holding(Change.objects.filter(state=Change.State.IN_REVIEW))
        case "ready":
            return _holding(Change.objects.filter(state=Change.State.APPROVED))
        case "drift" | "failed":
            drifted = Q(reason=PushOrder.Reason.DRIFT)
            which = drifted if view == "drift" else ~drifted
            return _holding(PushOrder.objects.filter(which, state=PushOrder.State.STOPPED))
    return Q()


def _holding(rows: QuerySet[Change] | QuerySet[PushOrder]) -> Q:
    # Not EXISTS: the few rows lead to their assistants, not each assistant to its rows.
    return Q(pk__in=rows.values("assistant"))


def matching(text: str) -> Q | search.Holds:
    """Assistants that hold every word of `text` in what is live or, before that, is proposed.

    The search index answers; texts that it has no words for (signs, scripts without spaces) are
    looked through.
    """
    if not search.has_words(text):
        return _looking_through(text)
    hits = search.hits(text)
    if len(hits) > search.FEW:
        return search.Holds(text)
    proposed = Change.objects.filter(pk__in=[-pk for pk in hits if pk < 0])
    live = Q(pk__in=[pk for pk in hits if pk > 0])
    if min(hits, default=1) > 0:
        return live
    return live | Q(live_version=None, pk__in=proposed.values("assistant"))


def _looking_through(text: str) -> Q:
    condition = Q()
    for column in _LOOKED_THROUGH:
        condition |= Q(**{f"{column}__contains": text})
    proposed = Change.objects.open().filter(condition)
    return condition | Q(live_version=None, pk__in=proposed.values("assistant"))


SYSTEM = "system"  # the value that stands for the product itself among the people
# Groups of actions, by the word before the dot.
FAMILIES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "changes": (_("Changes"), ("change",)),
    "assistants": (_("Assistants and versions"), ("assistant", "version", "bulk")),
    "upstream": (_("Upstream"), ("push", "upstream")),
    "settings": (
        _("Workspace settings"),
        ("workspace", "member", "rules", "connection", "token", "origin", "person"),
    ),
    "access": (_("Accounts and access"), ("account", "access")),
}
SOURCES = {
    "web": _("In the browser"),
    "api": _("By API"),
    "command": _("By command"),
    "worker": _("By the runner"),
    "quickstart": _("By the quickstart"),
}
OUTCOMES = {"done": _("Done"), "other": _("Refused or failed")}


def actions_of(family: str) -> list[str]:
    """The actions of one group, in the order of the register."""
    kinds = FAMILIES[family][1]
    return [action for action in ACTIONS if action.partition(".")[0] in kinds]


class AuditFilter(PeriodFilter):
    """The audit log by person, action or group of actions, way in, outcome, assistant, days.

    `people` are the ids that `actor` may be, with their names; days are those of the time zone in
    force, both included.
    """

    actor = ChoiceFilter(method="by", choices=(), error_messages=_NOT_ONE)
    action = ChoiceFilter(
        method="doing",
        choices=[(value, value) for value in (*FAMILIES, *ACTIONS)],
        error_messages=_NOT_ONE,
    )
    source = ChoiceFilter(choices=list(SOURCES.items()), error_messages=_NOT_ONE)
    outcome = ChoiceFilter(method="ending", choices=list(OUTCOMES.items()), error_messages=_NOT_ONE)
    assistant = WholeFilter(method="about", error_messages=_WHOLE)

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["actor"].extra["choices"] = [*people, (SYSTEM, SYSTEM)]

    def by(self, rows: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:  # noqa: ARG002
        is_system = value == SYSTEM
        return rows.filter(actor_kind=SYSTEM) if is_system else rows.filter(actor_id=value)

    def doing(self, rows: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:  # noqa: ARG002
        return rows.filter(action__in=actions_of(value) if value in FAMILIES else [value])

    def ending(self, rows: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:  # noqa: ARG002
        done = Q(outcome="done")
        return rows.filter(done if value == "done" else ~done)

    def about(self, rows: QuerySet[AuditEntry], name: str, value: object) -> QuerySet[AuditEntry]:  # noqa: ARG002
        return rows.filter(assistant_id=str(value))


def _midnight(day: date) -> datetime:
    """The day's first moment here; no log reaches beyond the years that every database can hold."""
    within = min(max(day, date(1970, 1, 2)), date(9000, 1, 1))
    return timezone.make_aware(datetime.combine(within, time.min))
