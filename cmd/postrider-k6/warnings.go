package main

import (
	"strings"
	"sync"

	"github.com/sirupsen/logrus"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// maxWarnings is how many different failures are written to the log.
const maxWarnings = 50

// warnings are the failures that were written to the log: each once, however often it comes.
type warnings struct {
	mu   sync.Mutex
	said map[string]bool
}

// about is why a request did not pass, on one line, a secret nowhere in it.
func (w *warnings) about(s *suite, q *request, res *runner.RequestResult) string {
	parts := []string{q.label}
	for i := range res.Diagnostics {
		d := &res.Diagnostics[i]
		part := d.Error()
		for _, detail := range d.Details {
			part += ", " + detail.Label + " " + detail.Text
		}
		parts = append(parts, part)
	}
	return diag.PrintableLine(s.redactor.Redact(strings.Join(parts, ": ")))
}

// say writes a failure to the log of k6.
func (w *warnings) say(log logrus.FieldLogger, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.said[why] || len(w.said) > maxWarnings {
		return
	}
	if w.said == nil {
		w.said = map[string]bool{}
	}
	w.said[why] = true
	if len(w.said) > maxWarnings {
		why = "more failures are not written here: the checks count them"
	}
	log.Warn(why)
}
