package environment

import _ "embed"

//go:embed schema.json
var schema string

// Schema is the JSON Schema (draft 7, which is what editors of TOML read) of an environment file, private ones included.
// What it accepts may still be wrong in ways that a schema cannot see: templates, files that are not there, and what a
// user pool refuses are judged by [Load] and by the pool.
func Schema() []byte { return []byte(schema) }
