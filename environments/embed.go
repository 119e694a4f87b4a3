// Package environments holds the environments that the program carries.
package environments

import "embed"

// Files are the shipped environments: local.toml, with the embedded pool, and aws.toml, to be filled in.
//
//go:embed local.toml aws.toml
var Files embed.FS
