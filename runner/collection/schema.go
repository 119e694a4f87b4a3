package collection

import _ "embed"

//go:embed schema.json
var schema string

// Schema is the JSON Schema (draft 7, which is what editors of TOML read) of a collection, and of the files and the
// folder.toml of one. What it accepts may still be wrong in ways that a schema cannot see: templates, gjson paths, regular
// expressions, and files that are not there are for the engine to judge.
func Schema() []byte { return []byte(schema) }
