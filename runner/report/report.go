// Package report tells what a run does: as a table while it runs, and as files for other programs.
//
// Every reporter is fed the same events, see [runner.Reporter], writes as they come and keeps no more than it must, so
// that a run of a million requests reports in bounded memory. All text is taken for hostile: what a server sent reaches
// a terminal or a file escaped.
package report

import "github.com/postrider/postrider/runner"

// A Reporter is a [runner.Reporter] that can fail.
type Reporter interface {
	runner.Reporter

	// Err is the first error of writing, nil if there was none. A reporter that failed writes no more.
	Err() error
}
