// Everything is put into the page as text, never as markup: what a server sent stays what it is.
const el = (tag, attributes, ...children) => {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "class") e.className = value;
    else if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (value === true) e.setAttribute(name, "");
    else if (value !== false && value != null) e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c != null && c !== false));
  return e;
};
const svg = (tag, attributes, ...children) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
};

// Times are in µs, and read as in the terminal.
const duration = (us) => {
  if (us < 1000) return us + " µs";
  if (us < 999500) return Math.round(us / 1000) + " ms";
  if (us < 99950000) return (us / 1e6).toFixed(1) + " s";
  const s = Math.round(us / 1e6);
  return s < 3600 ? Math.floor(s / 60) + "m" + String(s % 60).padStart(2, "0") + "s"
    : Math.floor(s / 3600) + "h" + String(Math.floor(s / 60) % 60).padStart(2, "0") + "m";
};
// moment is a time after the start of the run, fine enough to tell neighbours apart.
const moment = (us) => us < 1000 ? us + " µs" : us < 1e6 ? (us / 1000).toFixed(1) + " ms" : (us / 1e6).toFixed(3) + " s";
const size = (bytes) => {
  if (bytes < 1000) return bytes + " B";
  const units = ["kB", "MB", "GB", "TB"];
  let n = bytes / 1000, i = 0;
  while (n >= 999.5 && i < 3) { n /= 1000; i++; }
  return n.toFixed(n < 9.95 ? 1 : 0) + " " + units[i];
};
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const plural = (n, noun) => grouped(n) + " " + noun + (n === 1 ? "" : "s");

// The stages of an exchange as pieces of its time. DNS, connection and TLS come first and may overlap, waiting and
// download come last; what lies between is redirects and what nobody measured.
const stages = (r) => {
  const pieces = [];
  let at = 0;
  const room = Math.max(0, r.total - r.first - r.download);
  for (const name of ["dns", "connect", "tls"]) {
    const took = Math.min(r[name], room - at);
    if (took > 0) { pieces.push({ name, at, took }); at += took; }
  }
  if (room > at) pieces.push({ name: "other", at, took: room - at });
  const wait = Math.min(r.first, r.total - room);
  if (wait > 0) pieces.push({ name: "wait", at: room, took: wait });
  const rest = r.total - room - wait;
  if (rest > 0) pieces.push({ name: "download", at: room + wait, took: rest });
  return pieces;
};
const stageNames = { dns: "DNS", connect: "connect", tls: "TLS", other: "between", wait: "wait", download: "download" };

// bars draws pieces of time on a scale from and to. The longest is never too short to be seen; the others may be.
const bars = (pieces, from, to) => {
  const scale = 1000 / Math.max(1, to - from), longest = pieces.reduce((a, p) => p.took > a.took ? p : a, { took: -1 });
  return svg("svg", { class: "fall", viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    ...pieces.filter((p) => p === longest || p.took * scale > 1).map((p) => {
      const x = Math.min((p.at - from) * scale, 996), width = p.took * scale;
      return svg("rect", { class: p.name, x: x.toFixed(1), y: 1, width: (p === longest ? Math.max(4, width) : width).toFixed(1), height: 8 });
    }));
};
