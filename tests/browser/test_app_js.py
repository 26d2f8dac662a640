"""app.js and the htmx configuration of base.html: one test per promise of ux.md 4.3 to 4.8.

The pages come from our own templates, but no server runs: the browser's requests are answered here,
so that a test can let an answer be late, foreign, broken or missing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.template.loader import render_to_string

from tests.browser.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

FORM = """
<h1>Change 149</h1>
<form id="f" method="post" action="/save/" hx-post="/save/" hx-target="#sum" hx-swap="innerHTML">
  <div id="sum"></div>
  <label for="id_name">Name</label>
  <div id="id_name-msg" data-msg-for="id_name"></div>
  <input class="input" id="id_name" name="name">
  <button class="btn" id="save" type="submit">Save</button>
</form>
<button id="open" type="button" hx-get="/ask/" hx-target="#dialog" hx-swap="innerHTML">Ask</button>
"""
WRONG = """
<div data-summary tabindex="-1"><h2>There is a problem</h2></div>
<div id="id_name-msg" hx-swap-oob="innerHTML"><p class="err" data-invalid>Enter a name</p></div>
"""
RIGHT = '<p id="good">Saved</p><div id="id_name-msg" hx-swap-oob="innerHTML"></div>'


@pytest.fixture
def bench(browser: Browser) -> Iterator[Bench]:
    context = browser.new_context(reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    bench = Bench(context.new_page())
    yield bench
    context.close()
    assert bench.complaints == []


def test_a_refused_form_focuses_the_summary_and_keeps_the_text(bench: Bench) -> None:
    page = bench.show(FORM)
    bench.says("/save/", WRONG, 422)
    page.fill("#id_name", "typed")
    page.click("#save")
    bench.until("document.activeElement.matches('[data-summary]')")
    assert page.title().startswith("Error: Change 149")
    assert page.get_attribute("#id_name", "aria-invalid") == "true"
    assert page.input_value("#id_name") == "typed"
    bench.says("/save/", RIGHT)
    page.click("#save")
    page.wait_for_selector("#good")
    bench.until("!document.title.startsWith('Error')")
    assert page.get_attribute("#id_name", "aria-invalid") is None


def test_every_write_carries_the_token_and_says_whether_text_is_unsaved(bench: Bench) -> None:
    page = bench.show(FORM)
    for typed in ("", "typed", ""):
        bench.says("/save/", RIGHT)
        if typed:
            page.fill("#id_name", typed)
        page.click("#save")
        page.wait_for_selector("#good")
        page.evaluate("document.getElementById('good').remove()")
    sent = [headers for path, headers in bench.asked if path == "/save/"]
    assert [headers["x-csrftoken"] for headers in sent] == ["t", "t", "t"]
    assert [headers.get("x-unsaved") for headers in sent] == [None, "1", None]


def test_text_typed_during_a_save_counts_as_unsaved_after_it(bench: Bench) -> None:
    page = bench.show(FORM)
    bench.holds("/save/")
    page.fill("#id_name", "first")
    page.click("#save")
    page.fill("#id_name", "second")
    bench.lets_go("/save/", RIGHT)
    page.wait_for_selector("#good")
    assert page.evaluate("document.getElementById('f').unsaved > 0")


def test_a_double_click_acts_once_and_the_button_says_what_it_does(bench: Bench) -> None:
    page = bench.show(FORM)
    bench.holds("/save/")
    page.dblclick("#save")
    assert page.inner_text("#save") == "Saving…"
    assert page.get_attribute("#save", "aria-disabled") == "true"
    bench.lets_go("/save/")
    bench.until("document.getElementById('save').textContent === 'Save'")
    assert bench.times("/save/") == 1


def test_a_plain_form_is_sent_once_too(bench: Bench) -> None:
    page = bench.show('<form method="post" action="/go/"><button id="go">Go</button></form>')
    bench.holds("/go/")
    page.evaluate("() => { const go = document.getElementById('go'); go.click(); go.click() }")
    bench.lets_go("/go/", "gone")
    page.wait_for_url("**/go/")
    assert bench.times("/go/") == 1


@pytest.mark.parametrize("how", ["500", "abort"])
def test_a_failure_leaves_the_page_and_offers_to_try_again(bench: Bench, how: str) -> None:
    page = bench.show(FORM)
    bench.says("/save/", "boom", 500, x_request_id="req-77")
    if how == "abort":
        bench.answers["/save/"] = lambda route: route.abort()
    page.fill("#id_name", "typed")
    page.click("#save")
    page.wait_for_selector("#alerts [data-alert]")
    assert "Your text is still here" in page.inner_text("#alerts")
    assert ("req-77" in page.inner_text("#alerts")) == (how == "500")
    assert page.input_value("#id_name") == "typed"
    assert bench.asks_before_leaving()
    bench.says("/save/", '<p id="good">Saved</p>')
    page.click("[data-retry]")
    page.wait_for_selector("#good")
    assert page.inner_text("#alerts").strip() == ""
    assert not bench.asks_before_leaving()


def test_leaving_is_asked_while_a_save_is_under_way_and_not_before(bench: Bench) -> None:
    page = bench.show(FORM)
    bench.holds("/save/")
    page.fill("#id_name", "typed")
    assert not bench.asks_before_leaving()
    page.click("#save")
    assert bench.asks_before_leaving()
    bench.lets_go("/save/")
    bench.until("document.getElementById('save').textContent === 'Save'")
    assert not bench.asks_before_leaving()


def test_a_redirect_after_a_save_asks_nothing(bench: Bench) -> None:
    page = bench.show(FORM)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    bench.says("/save/", "", hx_redirect="/next/")
    bench.says("/next/", "<title>Next</title>")
    page.fill("#id_name", "typed")
    page.click("#save")
    page.wait_for_url("**/next/")
    assert asked == []


def test_our_refusal_lands_in_the_alerts_and_a_foreign_one_does_not(bench: Bench) -> None:
    page = bench.show(FORM)
    bench.says(
        "/save/", render_to_string("ui/parts/_alert.html", {"message": "Not any more."}), 403
    )
    page.click("#save")
    page.wait_for_selector("#alerts [data-alert]")
    assert "Not any more." in page.inner_text("#alerts")
    bench.show(FORM)
    bench.says("/save/", "<title>Proxy</title><h1>Blocked by proxy</h1>", 403)
    page.click("#save")
    page.wait_for_selector("#alerts [data-alert]")
    assert "Blocked" not in page.inner_text("body")
    assert page.title().startswith("Change 149")


def test_a_stale_save_focuses_the_heading_of_the_merge_panel(bench: Bench) -> None:
    page = bench.show(FORM)
    said = {"hx_retarget": "#merge", "hx_reswap": "innerHTML"}
    bench.says("/save/", "<h2>Lena saved this too</h2>", 409, **said)
    page.fill("#id_name", "typed")
    page.click("#save")
    bench.until("document.activeElement.textContent === 'Lena saved this too'")
    assert page.input_value("#id_name") == "typed"


def test_the_dialog_opens_by_being_filled_and_gives_the_focus_back(bench: Bench) -> None:
    page = bench.show(FORM)
    words = {"heading": "Publish?", "in_dialog": True, "cancel_url": "/"}
    bench.says("/ask/", render_to_string("ui/parts/_confirm.html", words))
    page.click("#open")
    bench.until("document.activeElement.id === 'confirm-h'")
    page.click("#dialog [data-close]")
    bench.until("document.activeElement.id === 'open'")
    # The browser gives the focus back first and tells of the closing after it.
    bench.until("document.getElementById('dialog').children.length === 0")


OTHER = '<p id="other"><input type="hidden" name="csrfmiddlewaretoken" value="t"></p>'
LOGIN = """
<form id="in" data-login method="post" action="/in/" hx-post="/in/" hx-target="#in" hx-swap="none">
  <button id="signin">Sign in</button>
