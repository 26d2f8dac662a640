/* Progressive enhancement only: every page works without this file. At most 200 lines. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, act, options) => document.addEventListener(name, act, options);
  const say = (text) => { const box = $("#announcer"); if (box && text) box.textContent = text; };
  const words = document.body.dataset;
  const TEXT = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=submit], [type=file], [type=range])";

  /* --- the pressed button says that it is at work, and acts once --- */
  const press = (button) => {
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    button.pressedLabel = button.innerHTML;
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-busy", "true");
    if (!button.classList.contains("icon-only") && !button.classList.contains("pop-item")) button.textContent = button.dataset.saving || words.saving || button.textContent;
  };
  const release = (button) => {
    if (button.pressedLabel === undefined) return;
    button.innerHTML = button.pressedLabel;
    delete button.pressedLabel;
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
  };
  on("click", (event) => {
    if (event.target.closest("[aria-disabled=true]")) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);
  on("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.sending) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    if (form.matches("[hx-post], [hx-get]") || form.method !== "post" || form.hasAttribute("data-again")) return;
    form.sending = true;
    setTimeout(() => press(button)); /* after the browser has read the button's own name and value */
  }, true);
  addEventListener("pageshow", () => { $$("form").forEach((form) => { form.sending = false; }); $$("[aria-busy=true]").forEach(release); });

  /* --- counters: code points, as the server counts --- */
  const count = (input) => {
    const box = $(`[data-counter-for="${CSS.escape(input.id)}"]`), max = Number(input.dataset.counterMax);
    if (!box || !max) return;
    const n = [...input.value].length, near = n >= max * 0.75, shown = (x) => x.toLocaleString(document.documentElement.lang);
    const pattern = near ? box.dataset.of : n === 1 ? box.dataset.one : box.dataset.many;
    box.textContent = near || "always" in box.dataset ? pattern.replace("{n}", shown(n)).replace("{max}", shown(max)) : "";
    box.classList.toggle("over", n > max);
  };
  let counting = 0;
  on("input", (event) => {
    const input = event.target;
    if (input.matches("[data-counter-max]")) { clearTimeout(counting); counting = setTimeout(count, input.value.length > 20000 ? 300 : 60, input); }
    if (input.form?.method === "post") input.form.unsaved = true;
  });

  /* --- unsaved state: asks before leaving only while a save is under way or failed --- */
  const formOf = (element) => element.closest("form");
  let underWay = 0;
  addEventListener("beforeunload", (event) => { if (underWay > 0 || $$("form").some((form) => form.saveFailed)) event.preventDefault(); });

  /* --- text guard: what was typed while a swap was on its way is put back --- */
  const guarded = new Map();
  on("htmx:beforeRequest", (event) => {
    const { elt, target, requestConfig } = event.detail;
    if (elt.closest("[data-poll]") && document.hidden) { event.preventDefault(); return; }
    if (requestConfig.verb !== "get") underWay += 1;
    if (target) { target.setAttribute("aria-busy", "true"); $$(TEXT, target).forEach((field) => field.id && guarded.set(field.id, field.value)); }
    const button = requestConfig.triggeringEvent?.submitter || (elt.matches("button") ? elt : null);
    if (button && requestConfig.verb !== "get") { elt.pressed = button; press(button); }
    elt.slow = setTimeout(() => { const line = $("#progress-line"); if (line && !elt.closest("[data-poll]")) line.hidden = false; }, 400);
  });
  let typed = [];
  on("htmx:beforeSwap", (event) => {
    typed = $$(TEXT, event.detail.target).filter((field) => guarded.has(field.id) && guarded.get(field.id) !== field.value)
      .map((field) => ({ id: field.id, value: field.value, focused: field === document.activeElement, at: [field.selectionStart, field.selectionEnd] }));
  });
  const putBack = () => {
    typed.forEach(({ id, value, focused, at }) => {
      const field = document.getElementById(id);
      if (!field || field.value === value) return;
      field.value = value;
      if (focused) { field.focus(); try { field.setSelectionRange(...at); } catch { /* this kind of input has no caret */ } }
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    typed = [];
  };
  on("htmx:configRequest", (event) => { if ($$("form").some((form) => form.unsaved)) event.detail.headers["X-Unsaved"] = "1"; });
  on("htmx:afterRequest", (event) => {
    const { elt, target, successful, requestConfig } = event.detail, form = formOf(elt);
    clearTimeout(elt.slow);
    $("#progress-line")?.setAttribute("hidden", "");
    target?.removeAttribute("aria-busy");
    if (elt.pressed) { release(elt.pressed); delete elt.pressed; }
    if (requestConfig.verb === "get") return;
    underWay = Math.max(0, underWay - 1);
    if (form && successful) { form.unsaved = form.saveFailed = false; delete elt.dataset.tried; }
  });

  /* --- failures: the page stays, the text stays, one sentence says so --- */
  let last = null;
  const PAUSES = [2, 5, 15, 30, 60];
  const fail = (event) => {
    const { elt, xhr, requestConfig } = event.detail, form = formOf(elt);
    if (requestConfig?.verb === "get" && elt.closest("[data-poll]")) return;
    if (form && requestConfig?.verb !== "get") form.saveFailed = true;
    last = { elt, submit: requestConfig?.triggeringEvent?.type === "submit" };
    setTimeout(() => {
      const alerts = $("#alerts"), draft = $("#generic-alert");
      if (!alerts || !draft || alerts.textContent.trim() || $("#dialog")?.open) return;
      alerts.replaceChildren(draft.content.cloneNode(true));
      const id = xhr?.getResponseHeader?.("X-Request-Id"), line = $("[data-reference]", alerts);
      if (id && line) { $("code", line).textContent = id; line.hidden = false; }
    }, 30);
    if (elt.dataset.autosave === undefined) return;
    const tried = Number(elt.dataset.tried || 0);
    elt.dataset.tried = tried + 1;
    setTimeout(() => elt.isConnected && htmx.trigger(elt, "retry"), 1000 * PAUSES[Math.min(tried, PAUSES.length - 1)]);
  };
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach((name) => on(name, fail));
  on("htmx:afterOnLoad", (event) => { if (event.detail.xhr.status < 400 && event.detail.requestConfig.verb !== "get") $("#alerts")?.replaceChildren(); });

  /* --- focus and messages after a swap --- */
  const title = document.title.replace(`${words.error} `, "");
  const settle = (event) => {
    const status = event.detail.xhr?.status, part = event.detail.elt || document;
    putBack();
    $$("[data-msg-for]").forEach((slot) => {
      const field = document.getElementById(slot.dataset.msgFor), wrong = !!$("[data-invalid]", slot);
      if (field && wrong) field.setAttribute("aria-invalid", "true"); else field?.removeAttribute("aria-invalid");
    });
    $$("[data-counter-max]", part).forEach(count);
    $$("[data-scripted]").forEach((element) => { element.hidden = false; });
    const summary = status === 422 && (part.matches?.("[data-summary]") ? part : $("[data-summary]", part));
    document.title = $("[data-summary]") ? `${words.error} ${title}` : title;
    if (summary) summary.focus();
    else if (status === 409) { const heading = $("#merge h2, #merge h3"); if (heading) { heading.tabIndex = -1; heading.focus(); } }
    else { const next = part.dataset?.focusAfter || $("[data-focus-after]", part)?.dataset.focusAfter; if (next) $(next)?.focus(); }
    dialogue();
    $$("[data-toast]:not([data-stays], [data-timed])").forEach(fade);
  };
  on("htmx:afterSettle", settle);

  /* --- the dialog opens when something was put into it; its opener gets the focus back --- */
  let opener = null;
  const dialogue = () => {
    const dialog = $("#dialog");
    if (!dialog || dialog.open === !!dialog.children.length) return;
    if (dialog.open) { dialog.close(); return; }
    opener = document.activeElement?.id;
    dialog.showModal();
    $("[data-focus], input:not([type=hidden]), select, textarea, h1, h2", dialog)?.focus();
  };
  $("#dialog")?.addEventListener("close", (event) => { event.target.replaceChildren(); if (opener) document.getElementById(opener)?.focus(); });

  /* --- toasts leave after 8 s, but not under the pointer or the focus --- */
  const fade = (toast) => {
    toast.dataset.timed = "";
    const wait = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : toast.remove()), 8000);
    wait();
  };

  /* --- small presses: close, dismiss, try again, copy, show a password, select all --- */
  on("click", async (event) => {
    const hit = (selector) => event.target.closest(selector);
    if (hit("[data-dismiss]")) hit("[data-toast]")?.remove();
    if (hit("#dialog [data-close]")) { event.preventDefault(); $("#dialog").close(); }
    if (hit("[data-retry]") && last) { $("#alerts").replaceChildren(); if (last.submit) formOf(last.elt)?.requestSubmit(); else htmx.trigger(last.elt, last.elt.dataset.autosave === undefined ? "click" : "retry"); }
    const reveal = hit("[data-reveal]"), copy = hit("[data-copy], [data-copy-from]");
    if (reveal) { const field = $(reveal.dataset.reveal), show = field.type === "password"; field.type = show ? "text" : "password"; reveal.setAttribute("aria-pressed", show); }
    if (copy) {
      const from = copy.dataset.copyFrom && $(copy.dataset.copyFrom);
      await navigator.clipboard.writeText(from ? from.value ?? $$(".l", from).map((line) => line.textContent).join("\n") : copy.dataset.copy);
      say(words.copied);
      const label = $("span:not(.vh)", copy), before = label?.textContent;
      if (label && before !== words.copied) { label.textContent = words.copied; setTimeout(() => { label.textContent = before; }, 2000); }
    }
    $$("details.pop[open]").forEach((pop) => { if (!pop.contains(event.target)) pop.open = false; });
  });
  on("change", (event) => {
    const all = event.target.closest("[data-select-all]");
    if (all) $$(`input[type=checkbox][name="${CSS.escape(all.dataset.selectAll)}"]`).forEach((box) => { box.checked = all.checked; });
    const n = $$(".list .c-check input[name]:checked").length;
    $$("[data-selected]").forEach((box) => { box.textContent = box.dataset.selected.replace("{n}", n); });
    $$("[data-bulk]").forEach((bar) => { bar.hidden = n === 0; });
  });
  on("keydown", (event) => {
    if (event.key === "F6" && $("#toasts")?.children.length) { event.preventDefault(); $("#toasts").focus(); }
    const pop = event.key === "Escape" && (document.activeElement?.closest("details[open].pop, details[open].menu") || $("details.menu[open]"));
    if (pop) { pop.open = false; $("summary", pop).focus(); }
  });

  /* --- signed in again inside the dialog: new token, and the failed request once more --- */
  on("signed-in", (event) => {
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": event.detail.token }));
    $$("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = event.detail.token; });
    $("#dialog")?.close();
    if (last) setTimeout(() => (last.submit ? formOf(last.elt)?.requestSubmit() : htmx.trigger(last.elt, "retry")));
  });

  $$("[data-counter-max]").forEach(count);
  $$("[data-scripted]").forEach((element) => { element.hidden = false; });
  $$("[data-bulk]").forEach((bar) => { bar.hidden = true; });
  const greeting = $("#messages");
  if (greeting) setTimeout(() => say(greeting.textContent.trim().replace(/\s+/g, " ")), 300);
  $("[data-summary]")?.focus();
})();
