// A record is two lines: what the list shows, and what is read only when the request is opened.
const run = JSON.parse(document.getElementById("run").textContent);
const lines = document.getElementById("records").textContent.split("\n");
const rows = JSON.parse("[" + lines.filter((line, i) => i % 2 === 0 && line).join(",") + "]").map((a, i) => {
  const [seq, collection, iteration, folder, title, method, path, verdict, kind, flaky, status, start, total, dns, connect,
    tls, first, download, bytes, held, planned, redirects] = a;
  const where = folder.join(" / ");
  const answer = status ? String(status) : kind || (verdict === "skipped" ? "not sent" : "no answer");
  const r = { i, seq, collection, iteration, folder: where, title, method, path, verdict, kind, flaky, status, start, total, dns,
    connect, tls, first, download, bytes, held, planned, redirects, answer };
  r.text = [where, title, run.collections[collection][0], method, path, answer, verdict, flaky ? "flaky" : ""].join(" ").toLowerCase();
  return r;
});
const details = (r) => JSON.parse(lines[2 * r.i + 1]);
const marks = { passed: "✓", failed: "✗", error: "!", skipped: "–" };
const bad = (r) => r.verdict === "failed" || r.verdict === "error";

// The choice: rows that match, in the order asked for, with headings between.
const choice = { text: "", verdict: "", folder: "", status: "", order: "run" };
let shown = [];   // rows, in order
let items = [];   // of the list: a row, or a heading { head, note }
let numbered = false; // whether rows have to say which iteration they are of
let place = new Map(); // index of a row in rows → in items

const matches = (terms) => (r) =>
  (!choice.verdict || (choice.verdict === "flaky" ? r.flaky : r.verdict === choice.verdict)) &&
  (!choice.folder || r.folder === choice.folder || r.folder.startsWith(choice.folder + " / ")) &&
  (!choice.status || r.answer === choice.status || (choice.status.endsWith("xx") && choice.status[0] === r.answer[0] && r.status > 0)) &&
  terms.every((t) => r.text.includes(t));

const choose = () => {
  shown = rows.filter(matches(choice.text.toLowerCase().split(/\s+/).filter(Boolean)));
  if (choice.order === "slow") shown.sort((a, b) => b.total - a.total || a.i - b.i);
  if (choice.order === "bad") shown.sort((a, b) => bad(b) - bad(a) || a.i - b.i);
  items = [];
  place = new Map();
  const group = grouping();
  let last = null;
  shown.forEach((r, n) => {
    r.position = n + 1;
    const name = group && group(r);
    if (name && name.join() !== last) {
      items.push({ head: name[0], note: name[1] });
      last = name.join();
    }
    place.set(r.i, items.length);
    items.push(r);
  });
};

// Headings are by collection and iteration, or by collection alone where iterations are as short as their headings.
const grouping = () => {
  numbered = true;
  if (choice.order !== "run" || !shown.length) return null;
  numbered = false;
  const rounds = new Set(shown.map((r) => r.collection + "/" + r.iteration)).size;
  const name = (r) => run.collections[r.collection][0];
  if (rounds * 3 > shown.length && rounds > run.collections.length) {
    numbered = true;
    return (r) => [name(r), ""];
  }
  return (r) => {
    const all = Math.max(run.collections[r.collection][1], r.iteration);
    return [name(r), all > 1 ? "iteration " + r.iteration + " of " + all : ""];
  };
};

const list = el("div", { class: "rows", id: "list", role: "listbox", tabindex: "0", "aria-labelledby": "requests-title" });
const axis = el("span", { class: "axis graph" });
const heads = el("div", { class: "heads", "aria-hidden": "true" }, el("span"), el("span", {}, "request"), el("span", {}, "method"),
  el("span", {}, "path"), el("span", {}, "answer"), el("span", { class: "time" }, "time"), el("span", { class: "size" }, "size"),
  el("span", { class: "held" }, "held"), axis);
let here = -1; // of rows: the one that the keys move from

const rowHeight = () => parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));

// render draws the items that are in view, and some around them. The waterfall is on the scale of those.
const render = (everything) => {
  const height = rowHeight();
  list.style.height = Math.max(1, items.length) * height + "px";
  const top = -list.getBoundingClientRect().top;
  let from = Math.min(Math.max(0, Math.floor(top / height) - 8), Math.max(0, items.length - 20));
  let to = Math.min(items.length, Math.max(from + 20, Math.ceil((top + innerHeight) / height) + 8));
  if (everything) { from = 0; to = Math.min(items.length, 2000); }
  const part = items.slice(from, to), sent = part.filter((r) => r.start >= 0);
  const low = sent.reduce((n, r) => Math.min(n, r.start), Infinity), high = sent.reduce((n, r) => Math.max(n, r.start + r.total), 0);
  list.replaceChildren(...part.map((item, n) => {
    const e = item.head === undefined ? drawRow(item, low, high) : el("div", { class: "group", role: "presentation" }, item.head, el("span", {}, item.note));
    e.style.top = (from + n) * height + "px";
    return e;
  }));
  axis.replaceChildren(...(sent.length ? [el("span", {}, "+" + moment(low)), el("span", {}, "+" + moment(high))] : []));
  if (!items.length) list.append(el("p", { class: "none", role: "presentation" }, "Nothing matches. Esc clears the filter."));
  if (here >= 0 && document.getElementById("o" + here)) list.setAttribute("aria-activedescendant", "o" + here);
  else list.removeAttribute("aria-activedescendant");
};

const drawRow = (r, low, high) => {
  const state = r.flaky ? "flaky" : r.verdict, time = r.start >= 0 || r.total ? duration(r.total) : "";
  const held = r.planned ? r.held + "/" + r.planned : "";
  return el("div", {
    class: "row" + (r.i === here ? " here" : ""), id: "o" + r.i, role: "option", "aria-selected": String(r.i === here),
    "aria-setsize": shown.length, "aria-posinset": r.position, "data-row": r.i,
    "aria-label": [state, r.folder, r.title, numbered ? "iteration " + r.iteration : "", r.method, r.path, r.answer, time].filter(Boolean).join(", "),
  },
  el("span", { class: "mark " + state }, r.flaky ? "~" : marks[r.verdict] || "?"),
  el("span", { class: "name", title: r.title }, r.folder ? el("span", { class: "folder" }, r.folder + " / ") : null, el("span", {}, r.title),
    numbered && run.collections[r.collection][1] > 1 ? el("span", { class: "round" }, "  #" + r.iteration) : null),
  el("span", { class: "method" }, r.method), el("span", { class: "path", title: r.path }, r.path),
  el("span", { class: "status" + (bad(r) ? " failed" : "") }, r.answer), el("span", { class: "time" }, time),
  el("span", { class: "size" }, r.bytes >= 0 ? size(r.bytes) : ""),
  el("span", { class: "held" + (r.verdict === "failed" ? " failed" : "") }, held),
  el("span", { class: "graph" }, r.start >= 0 ? bars(stages(r).map((p) => ({ ...p, at: p.at + r.start })), low, high) : null));
};

let waiting = false;
const soon = () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; render(); });
};