</form>
"""


def test_signing_in_again_renews_the_token_and_repeats_the_request(bench: Bench) -> None:
    page = bench.show(FORM + OTHER)
    bench.says("/save/", LOGIN, 401)
    bench.says("/in/", "", 204, hx_trigger='{"signed-in": {"token": "fresh"}}')
    page.fill("#id_name", "typed")
    page.click("#save")
    page.wait_for_selector("#dialog[open] #signin")
    bench.says("/save/", RIGHT)
    page.click("#signin")
    page.wait_for_selector("#good")
    assert bench.asked[-1][0] == "/save/"
    assert bench.asked[-1][1]["x-csrftoken"] == "fresh"
    assert page.evaluate("document.querySelector('#other input').value") == "fresh"
    assert page.input_value("#id_name") == "typed"


GUARDED = """
<div id="slot"><label for="t">Text</label><textarea id="t" name="t"></textarea></div>
<button id="load" type="button" hx-get="/slot/" hx-target="#slot" hx-swap="innerHTML">Load</button>
"""


def test_text_typed_while_a_swap_is_on_its_way_is_put_back(bench: Bench) -> None:
    page = bench.show(GUARDED)
    bench.holds("/slot/")
    page.click("#load")
    page.fill("#t", "typed meanwhile")
    bench.lets_go("/slot/", '<label for="t">New</label><textarea id="t" name="t">ours</textarea>')
    page.wait_for_selector("text=New")
    bench.until("document.getElementById('t').value === 'typed meanwhile'")
    assert page.evaluate("document.activeElement.id") == "t"


def test_text_that_was_not_touched_is_replaced(bench: Bench) -> None:
    page = bench.show(GUARDED)
    bench.says("/slot/", '<label for="t">New</label><textarea id="t" name="t">ours</textarea>')
    page.fill("#t", "before")
    page.click("#load")
    bench.until("document.getElementById('t').value === 'ours'")


def test_a_part_says_where_the_focus_goes(bench: Bench) -> None:
    page = bench.show(GUARDED)
    bench.says("/slot/", '<p data-focus-after="#new"><input id="new" aria-label="New"></p>')
    page.click("#load")
    bench.until("document.activeElement.id === 'new'")


def test_a_failed_autosave_comes_back_by_itself(bench: Bench) -> None:
    page = bench.show(
        '<form id="f" method="post" action="/save/"><input id="t" name="t" aria-label="T">'
        '<div id="auto" data-autosave hx-post="/save/" hx-target="#out" hx-swap="innerHTML" '
        'hx-trigger="input from:closest form delay:50ms, retry" hx-include="closest form"></div>'
        '<div id="out"></div></form>'
    )
    bench.says("/save/", "boom", 500)
    page.clock.install()
    page.fill("#t", "typed")
    page.clock.run_for(100)
    page.wait_for_selector("#alerts [data-alert]", state="attached")
    assert bench.times("/save/") == 1
    bench.says("/save/", '<p id="good">Saved</p>')
    page.clock.run_for(2100)
    page.wait_for_selector("#good", state="attached")
    assert bench.times("/save/") == 2


def test_a_poll_rests_while_the_tab_is_hidden(bench: Bench) -> None:
    page = bench.show(
        '<div data-poll><div id="p" hx-get="/poll/" hx-trigger="tick" hx-target="#p" '
        'hx-swap="innerHTML"></div></div>'
    )
    bench.says("/poll/", "new")
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true})"
    page.evaluate(hide % "true")
    page.evaluate("htmx.trigger('#p', 'tick')")
    page.wait_for_timeout(100)
    assert bench.times("/poll/") == 0
    page.evaluate(hide % "false")
    page.evaluate("htmx.trigger('#p', 'tick')")
    bench.until("document.getElementById('p').textContent === 'new'")


def test_a_counter_counts_code_points(bench: Bench) -> None:
    page = bench.show(
        '<label for="n">Name</label><input id="n" data-counter-max="8">'
        '<p id="c" data-counter-for="n" data-always data-one="1 character" '
        'data-many="{n} characters" data-of="{n} of {max} characters"></p>'
    )
    said = {"😀": "1 character", "😀é": "2 characters", "x" * 9: "9 of 8 characters"}
    for typed, words in said.items():
        page.fill("#n", typed)
        bench.until(f"document.getElementById('c').textContent === '{words}'")
    assert "over" in (page.get_attribute("#c", "class") or "")


def test_a_counter_turns_at_its_limit_and_counts_pairs(bench: Bench) -> None:
    page = bench.show(
        '<label for="n">Labels</label>'
        '<textarea id="n" data-counter-max="4" data-counter-pairs="6 8"></textarea>'
        '<p id="c" data-counter-for="n" data-of="{n} of {max} characters" '
        'data-over="{n} of {max} characters, {over} too many" data-of-pairs="{n} of {max} pairs" '
        'data-over-pairs="{n} of {max} pairs, {over} too many"></p>'
    )
    for typed, words, state in (
        ('{"a":"","b":"","c":""}', "3 of 4 pairs", ""),
        ('{"a":"","b":"","c":"","d":1}', "4 of 4 pairs", "full"),
        ('{"a":1,"b":1,"c":1,"d":1,"e":1}', "5 of 4 pairs, 1 too many", "full over"),
        ('{"team":"😀😀😀😀😀😀😀😀😀"}', "team: 9 of 8 characters, 1 too many", "full over"),
        ('{"team":', "", ""),
    ):
        page.fill("#n", typed)
        bench.until(f"document.getElementById('c').textContent === {json.dumps(words)}")
        assert (page.get_attribute("#c", "class") or "") == state


def test_copying_gives_the_true_text_with_its_hidden_characters(bench: Bench) -> None:
    text = '{\n  "a": "b\u200b"\n}'
    page = bench.show(
        render_to_string("ui/parts/_json_view.html", {"text": text, "id": "js"})
        + '<button type="button" id="copy" data-copy-from="#js"><span>Copy</span></button>'
    )
    page.click("#copy")
    bench.until("document.getElementById('announcer').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == text


ROWS = """
<p data-bulk><span data-selected="{n} selected"></span></p>
<ul class="list">
  <li class="c-check"><input type="checkbox" data-select-all="id" id="all" aria-label="All"></li>
  <li class="c-check"><input type="checkbox" name="id" id="one" aria-label="1"></li>
  <li class="c-check"><input type="checkbox" name="id" id="two" aria-label="2"></li>
