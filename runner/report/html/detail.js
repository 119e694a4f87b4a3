const detail = el("article", { class: "detail", id: "detail", role: "region", tabindex: "-1", "aria-labelledby": "detail-title", hidden: true });

const drawDetail = (r) => {
  const d = details(r), state = r.flaky ? "flaky" : r.verdict;
  const [collection, iterations] = run.collections[r.collection];
  const where = [collection, iterations > 1 ? "iteration " + r.iteration + " of " + iterations : null, r.folder, d.at].filter(Boolean);
  detail.replaceChildren(
    el("div", { class: "top" },
      el("div", {},
        el("h3", { id: "detail-title" }, el("span", { class: state }, (r.flaky ? "~" : marks[r.verdict] || "?") + " "), r.title),
        el("p", { class: "where" }, [state + (r.kind ? " (" + r.kind + ")" : ""), ...where].join(" · "))),
      el("button", { class: "button", type: "button", onclick: close, "aria-label": "Close the exchange" }, "Close")),
    ...(d.reason ? [el("p", { class: "where" }, "Not sent: " + d.reason)] : []),
    ...(d.diagnostics ? [el("pre", { class: "diagnostics", tabindex: "0", "aria-label": "Diagnostics", role: "group" }, d.diagnostics)] : []),
    ...drawAssertions(d), ...drawCaptures(d), ...drawRetried(d), ...drawTiming(r, d),
    ...(d.hops || []).flatMap((hop, n) => typeof hop === "number" ? [el("p", { class: "note" }, "… and " + plural(hop, "redirect") + " more")] : drawHop(hop, n)),
    ...drawMessage("Request", d.sent), ...drawMessage("Response", d.answer));
};

const part = (title, ...content) => [el("h4", {}, ...[title].flat()), ...content];

// listed draws the elements of a list that may be cut: the number at its end says how many are not there.
const listed = (all, columns, draw) => all.map((one) => typeof one === "number"
  ? el("tr", {}, el("td", { colspan: columns }, "… and " + grouped(one) + " more")) : draw(one));

const count = (all) => typeof all.at(-1) === "number" ? all.length - 1 + all.at(-1) : all.length;

const drawAssertions = (d) => d.assertions ? part("Assertions", el("table", { class: "asserts" },
  el("thead", {}, el("tr", {}, ...["", "asked", "expected", "actual", "line"].map((t, i) => el("th", { scope: "col", class: i === 4 ? "n" : "" }, t)))),
  el("tbody", {}, ...listed(d.assertions, 5, (a) => el("tr", {},
    el("td", { class: a.passed ? "passed" : "failed" }, a.passed ? "✓" : "✗"),
    el("td", {}, (a.query || "") + " " + (a.predicate || "")), el("td", {}, a.expected || ""),
    el("td", { class: a.passed ? "" : "failed" }, a.actual === undefined ? "as expected" : a.actual),
    el("td", { class: "n" }, (a.file ? a.file + ":" : "") + (a.line || ""))))))) : [];

const drawCaptures = (d) => d.captures ? part("Captures", fields(d.captures, "captures")) : [];

const fields = (pairs, more) => el("table", { class: "fields " + (more || "") }, el("tbody", {},
  ...listed(pairs, 2, ([name, value]) => el("tr", {}, el("td", {}, name), el("td", {}, value)))));

const drawRetried = (d) => d.retried ? part(plural(d.attempts || 0, "attempt") + ", this is the last", el("table", {}, el("tbody", {},
  ...listed(d.retried, 3, (a) => el("tr", {}, el("td", { class: a.verdict }, a.verdict + (a.status ? " " + a.status : "")),
    el("td", {}, a.reason || ""), el("td", { class: "n" }, duration(a.took || 0))))))) : [];

const drawHop = (hop, n) => part("Redirect " + (n + 1), wire(hop.line), folded("request headers", hop.header), ...drawBody(hop),
  wire(hop.answer, true), folded("response headers", hop.answered));

const drawMessage = (title, m) => m ? part(title, wire(m.line, title === "Response"), folded("headers", m.header, true), ...drawBody(m)) : [];

// wire is the first line of a message, its method or status in bold.
const wire = (line, answer) => {
  const words = (line || "").split(" "), strong = answer ? 1 : 0;
  return el("p", { class: "wire" }, ...words.flatMap((w, i) => [i === strong ? el("b", {}, w) : w, " "]));
};

const folded = (title, header, open) => !header || !header.length ? null
  : el("details", { open: !!open }, el("summary", {}, plural(count(header), title.replace(/s$/, ""))), fields(header));

const drawBody = (m) => {
  const bytes = size(m.bytes || 0);
  if (m.left) return [el("p", { class: "note" }, "Body of " + bytes + ", left out: the page would grow too large.")];
  if (m.hex !== undefined) return [el("p", { class: "note" }, "Binary body of " + bytes + (m.shown ? ", its first " + size(m.shown) + ":" : ":")),
    el("pre", { class: "body hex", tabindex: "0", role: "group", "aria-label": "Binary body" }, m.hex)];
  if (m.text === undefined) return m.bytes ? [el("p", { class: "note" }, "Body of " + bytes + ", not kept: --include-bodies keeps it.")] : [];
  return [el("p", { class: "note" }, m.shown ? "The first " + size(m.shown) + " of a body of " + bytes + ":" : "Body of " + bytes + ":"),
    el("pre", { class: "body", tabindex: "0", role: "group", "aria-label": "Body" }, ...pretty(m.text, !!m.shown))];
};

// pretty indents JSON and colours it. Its tokens stay as they were sent: numbers keep their digits. What is not JSON stays as
// it is; of what is cut it is enough that it begins like it.
const pretty = (text, cut) => {
  if (!/^\s*[[{]/.test(text)) return [text];
  if (!cut) try { JSON.parse(text); } catch { return [text]; }
  const out = [], tokens = text.match(/"(?:[^"\\]|\\.)*"?|[[\]{},:]|[^\s"[\]{},:]+/g);
  let depth = 0, plain = "";
  const line = () => { plain += "\n" + "  ".repeat(Math.min(depth, 40)); };
  tokens.forEach((t, i) => {
    const last = tokens[i - 1], opened = last === "{" || last === "[";
    if (t === "}" || t === "]") {
      depth = Math.max(0, depth - 1);
      if (!opened) line();
    } else if (opened || last === ",") line();
    if (t === "{" || t === "[") depth++;
    if ("{}[],".includes(t)) plain += t;
    else if (t === ":") plain += ": ";
    else {
      const kind = t[0] !== '"' ? "literal" : tokens[i + 1] === ":" ? "key" : "string";
      out.push(plain, el("span", { class: kind }, t));
      plain = "";
    }
  });
  return [...out, plain];
};

const drawTiming = (r, d) => {
  if (r.start < 0) return [];
  const pieces = [{ name: "total", at: 0, took: r.total }, ...stages(r)];
  (d.hops || []).forEach((hop, n) => {
    if (hop.start >= 0) pieces.push({ name: "other", label: "redirect " + (n + 1), at: Math.max(0, hop.start - r.start), took: hop.took || 0 });
  });
  return part(["Timing", el("span", {}, "begun " + moment(r.start) + " after the run")], el("div", { class: "timing" }, ...pieces.flatMap((p) => [
    el("span", { class: "name" }, p.label || stageNames[p.name] || p.name),
    bars([p.name === "total" ? { ...p, name: "other" } : p], 0, r.total),
    el("span", { class: "took" }, duration(p.took))])));
};
