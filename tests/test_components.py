"""templates/ui and the tags behind it: each component in its states, with nothing around it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, strip_tags

from assistants_app.views import gallery
from tests.checks.tree import ROOT

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from assistants_app.models import User

PARTS = "ui/parts/"


class Form(forms.Form):
    name = forms.CharField(max_length=8, help_text="What your team calls it.")
    text = forms.CharField(widget=forms.Textarea(attrs={"placeholder": "Text"}))
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    where = forms.ChoiceField(choices=[("x", "Here"), ("y", "There")], widget=forms.RadioSelect)
    strict = forms.BooleanField(widget=forms.CheckboxInput(attrs={"role": "switch"}))
    lock = forms.IntegerField(widget=forms.HiddenInput)


class SignIn(forms.Form):
    login = forms.CharField()
    password = forms.CharField(widget=forms.PasswordInput)


def part(which: str, /, **context: Any) -> str:
    return render_to_string(f"{PARTS}_{which}.html", context)


def source(text: str, **context: Any) -> str:
    return engines["django"].from_string("{% load dash %}" + text).render(context)


def field(name: str, data: dict[str, Any] | None = None, **more: Any) -> str:
    return part("field", field=Form(data)[name], **more)


def test_a_field_ties_label_message_help_and_counter_to_its_input() -> None:
    html = field("name", counter_max=8, counter_always=True)
    assert '<label for="id_name">' in html
    assert 'aria-describedby="id_name-msg id_name-help id_name-count"' in html
    for tied in ("id_name-msg", "id_name-help", "id_name-count"):
        assert f'id="{tied}"' in html
    assert "required" not in html
    assert "aria-invalid" not in html


def test_a_field_without_help_or_counter_points_at_neither() -> None:
    assert 'aria-describedby="id_text-msg"' in field("text")


def test_a_field_says_what_is_wrong_before_its_help_is_read() -> None:
    html = field("name", {"name": "much too long"})
    assert 'aria-invalid="true"' in html
    assert "data-invalid" in html
    assert "at most 8 characters" in html


def test_a_label_of_the_contract_stands_before_its_api_term() -> None:
    label = SimpleNamespace(label="Function name", term="function.name", help="Letters <only>.")
    html = field("name", label=label)
    assert html.index("Function name") < html.index("function.name")
    assert 'translate="no"' in html
    assert "Letters &lt;only&gt;." in html


def test_a_placeholder_never_stands_in_for_a_label() -> None:
    assert "placeholder" not in field("text")


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("name", 'class="input"'),
        ("text", 'class="textarea"'),
        ("kind", 'class="select"'),
        ("where", 'class="choice"'),
        ("strict", 'class="switch"'),
    ],
)
def test_every_kind_of_field_gets_its_own_look(name: str, mark: str) -> None:
    assert mark in field(name)


def test_choices_are_a_group_with_a_name() -> None:
    html = field("where", {"where": "z"})
    assert "<fieldset" in html
    assert "<legend>Where" in html
    assert html.count('type="radio"') == 2


def test_further_attributes_reach_the_input_and_empty_ones_do_not() -> None:
    form = Form()
    html = source("{% control field hx_post='/x/' autocomplete='' %}", field=form["name"])
    assert 'hx-post="/x/"' in html
    assert "autocomplete" not in html


@pytest.mark.parametrize(
    ("length", "always", "said"),
    [
        (0, True, "0 characters"),
        (1, True, "1 character"),
        (5, False, ""),
        (6, False, "6 of 8 characters"),
        (8, False, "8 of 8 characters full"),
        (9, False, "9 of 8 characters, 1 too many over"),
    ],
)
def test_a_counter_speaks_from_three_quarters_on(length: int, always: bool, said: str) -> None:
    assert counted("😀" * length, "8 always", always=always) == said
    assert counted("\r\n" * length, "8 always", always=always) == said


def counted(text: str, limits: str, **more: Any) -> str:
    tag = "{% counter field " + limits + " as c %}{{ c.text }} {{ c.state }}"
    return source(tag, field=Form({"name": text})["name"], **more).strip()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("{", ""),
        ("[1, 2, 3]", ""),
        ('{"a": "x", "b": "y"}', ""),
        ('{"a": "", "b": "", "c": 1}', "3 of 4 pairs"),
        ('{"a": "", "b": "", "c": "", "d": ""}', "4 of 4 pairs full"),
        ('{"a": "", "b": "", "c": "", "d": "", "e": ""}', "5 of 4 pairs, 1 too many over"),
        ('{"team": "😀😀😀😀😀😀"}', "team: 6 of 8 characters"),
        ('{"": "123456789"}', ": 9 of 8 characters, 1 too many over"),
        ('{"seasons": ""}', "seasons: 7 of 6 characters, 1 too many over"),
    ],
)
def test_a_counter_of_pairs_counts_them_and_their_long_texts(text: str, said: str) -> None:
    assert counted(text, '4 False "6 8"') == said


def test_the_summary_links_to_every_field_in_error_with_the_same_words() -> None:
    form = Form({"name": "", "text": "x", "kind": "a", "where": "", "strict": "", "lock": "1"})
    html = part("error_summary", form=form)
    assert 'href="#id_name"' in html
    assert 'href="#id_where_0"' in html  # the first of the choices can be focused
    assert 'href="#id_text"' not in html
    assert 'tabindex="-1"' in html
    assert 'role="alert"' in html


def test_the_summary_takes_errors_without_a_form_and_is_nothing_without_errors() -> None:
    assert 'href="#a"' in part("error_summary", errors=[("#a", "Enter a name")])
    assert part("error_summary", form=Form()).strip() == ""


def test_a_badge_is_icon_words_and_tone_and_a_link_to_the_next_step() -> None:
    badge = SimpleNamespace(label="In review", icon="eye", tone="violet", url="/r/", quiet=False)
    html = part("badge", badge=badge)
    assert html.startswith('<a href="/r/" class="badge violet">')
    assert "<svg" in html
    assert strip_tags(html).strip() == "In review"


def test_a_normal_state_is_quiet() -> None:
    badge = SimpleNamespace(label="In sync", icon="check", tone="ok", url="", quiet=True)
    assert part("badge", badge=badge).startswith('<span class="quiet-state ok">')


@pytest.mark.parametrize(
    ("level", "tone"),
    [("success", "ok"), ("error", "bad"), ("extra warning", "warn"), ("", "info")],
)
def test_a_message_of_django_becomes_a_note_of_its_tone(level: str, tone: str) -> None:
    assert f'class="note {tone}"' in part("note", tone=level, text="Saved")


def test_an_alert_can_be_recognised_as_ours() -> None:
    html = part("alert", message="You may <not>", reference="ab12")
    assert "data-alert" in html
    assert "You may &lt;not&gt;" in html
    assert "ab12" in html


def test_a_confirmation_names_its_consequences_and_posts() -> None:
    html = part(
        "confirm",
        heading="Remove?",
        consequences=["2 open changes"],
        action="Remove",
        action_url="/go/",
        cancel_url="/back/",
        danger=True,
        hidden=[("lock", 3)],
        csrf_token="token",
    )
    assert '<form method="post" action="/go/"' in html
    assert 'name="csrfmiddlewaretoken" value="token"' in html
    assert 'name="lock" value="3"' in html
    assert "2 open changes" in html
    assert "<h1" in html
    assert "<h2" in part("confirm", heading="Remove?", in_dialog=True)


def test_steps_say_where_one_is() -> None:
    steps = [SimpleNamespace(label="Draft", state="done"), SimpleNamespace(label="Go", state="now")]
    html = part("steps", name="Progress", items=steps)
    assert html.count('aria-current="step"') == 1
    assert html.index("Draft") < html.index("aria-current")


def test_a_tab_shows_its_number_even_when_it_is_zero() -> None:
    tabs = [SimpleNamespace(label="All", url="?", current=True, count=1946)]
    tabs += [SimpleNamespace(label="Mine", url="?m", current=False, count=0)]
    html = part("tabs", name="Views", items=tabs)
    assert "1,946" in html
    assert ">0</span>" in html
    assert html.count("aria-current") == 1


def test_the_secret_and_the_json_can_be_copied() -> None:
    assert 'data-copy="asd_1"' in part("secret", value="asd_1")
    assert "<var>1</var>" in part("json_view", text='{"a": 1}', name="Preview")


@pytest.mark.parametrize(
    ("person", "letters"),
    [("Maya Okafor", "MO"), ("Lena", "L"), ("", "?"), ("Ana María de la Cruz", "AC")],
)
def test_initials_are_one_or_two_letters(person: str, letters: str) -> None:
    assert source("{{ person|initials }}", person=person) == letters


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500", "ui/refused"])
def test_an_error_page_needs_no_context_and_shows_a_way_back(name: str) -> None:
    html = engines["django"].get_template(f"{name}.html").render()
    assert html.count("<h1>") == 1
    assert 'href="/"' in html
    assert "Assistants Dashboard</title>" in html


def test_a_fault_shows_its_number() -> None:
    assert "req-77" in render_to_string("500.html", {"reference": "req-77"})


def test_a_refusal_gives_back_what_was_typed() -> None:
    html = render_to_string("ui/refused.html", {"typed": {"instructions": "Be <kind>."}})
    assert "Be &lt;kind&gt;.</textarea>" in html


def test_the_signed_in_page_stands_without_its_surroundings() -> None:
    html = render_to_string("base.html", {"csrf_token": "token"})
    for region in ("announcer", "alerts", "merge", "toasts", "dialog", "nav-counts"):
        assert html.count(f'id="{region}"') == 1
    assert """hx-headers='{"X-CSRFToken": "token", "X-Person": ""}'""" in html
    assert "data-theme" not in html


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_of_the_person_is_on_the_page(theme: str) -> None:
    html = render_to_string("base.html", {"shell": SimpleNamespace(theme=theme)})
    assert f'data-theme="{theme}"' in html


def _item(label: str, icon: str, count: int, group: str) -> SimpleNamespace:
    is_main = group == "main"
    return SimpleNamespace(
        label=label,
        url="/a/",
        icon=icon,
        current=is_main,
        count=count,
        bad=not is_main,
        group=group,
    )


def test_the_sidebar_shows_workspaces_places_counts_and_the_connection() -> None:
    shell = SimpleNamespace(
        workspace="Customer care",
        workspaces=[("Customer care", "/a/"), ("Back office", "/b/")],
        nav=[
            _item("Assistants", "sparkles", 1946, "main"),
            _item("Sync", "arrow-path", 2, "operations"),
        ],
        connection=SimpleNamespace(label="Connected", detail="example.com", tone="ok", url="/c/"),
        person=SimpleNamespace(display_name="Maya Okafor", username="maya"),
        paused=SimpleNamespace(who="Maya", since=timezone.now(), resume_url="/r/"),
    )
    html = render_to_string("base.html", {"shell": shell})
    assert '<a class="pop-item" href="/b/">Back office</a>' in html
    assert '<a id="nav-sparkles" href="/a/" aria-current="page">' in html
    assert '<span class="count bad">2<span class="vh"> problems</span>' in html
    assert '<span class="count">99+<span class="vh"> items</span>' in html
    assert '<span class="dot ok">' in html
    assert "Maya paused pushing in this workspace" in html
    assert "Sign out" in html


def test_the_practice_people_are_there_only_when_given() -> None:
    form = SignIn()
    people = [SimpleNamespace(pk=7, display_name="Lena Brandt", first_name="Lena", roles="Editor")]
    html = render_to_string("account/login.html", {"form": form, "sample_people": people})
    assert "Sign in as Lena" in html
    assert "Practice people" not in render_to_string("account/login.html", {"form": form})
    assert 'autocomplete="current-password"' in html


def test_the_gallery_shows_every_component_and_only_to_builders(
    client: Client, alice: User, settings: SettingsWrapper
) -> None:
    parts = {path.stem.removeprefix("_") for path in (ROOT / "templates/ui/parts").iterdir()}
    assert parts == gallery.EXAMPLES.keys() | gallery.AROUND
    client.force_login(alice)
    assert client.get(reverse("gallery")).status_code == 404
    settings.DEBUG = True
    html = client.get(reverse("gallery")).content.decode()
    for name, states in gallery.EXAMPLES.items():
        assert f'id="c-{name}"' in html
        for state, _told in states():
            assert escape(state) in html
