/* Keys of the pages that show a difference; without this file its lines are links. At most 50 lines.
   A table is one tab stop: arrows or j/k move, Shift extends, c comments, Esc returns; n and p go to the next and previous change. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, act) => document.addEventListener(name, act);
  let change = -1;
  const LINE = "table[data-keys] tr:is(.fold, :has(> .tx))", WAYS = { arrowdown: "nextElementSibling", j: "nextElementSibling", arrowup: "previousElementSibling", k: "previousElementSibling" };
  const keyed = () => $$("table[data-keys]").forEach((table) => { $$("td > a", table).forEach((link) => { link.tabIndex = -1; }); if (!$("tr[tabindex='0']", table)) $(LINE, table)?.setAttribute("tabindex", 0); });
  const pick = (row, from) => {
    const table = row.closest("table"), rows = [...table.rows], [a, b] = [row, table.from = from || row].map((each) => rows.indexOf(each)).sort((x, y) => x - y);
    rows.forEach((each, n) => { each.classList.toggle("picked", !!from && n >= a && n <= b); if (each.hasAttribute("tabindex")) each.tabIndex = -1; });
    row.tabIndex = 0; row.focus();
  };
  const step = (by) => {
    const all = $$("[data-change]"), box = $("#change-at"), spot = all[change = Math.max(0, Math.min(all.length - 1, change < 0 && by < 0 ? all.length - 1 : change + by))], row = spot?.closest("tr");
    if (row) pick(row); else spot?.focus();
    spot?.scrollIntoView({ block: "center" });
    if (box) box.textContent = box.dataset.at.replace("{n}", change + 1).replace("{m}", all.length);
  };
  const comment = (row) => {
    const link = $$(".lnb", row).pop(), at = (each) => each.href.match(/(.*at=)(old|new)-(\d+)$/), [, head, side, no] = at(link), lines = [...$$("tr.picked .lnb").map(at).filter((found) => found[2] === side).map((found) => +found[3]), +no], last = Math.max(...lines), there = document.getElementById(`id_text_${new URL(link.href).searchParams.get("part")}-${side}-${last}`);
    if (there) there.focus(); else htmx.ajax("GET", `${head}${side}-${Math.min(...lines)}-${last}`, { source: row, target: row, swap: "afterend" });
  };
  const leave = (box) => { const before = box.previousElementSibling || $(`#say-${box.parentNode.id.slice(5)}`); box.remove(); before?.focus(); };
  on("click", (event) => {
    const [number, mover, away] = ["table[data-keys] .lnb", "[data-step]", "[data-away]"].map((way) => event.target.closest(way)), row = number?.closest("tr");
    if (event.ctrlKey || event.metaKey || !(number || mover || (away && $(away.dataset.away)))) return;
    event.preventDefault();
    if (row) { pick(row, event.shiftKey && row.closest("table").from); comment(row); } else if (mover) step(+mover.dataset.step); else leave($(away.dataset.away));
  });
  on("keydown", (event) => {
    const { target, shiftKey } = event, key = event.key.toLowerCase(), way = WAYS[key], row = target.matches(LINE) && target, box = key === "escape" && target.closest("[id^='say-here-']");
    if (box && !$("textarea", box).value.trim()) leave(box);
    if (event.ctrlKey || event.metaKey || event.altKey || !(row || target.matches("[data-change]"))) return;
    let to = row && way && row[way];
    while (to && !to.matches(LINE)) to = to[way];
    const act = { n: () => step(1), p: () => step(-1), c: row && $(".lnb", row) && (() => comment(row)), enter: row && $("a", row) && (() => $("a", row).click()) }[key] || (to && (() => pick(to, shiftKey && (row.closest("table").from || row))));
    if (act) { event.preventDefault(); act(); }
  });
  on("htmx:afterSettle", ({ target }) => {
    keyed();
    if (target.matches(LINE)) $(target.nextElementSibling?.dataset.focusAfter || "no-such")?.focus(); /* a form that came below it */
  });
  keyed();
})();
