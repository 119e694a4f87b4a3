package report

import (
	"io"

	"github.com/postrider/postrider/runner/load"
)

// LoadHTMLOptions say what a load's page holds.
type LoadHTMLOptions struct {
	Version string
	Redact  func(string) string
}

func LoadHTML(w io.Writer, r *load.Result, o LoadHTMLOptions) error { return nil }
