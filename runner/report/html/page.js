const root = document.documentElement;
const narrow = matchMedia("(max-width: 760px)");
const browser = document.getElementById("browser");
const panes = el("div", { class: "panes" }, el("div", {}, heads, list), detail);
const result = el("span", { class: "result", role: "status", "aria-live": "polite" });
const search = el("input", { type: "search", id: "search", placeholder: "Filter by name, path, folder, answer …", "aria-label": "Filter requests",
  autocomplete: "off", spellcheck: "false", oninput: () => { choice.text = search.value; refresh(); } });

const select = (name, label, options) => el("select", { id: name, "aria-label": label,
  onchange: (e) => { choice[name] = e.target.value; refresh(); } },
...options.map(([value, text]) => el("option", { value }, text)));

const tally = (of) => {
  const counts = new Map();
  for (const r of rows) for (const key of of(r)) counts.set(key, (counts.get(key) || 0) + 1);
  return [...counts].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
};
const counted = (pairs) => pairs.slice(0, 1000).map(([key, n]) => [key, key + " (" + grouped(n) + ")"]);
const folders = tally((r) => {
  const parts = r.folder ? r.folder.split(" / ") : [];
  return parts.map((_, i) => parts.slice(0, i + 1).join(" / "));
});
const answers = tally((r) => r.status ? [String(r.status)[0] + "xx", r.answer] : [r.answer]);

const chips = ["", "failed", "error", "skipped", "flaky", "passed"].map((verdict) => {
  const n = rows.filter((r) => !verdict || (verdict === "flaky" ? r.flaky : r.verdict === verdict)).length;
  return n || !verdict ? el("button", { class: "chip", type: "button", "data-verdict": verdict, "aria-pressed": String(!verdict),
    onclick: () => { choice.verdict = verdict; refresh(); } }, verdict || "all", " ", el("small", {}, grouped(n))) : null;
}).filter(Boolean);

const tools = el("div", { class: "tools", role: "search" },
  el("div", { class: "line" }, search,
    folders.length ? select("folder", "Folder", [["", "All folders"], ...counted(folders)]) : null,
    answers.length > 1 ? select("status", "Answer", [["", "All answers"], ...counted(answers)]) : null,
    select("order", "Order", [["run", "In order"], ["bad", "Failed first"], ["slow", "Slowest first"]])),
  el("div", { class: "line" }, el("div", { class: "chips", role: "group", "aria-label": "Verdict" }, ...chips), result));

const refresh = () => {
  choose();
  for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.verdict === choice.verdict));
  result.textContent = shown.length === rows.length ? plural(shown.length, "request") : grouped(shown.length) + " of " + grouped(rows.length);
  if (here >= 0 && !place.has(here)) here = -1;
  render();
};

const clear = () => {
  Object.assign(choice, { text: "", verdict: "", folder: "", status: "" });
  search.value = "";
  for (const id of ["folder", "status"]) if (document.getElementById(id)) document.getElementById(id).value = "";
  refresh();
};

// show brings a row into view, below what sticks to the top.
const show = (i) => {
  const height = rowHeight(), top = list.getBoundingClientRect().top + place.get(i) * height, above = narrow.matches ? 0 : tools.offsetHeight;
  if (top < above + height) scrollBy(0, top - above - height);
  else if (top + height > innerHeight - 8) scrollBy(0, top + 2 * height - innerHeight);
  render();
};

const go = (i) => {
  here = i;
  show(i);
  if (!detail.hidden && !narrow.matches) open(i);
};

// move goes so many rows on.
const move = (by) => {
  if (!shown.length) return;
  const at = shown.findIndex((r) => r.i === here);
  go(shown[at < 0 ? (by < 0 ? shown.length - 1 : 0) : Math.min(shown.length - 1, Math.max(0, at + by))].i);
};

// next goes to the next request that failed, or the one before.
const next = (by) => {
  const at = shown.findIndex((r) => r.i === here);
  for (let n = at < 0 && by < 0 ? shown.length - 1 : at + by; n >= 0 && n < shown.length; n += by)
    if (bad(shown[n])) return go(shown[n].i);
};

const open = (i) => {
  here = i;
  drawDetail(rows[i]);
  const before = list.getBoundingClientRect().top;
  detail.hidden = false;
  panes.classList.add("opened");
  detail.scrollTop = 0;
  scrollBy(0, list.getBoundingClientRect().top - before);
  cover();
  address("#r" + rows[i].seq);
  render();
};

const close = () => {
  if (detail.hidden) return;
  detail.hidden = true;
  detail.replaceChildren();
  panes.classList.remove("opened");
  cover();
  address("");
  render();
  if (here >= 0 && place.has(here)) show(here);
  list.focus({ preventScroll: true });
};

// address names what is open in the address of the page, so that it can be sent to somebody.
const address = (hash) => {
  try { history.replaceState(null, "", location.pathname + location.search + hash); } catch { /* a page in a sandbox has no address */ }
};

// cover takes what lies below the detail out of reach where the detail covers all.
const cover = () => {
  const on = narrow.matches && !detail.hidden;
  root.classList.toggle("covered", on);
  for (const e of [document.getElementById("top"), tools, list, ...document.querySelectorAll("main > section:not(#requests)")]) e.inert = on;
};

