// Package collections holds the collections that the program carries, so that it can run them in an empty folder.
package collections

import "embed"

// Files are the shipped collections, at the paths that they have below this folder.
//
//go:embed *.toml */*.toml
var Files embed.FS
