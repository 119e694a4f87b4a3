package collection

import (
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlfmt"
)

// Format rewrites a collection or an environment in the one style of `postrider fmt`: see package tomlfmt. The data, the
// order of keys and every comment stay. What is not valid TOML comes back as the diagnostics that [Parse] gives, and
// then the text is "".
func Format(source *diag.Source) (string, diag.List) { return tomlfmt.Format(source) }
