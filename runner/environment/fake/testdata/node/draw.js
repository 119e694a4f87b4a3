// Prints what Postman itself puts in for each dynamic variable, as JSON: {name: [drawn, …]}.
const { Property } = require("postman-collection");
const generators = require("postman-collection/lib/superstring/dynamic-variables");

const draws = {};
for (const name of Object.keys(generators.default ?? generators)) {
  draws[name] = Array.from({ length: 200 }, () => Property.replaceSubstitutions(`{{${name}}}`, []));
}
console.log(JSON.stringify(draws));
