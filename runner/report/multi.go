package report

import (
	"errors"

	"github.com/postrider/postrider/runner"
)

// Multi is a reporter that tells several, in their order. One that fails does not keep the others from theirs.
type Multi []Reporter

// RunStarted implements [runner.Reporter].
func (m Multi) RunStarted(info *runner.RunInfo) {
	for _, r := range m {
		r.RunStarted(info)
	}
}

// RequestFinished implements [runner.Reporter].
func (m Multi) RequestFinished(result *runner.RequestResult) {
	for _, r := range m {
		r.RequestFinished(result)
	}
}

// CollectionFinished implements [runner.Reporter].
func (m Multi) CollectionFinished(result *runner.CollectionResult) {
	for _, r := range m {
		r.CollectionFinished(result)
	}
}

// RunFinished implements [runner.Reporter].
func (m Multi) RunFinished(result *runner.Result) {
	for _, r := range m {
		r.RunFinished(result)
	}
}

// Err joins the errors of all.
func (m Multi) Err() error {
	errs := make([]error, len(m))
	for i, r := range m {
		errs[i] = r.Err()
	}
	return errors.Join(errs...)
}
