package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/rows"
)

// readData opens the rows that --data names, wherever they stand.
func readData(name string) (*rows.File, diag.List) {
	if name == "" {
		return nil, nil
	}
	f, err := rows.New(name, func() (fs.File, error) { return os.Open(name) })
	if err != nil {
		var d diag.Diagnostic
		if !errors.As(err, &d) {
			d.Message = err.Error()
		}
		return nil, diag.List{d}
	}
	return f, nil
}

// readGlobals reads the variables that --globals names.
func readGlobals(name string) (*environment.Layer, diag.List) {
	if name == "" {
		return nil, nil
	}
	return environment.LoadGlobals(name)
}