</ul>
"""


def test_the_bulk_bar_is_there_only_with_a_selection(bench: Bench) -> None:
    page = bench.show(ROWS)
    assert not page.is_visible("[data-bulk]")
    page.check("#one")
    assert page.inner_text("[data-bulk]") == "1 selected"
    page.check("#all")
    assert page.inner_text("[data-bulk]") == "2 selected"


def test_menus_close_on_escape_and_on_a_press_outside(bench: Bench) -> None:
    page = bench.show(
        '<details class="pop"><summary id="s">Menu</summary><div class="pop-body">x</div></details>'
        '<h1 id="h">Title</h1>'
    )
    page.click("#s")
    page.keyboard.press("Escape")
    assert page.get_attribute("details.pop", "open") is None
    assert page.evaluate("document.activeElement.id") == "s"
    page.click("#s")
    page.click("#h")
    assert page.get_attribute("details.pop", "open") is None


def test_a_toast_leaves_after_eight_seconds_but_not_under_the_pointer(bench: Bench) -> None:
    page = bench.show(FORM)
    page.clock.install()
    toast = '<div id="toasts" hx-swap-oob="beforeend">{}</div>'
    bench.says("/save/", toast.format(render_to_string("ui/parts/_toast.html", {"text": "Saved"})))
    page.click("#save")
    page.wait_for_selector(".toast")
    page.hover(".toast")
    page.clock.run_for(9000)
    assert page.is_visible(".toast")
    page.hover("h1")
    page.clock.run_for(9000)
    assert not page.is_visible(".toast")


@pytest.mark.parametrize("scripted", [True, False])
def test_the_menu_of_a_phone_opens_with_and_without_scripts(
    browser: Browser, scripted: bool
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=scripted
    )
    bench = Bench(context.new_page())
    page = bench.show("<h1>Assistants</h1>")
    assert not page.is_visible(".side")
    page.click("#menu > summary")
    assert page.is_visible(".side")
    context.close()
