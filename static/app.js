/* Progressive enhancement only: every page works without this file. At most 240 lines. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, act, options) => document.addEventListener(name, act, options);
  const say = (text) => { const box = $("#announcer"); if (box && text) box.textContent = text; };
  const words = document.body.dataset;
  const TEXT = "select, textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=submit], [type=file], [type=range])";
  /* --- the pressed button says that it is at work, and acts once --- */
  const busy = (button, yes) => ["aria-disabled", "aria-busy"].forEach((name) => (yes ? button.setAttribute(name, "true") : button.removeAttribute(name)));
  const press = (button) => {
    if (!button || button.pressedLabel !== undefined) return;
    button.pressedLabel = button.innerHTML;
    busy(button, true);
    if (!button.matches(".icon-only, .pop-item, [role=switch]")) button.textContent = button.dataset.saving || button.form?.dataset.saving || words.saving || button.textContent;
  };
  const release = (button) => {
    button.innerHTML = button.pressedLabel ?? button.innerHTML;
    delete button.pressedLabel;
    busy(button, false);
  };
  const stop = (event) => { event.preventDefault(); event.stopImmediatePropagation(); }, fold = (around) => $$("details.pop[open]").forEach((pop) => { if (!pop.contains(around)) pop.open = false; });
  on("click", (event) => event.target.closest("[aria-disabled=true]") && stop(event), true);
  on("submit", (event) => {
    const { target: form, submitter: button } = event;
    if (form.sending) stop(event);
    if (form.sending || form.matches("[hx-post], [data-again]") || form.method !== "post") return;
    form.sending = true;
    setTimeout(() => press(button)); /* after the browser has read the button's own name and value */
  }, true);
  addEventListener("pageshow", () => { $$("form").forEach((form) => { form.sending = false; }); $$("[aria-busy=true]").forEach(release); });
  /* --- counters: code points, as the server counts --- */
  const size = (text) => [...text].length, shown = (x) => x.toLocaleString(document.documentElement.lang), cut = (name) => (size(name) > 20 ? `${[...name].slice(0, 20).join("")}…` : name);
  const pairs = (text, most, [keys, values]) => { try { const found = Object.entries(JSON.parse(text)); return [[null, found.length, most], ...found.flatMap(([key, value]) => [[key, size(key), +keys], [key, typeof value === "string" ? size(value) : 0, +values]])]; } catch { return []; } };
  const count = (input) => {
    const box = $(`[data-counter-for="${CSS.escape(input.id)}"]`), max = +input.dataset.counterMax, limits = input.dataset.counterPairs, n = size(input.value), near = (limits ? pairs(input.value, max, limits.split(" ")) : [[null, n, max]]).filter(([, m, most]) => m >= most * 0.75);
    const { of, over, ofPairs, overPairs, one, many } = box?.dataset || {}, pattern = (name, m, most) => (name === null && ofPairs ? [ofPairs, overPairs] : [of, over || of])[+(m > most)], told = near.map(([name, m, most]) => (name === null ? "" : `${cut(name)}: `) + pattern(name, m, most).replace("{n}", shown(m)).replace("{max}", shown(most)).replace("{over}", shown(m - most)));
    if (box) Object.assign(box, { ariaLive: near.length ? "polite" : "off", textContent: told.join(" · ") || ("always" in box.dataset ? (n === 1 ? one : many).replace("{n}", shown(n)) : "") });
    const tokens = $(`[data-tokens-for="${CSS.escape(input.id)}"]`), step = n < 400 ? 1 : n < 4000 ? 10 : 100;
    if (tokens) tokens.textContent = tokens.dataset.about.replace("{n}", shown(Math.round(n / 4 / step) * step));
    ["full", "over"].forEach((state, by) => box?.classList.toggle(state, near.some(([, m, most]) => m >= most + by)));
  };
  /* --- a slider and its number: the number is what is sent, in the spelling it was typed in --- */
  const tie = (slider) => { const { value } = $(slider.dataset.tied); slider.value = value || 1; slider.classList.toggle("unset", !value); };
  on("input", ({ target }) => {
    if (target.dataset.tied) $(target.dataset.tied).value = target.value;
    $$("[data-tied]").forEach(tie);
  });
  const dress = (part) => {
    $$("[data-tied]", part).forEach(tie);
    $$("[data-counter-max]", part).forEach(count);
    $$("[data-scripted]", part).forEach((element) => { element.hidden = false; });
    const line = (part === document || part.id === "params") && $(".json .hl"), pane = line && line.closest(".json"); /* what is open is in sight beside it */
    if (pane) pane.scrollTop += line.getBoundingClientRect().top - pane.getBoundingClientRect().top - 40;
    selected();
  };
  let counting = 0; on("input", ({ target: input }) => {
    if (input.matches("[data-counter-max]")) { clearTimeout(counting); counting = setTimeout(count, input.value.length > 20000 ? 300 : 60, input); }
    if (input.form?.method === "post") input.form.unsaved = input.form.edits = (input.form.edits || 0) + 1;
  });
  /* --- unsaved state: asks before leaving only while a save is under way or failed --- */
  const formOf = (element) => element.closest("form"); let underWay = 0;
  addEventListener("beforeunload", (event) => { if (underWay > 0 || $$("form").some((form) => form.saveFailed || (form.unsaved && form.matches("[data-guard]")))) event.preventDefault(); });
  const signingIn = (elt) => $("#dialog [data-login]") && !elt.closest("#dialog"); /* another 401 would empty what they type there */
  const saveAll = () => $$("[data-autosave]").forEach((part) => formOf(part)?.unsaved && htmx.trigger(part, "retry"));
  /* --- text guard: what was typed while a swap was on its way is put back --- */
  const guarded = new Map();
  on("htmx:beforeRequest", (event) => {
    const { elt, target, requestConfig } = event.detail;
    const isTwice = target?.matches("#dialog[open]") && !target.contains(elt); /* a double click would fill it anew under what they do there */
    if ((elt.closest("[data-poll]") && document.hidden) || signingIn(elt) || isTwice) { event.preventDefault(); return; }
    if (requestConfig.verb !== "get") underWay += 1;
    target?.setAttribute("aria-busy", "true");
    [target, formOf(elt) || elt].forEach((part) => part && $$(TEXT, part).forEach((field) => field.id && guarded.set(field.id, { value: field.value, by: requestConfig })));
    requestConfig.pressed = requestConfig.verb !== "get" && (requestConfig.triggeringEvent?.submitter || (elt.matches("button") && elt));
    press(requestConfig.pressed);
    requestConfig.edits = formOf(elt)?.edits;
    requestConfig.slow = setTimeout(() => $("#progress-line")?.toggleAttribute("hidden", !!elt.closest("[data-poll]")), 400);
  });
  const typed = [];
  ["htmx:beforeSwap", "htmx:oobBeforeSwap"].forEach((name) => on(name, (event) => $$(TEXT, event.detail.target).filter((field) => guarded.has(field.id) && guarded.get(field.id).value !== field.value)
    .forEach((field) => typed.push({ id: field.id, value: field.value, focused: field === document.activeElement, at: [field.selectionStart, field.selectionEnd] }))));
  on("htmx:beforeSwap", ({ detail }) => { if (detail.xhr.status === 401 && signingIn(detail.requestConfig.elt)) detail.shouldSwap = false; });
  on("htmx:oobBeforeSwap", ({ detail }) => { /* what stays the same stays itself: a press on it may be waiting for its turn */
    if (detail.target.id !== "announcer" && detail.fragment.innerHTML === detail.target.innerHTML) detail.shouldSwap = false;
  });
  const putBack = ({ id, value, focused, at }) => {
    const field = document.getElementById(id);
    if (!field || field.value === value) return;
    field.value = value;
    if (field.options && field.value !== value) { field.add(new Option(value, value)); field.value = value; }
    if (focused) { field.focus(); try { field.setSelectionRange(...at); } catch { /* this kind of input has no caret */ } }
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  on("htmx:configRequest", (event) => {
    const { elt, parameters, triggeringEvent } = event.detail, box = elt.dataset.caret && $(elt.dataset.caret);
    const pressed = triggeringEvent?.submitter, now = pressed?.id && !pressed.isConnected && document.getElementById(pressed.id);
    if (now?.name && now.name === pressed.name) parameters[now.name] = now.value; /* it waited for its turn and was redrawn meanwhile */
    if (box) Object.assign(parameters, { at: box.selectionStart, until: box.selectionEnd });
    if ($$("form").some((form) => form.unsaved)) event.detail.headers["X-Unsaved"] = "1";
  });
  const finish = (requestConfig, ok) => {
    if (requestConfig.verb === "get" || requestConfig.finished) return;
    const form = formOf(requestConfig.elt);
    requestConfig.finished = true;
    underWay -= 1;
    if (requestConfig.elt.dataset.check !== undefined) return; /* looked at, not saved */
    if (!form || !ok) { if (form) form.saveFailed = form.unsaved; return; } /* refused: it is still only here */
    if (form.edits === requestConfig.edits) form.unsaved = 0; /* nothing was typed meanwhile */
    form.saveFailed = requestConfig.elt.tried = undefined;
  };
  on("htmx:beforeOnLoad", (event) => finish(event.detail.requestConfig, event.detail.xhr.status < 400)); /* before a redirect leaves the page */
  on("htmx:afterRequest", (event) => {
    const { target, successful, requestConfig } = event.detail;
    clearTimeout(requestConfig.slow); $("#progress-line")?.setAttribute("hidden", "");
    target?.removeAttribute("aria-busy");
    guarded.forEach(({ by }, id) => by === requestConfig && guarded.delete(id)); /* answered: what is swapped later is another's */
    if (requestConfig.pressed) release(requestConfig.pressed);
    finish(requestConfig, successful);
  });
  /* --- failures: the page stays, the text stays, one sentence says so --- */
  let last = null;
  const fail = (event) => {
    const { xhr, requestConfig } = event.detail, elt = requestConfig.elt, form = formOf(elt);
    if (requestConfig.verb === "get" && elt.closest("[data-poll]")) return;
    if (form && requestConfig.verb !== "get") form.saveFailed = true;
    [last, elt.tried] = [elt.dataset.login === undefined ? elt : last, (elt.tried || 0) + 1]; /* not the sign-in: what it stands before */
    const since = elt.dataset.autosave !== undefined && $("#save-state [data-failed]");
    if (since) Object.assign(since, { className: "t-bad strong", textContent: since.dataset.failed });
    setTimeout(() => {
      const alerts = $("#alerts");
      if (alerts.textContent.trim() || $("#dialog").open) return;
      alerts.replaceChildren($("#generic-alert").content.cloneNode(true));
      const id = xhr?.getResponseHeader?.("X-Request-Id"), line = $("[data-reference]", alerts);
      if (id) { $("code", line).textContent = id; line.hidden = false; }
    }, 30);
    if (elt.dataset.autosave !== undefined) setTimeout(() => elt.isConnected && htmx.trigger(elt, "retry"), 1000 * ([0, 2, 5, 15, 30][elt.tried] || 60));
  };
  const again = () => (last.matches("form") ? last.requestSubmit() : htmx.trigger(last, last.dataset.autosave === undefined ? "click" : "retry"));
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach((name) => on(name, fail));
  on("htmx:afterOnLoad", ({ detail: { xhr, requestConfig: { verb, elt } } }) => { if (xhr.status < 400 && verb !== "get" && elt.dataset.login === undefined) { last = null; $("#alerts")?.replaceChildren(); } });
  /* --- focus and messages after a swap --- */
  const title = document.title.replace(`${words.error} `, "");
  on("htmx:afterSettle", (event) => {
    const status = event.detail.xhr?.status, part = event.detail.elt || document;
    typed.splice(0).forEach(putBack);
    $$("[data-msg-for]").forEach((slot) => {
      const field = document.getElementById(slot.dataset.msgFor);
      if ($("[data-invalid]", slot)) field?.setAttribute("aria-invalid", "true"); else field?.removeAttribute("aria-invalid");
    });
    dress(part);
    const summary = status === 422 && (part.matches?.("[data-summary]") ? part : $("[data-summary]", part));
    document.title = $("[data-summary]") ? `${words.error} ${title}` : title;
    if (summary) summary.focus();
    else if (status === 409 && !event.detail.requestConfig.parameters.autosave && $("#merge h2")) { $("#merge h2").tabIndex = -1; $("#merge h2").focus(); }
    else {
      const guide = part.matches?.("[data-focus-after]") ? part : $("[data-focus-after]", part);
      const next = $(guide?.dataset.focusAfter || "no-such"); next?.focus();
      if ("select" in (guide?.dataset || {})) next?.select(); /* typing replaces the name it got */
      guide?.removeAttribute("data-focus-after"); /* it led once; a later swap around it leads elsewhere */
    }
    if (event.detail.requestConfig?.pressed?.matches?.(".pop-item")) fold(document.activeElement); /* what was drawn anew may lie beside the menu */
    dialogue();
    $$("[data-toast]:not([data-stays], [data-timed])").forEach(fade);
  });
  /* --- the dialog opens when something was put into it; its opener gets the focus back --- */
  let opener = null;
  const dialogue = () => {
    const dialog = $("#dialog");
    if (!dialog || dialog.open === !!dialog.children.length) return;
    if (dialog.open) return dialog.close();
    opener = document.activeElement?.id;
    dialog.showModal();
    ($("[data-focus]", dialog) || $("input:not([type=hidden]), select, textarea, h1, h2", dialog))?.focus();
  };
  $("#dialog")?.addEventListener("close", (event) => { event.target.replaceChildren(); if (opener) document.getElementById(opener)?.focus(); });
  /* --- toasts leave after 8 s, but not under the pointer or the focus --- */
  const fade = (toast) => {
    toast.dataset.timed = "";
    setTimeout(() => (toast.matches(":hover, :focus-within") ? fade(toast) : toast.remove()), 8000);
  };
  /* --- the text of a field or view, with badges turned back into the characters they stand for --- */
  const plain = (source) => {
    const copy = source.cloneNode(true);
    $$("[data-char]", copy).forEach((badge) => badge.replaceWith(badge.dataset.char));
    return source.value ?? copy.textContent.trimEnd();
  };
  /* --- small presses: close, dismiss, try again, copy, show a password, select all --- */
  on("click", async (event) => {
    const hit = (selector) => event.target.closest(selector);
    if (hit("[data-dismiss]")) hit("[data-toast]")?.remove();
    if (hit("#dialog [data-close]")) { event.preventDefault(); $("#dialog").close(); }
    if (hit("[data-retry]") && last) { $("#alerts").replaceChildren(); again(); }
    const jump = hit("[data-jump]");
    if (jump) { /* the browser scrolls to the caret of a box that gets the focus */
      const box = $(jump.dataset.jump), at = +jump.dataset.at, end = box.value.indexOf("\n", at);
      event.preventDefault(); jump.closest("details").open = false;
      box.setSelectionRange(at, end < 0 ? box.value.length : end); box.blur(); box.focus();
    }
    const reveal = hit("[data-reveal]"), copy = hit("[data-copy], [data-copy-from]");
    if (reveal) { const field = $(reveal.dataset.reveal), show = field.type === "password"; field.type = show ? "text" : "password"; reveal.setAttribute("aria-pressed", show); }
    if (copy) {
      await navigator.clipboard.writeText(copy.dataset.copyFrom ? plain($(copy.dataset.copyFrom)) : copy.dataset.copy);
      say(words.copied);
      const label = $("span:not(.vh)", copy), before = label?.textContent;
      if (label && before !== words.copied) { label.textContent = words.copied; setTimeout(() => { label.textContent = before; }, 2000); }
    }
    fold(event.target);
  });
  const selected = () => {
    const n = $$(".c-check input[name]:checked").length;
    $$("[data-selected]").forEach((box) => { box.textContent = box.dataset.selected.replace("{n}", n); });
    $$("[data-bulk]").forEach((bar) => { bar.hidden = n === 0; });
  };
  on("change", ({ target: all }) => {
    if (all.matches("[data-select-all]")) $$(`input[type=checkbox][name="${CSS.escape(all.dataset.selectAll)}"]`).forEach((box) => { box.checked = all.checked; });
    if (all.closest(".c-check")) selected();
  });
  on("visibilitychange", () => document.hidden && saveAll());
  on("keydown", (event) => {
    if (event.key === "F6" && $("#toasts")?.children.length) { event.preventDefault(); $("#toasts").focus(); }
    const pop = event.key === "Escape" && (document.activeElement.closest("details[open].pop") || $("details.menu[open]"));
    if (pop) { pop.open = false; $("summary", pop).focus(); }
  });
  /* --- signed in again inside the dialog: new token, and the failed request once more --- */
  on("signed-in", (event) => {
    document.body.setAttribute("hx-headers", JSON.stringify({ ...JSON.parse(document.body.getAttribute("hx-headers") || "{}"), "X-CSRFToken": event.detail.token }));
    $$("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = event.detail.token; });
    setTimeout(() => { /* after htmx is done with the form that goes */
      $("#dialog").replaceChildren();
      dialogue();
      if (last && last.dataset.autosave === undefined) again();
      saveAll();
    });
  });
  on("allauth.error", (event) => { event.preventDefault(); $$("[data-passkey-refused]").forEach((note) => { note.hidden = false; }); }); /* cancelled, too slow, or none there */
  dress(document); setTimeout(() => say($("#messages")?.textContent.trim().replace(/\s+/g, " ")), 300);
  $("[data-summary]")?.focus();
})();