// arrive opens the request that the address names: #r17 is the one numbered 17 in the run.
const arrive = (hash) => {
  const seq = /^#r(\d+)$/.exec(hash), r = seq && rows.find((one) => one.seq === Number(seq[1]));
  if (!r) return;
  if (!place.has(r.i)) clear();
  open(r.i);
  browser.scrollIntoView();
  show(r.i);
  detail.focus({ preventScroll: true });
};

const themes = ["", "light", "dark"];
const themed = el("button", { class: "button", type: "button", id: "theme", onclick: () => theme(themes[(themes.indexOf(root.dataset.theme || "") + 1) % 3]) });
const theme = (name) => {
  if (name) root.dataset.theme = name;
  else delete root.dataset.theme;
  themed.textContent = name ? name[0].toUpperCase() + name.slice(1) : "Auto";
  themed.setAttribute("aria-label", "Theme: " + (name || "as the system"));
  try { localStorage.setItem("postrider-theme", name); } catch { /* a page from a file may have no storage */ }
};

const keys = el("dialog", { "aria-labelledby": "keys-title" },
  el("h2", { id: "keys-title" }, "Keys"),
  el("dl", {}, ...[
    [["j", "↓"], "the next request"], [["k", "↑"], "the one before"], [["n"], "the next that failed"], [["p"], "the one before that failed"],
    [["Enter"], "open"], [["Esc"], "close, then clear the filter"], [["/"], "filter"], [["t"], "light or dark"], [["?"], "this list"],
  ].flatMap(([names, what]) => [el("dt", {}, ...names.flatMap((k, i) => [i ? " " : "", el("kbd", {}, k)])), el("dd", {}, what)])),
  el("h2", {}, "Waterfall"),
  el("div", { class: "legend" }, ...Object.entries(stageNames).map(([name, text]) =>
    el("span", {}, svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { class: name, width: 10, height: 10 })), text))),
  el("button", { class: "button", type: "button", onclick: () => keys.close() }, "Close"));

const toggleKeys = () => keys.open ? keys.close() : keys.showModal();
const page = () => Math.max(1, Math.floor(innerHeight / rowHeight()) - 4);
const actions = {
  j: () => move(1), k: () => move(-1), n: () => next(1), p: () => next(-1), "?": toggleKeys, t: () => themed.click(),
  "/": () => { browser.scrollIntoView(); search.focus(); search.select(); },
};
const listActions = {
  ArrowDown: () => move(1), ArrowUp: () => move(-1), PageDown: () => move(page()), PageUp: () => move(-page()),
  Home: () => move(-rows.length), End: () => move(rows.length), " ": () => here >= 0 && enter(here), Enter: () => here >= 0 && enter(here),
};
const enter = (i) => { open(i); detail.focus({ preventScroll: true }); };

const pressed = (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
  if (keys.open) { if (e.key === "?") { keys.close(); e.preventDefault(); } return; }
  const typing = e.target.matches("input, select, textarea");
  let action = typing ? null : actions[e.key];
  if (e.key === "Escape") action = () => !detail.hidden ? close() : (clear(), list.focus({ preventScroll: true }));
  else if (e.target === search && (e.key === "Enter" || e.key === "ArrowDown")) action = () => { list.focus({ preventScroll: true }); move(0); };
  else if (!action && (e.target === list || e.target === document.body)) action = listActions[e.key];
  if (e.target === document.body && here < 0 && e.key in listActions) return; // they scroll until a row is chosen
  if (!action) return;
  e.preventDefault();
  action();
};

const measure = () => { root.style.setProperty("--bar", narrow.matches ? "0px" : tools.offsetHeight + "px"); cover(); render(); };

const start = () => {
  let saved = "";
  try { saved = localStorage.getItem("postrider-theme") || ""; } catch { /* as above */ }
  theme(themes.includes(saved) ? saved : "");
  document.getElementById("switches").append(themed, el("button", { class: "button", type: "button", onclick: toggleKeys, "aria-keyshortcuts": "?" }, "Keys"));
  document.body.append(keys);
  if (!rows.length) return;
  document.getElementById("plain").remove();
  browser.append(tools, panes);
  browser.hidden = false;
  const known = new Set(rows.map((r) => r.seq));
  for (const a of document.querySelectorAll("a.see")) {
    a.hidden = !known.has(Number(a.hash.slice(2)));
    a.addEventListener("click", (e) => { e.preventDefault(); arrive(a.hash); });
  }
  list.addEventListener("click", (e) => { const row = e.target.closest(".row"); if (row) { open(Number(row.dataset.row)); if (narrow.matches) detail.focus(); } });
  list.addEventListener("focus", () => { if (here < 0 && shown.length) { here = shown[0].i; render(); } });
  document.addEventListener("keydown", pressed);
  document.addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", measure);
  addEventListener("hashchange", () => arrive(location.hash));
  addEventListener("beforeprint", () => render(true));
  addEventListener("afterprint", () => render());
  refresh();
  measure();
  arrive(location.hash);
};
start();
