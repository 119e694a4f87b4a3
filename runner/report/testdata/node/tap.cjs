// Reads TAP files strictly and prints what it understood of each, as a list of JSON objects.
const fs = require('node:fs');
const { Parser } = require('tap-parser');

function gather(parser) {
  const seen = { points: [], subtests: [], garbage: [] };
  parser.on('assert', (a) => seen.points.push({ ok: a.ok, name: a.name, skip: a.skip || '', diag: a.diag, problem: a.tapError || '' }));
  parser.on('extra', (line) => seen.garbage.push(line));
  parser.on('child', (child) => seen.subtests.push(gather(child)));
  parser.on('complete', (results) => {
    seen.ok = results.ok;
    seen.plan = results.plan.end ?? 0;
    seen.bailout = results.bailout || '';
    seen.problems = results.failures.filter((f) => f.tapError).map((f) => f.tapError);
  });
  return seen;
}

const all = process.argv.slice(2).map((file) => {
  const parser = new Parser({ strict: true });
  const seen = gather(parser);
  parser.end(fs.readFileSync(file, 'utf8'));
  return seen;
});
process.stdout.write(JSON.stringify(all));
