// Checks Kubernetes manifests: values against the schemas of the API, and keys, which those schemas let pass, against its
// types. Prints a line for each object, and what is wrong.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseAllDocuments } from "yaml";

const sources = [];
let wrong = false;
for (const file of process.argv.slice(2)) {
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
    if (document.errors.length > 0) throw document.errors[0];
    const object = document.toJS();
    const module = `kubernetes-models/${object.apiVersion}`;
    try {
      new (await import(module))[object.kind](object).validate();
      console.log(`${basename(file)} ${object.kind}`);
    } catch (error) {
      wrong = true;
      console.log(`${basename(file)} ${object.kind}: ${error.message}`);
    }
    const source = `object${sources.length}.ts`;
    writeFileSync(source, `import type { I${object.kind} } from "${module}";\nexport const object: I${object.kind} = ${JSON.stringify(object, null, 2)};\n`);
    sources.push(source);
  }
}
try {
  execFileSync("node_modules/.bin/tsc", ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", ...sources]);
} catch (error) {
  wrong = true;
  console.log(String(error.stdout));
}
process.exit(wrong ? 1 : 0);
