// Reads a JSON array of Markdown documents and writes, for each, the HTML that several readers of GitHub's Markdown make of it,
// with raw HTML and addresses let through.
import { readFileSync } from "node:fs";
import MarkdownIt from "markdown-it";
import { marked } from "marked";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";

const it = new MarkdownIt({ html: true, linkify: true });
const readers = {
  "markdown-it": (text) => it.render(text),
  marked: (text) => marked.parse(text, { gfm: true }),
  micromark: (text) =>
    micromark(text, { allowDangerousHtml: true, allowDangerousProtocol: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] }),
};
const documents = JSON.parse(readFileSync(0, "utf8"));
const rendered = documents.map((text) =>
  Object.fromEntries(Object.entries(readers).map(([name, render]) => [name, render(text)])),
);
process.stdout.write(JSON.stringify(rendered));
