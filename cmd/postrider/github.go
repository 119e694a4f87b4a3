package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/postrider/postrider/runner/report"
)

const (
	// fullSummary is how many bytes GitHub takes as the summary of a step, from all that write into it.
	fullSummary = 1 << 20
	// leastSummary is how many bytes a verdict and counts take.
	leastSummary = 1 << 10
)

// A stepSummary is the file into which a step writes its summary.
type stepSummary struct {
	*os.File
	room int // bytes that it may still take
}

// openSummary opens the summary of the step for appending; the caller closes it when the run is over. Outside of a workflow
// it is nil. One that cannot be opened is exit 3.
func (p *program) openSummary() (*stepSummary, error) {
	name, _ := p.getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil, nil
	}
	file, size, err := appendTo(name)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, exit{exitError, fmt.Errorf("write the summary of the step, GITHUB_STEP_SUMMARY=%s: %w", name, err)}
	}
	return &stepSummary{file, max(fullSummary-size, leastSummary)}, nil
}

// appendTo opens a file for appending, with what is in it ended by a blank line, and tells its size.
func appendTo(name string) (*os.File, int, error) {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, 0, err
	}
	size := int64(0)
	info, err := file.Stat()
	if err == nil && info.Size() > 0 {
		size = info.Size() + 2
		_, err = file.WriteString("\n\n")
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	return file, int(min(size, fullSummary)), nil
}

// githubOptions are what a report for GitHub needs to know of the step that it runs in. The summary may be nil.
func (p *program) githubOptions(redact func(string) string, rerun []string, summary *stepSummary) report.GitHubOptions {
	o := report.GitHubOptions{Redact: redact, Rerun: rerun, File: p.inWorkspace()}
	if summary != nil {
		o.Summary, o.SummaryBytes = summary, summary.room
	}
	return o
}

// inWorkspace gives paths of files as GitHub names them: from the folder in which the repository is checked out, with
// slashes. For files that are elsewhere, or that only the program carries, it gives "". Outside of a workflow it is nil.
func (p *program) inWorkspace() func(string) string {
	root, _ := p.getenv("GITHUB_WORKSPACE")
	if root == "" {
		return nil
	}
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	return func(name string) string {
		full, err := filepath.Abs(name)
		if err != nil {
			return ""
		}
		// It is the place of the file that counts, not that of what a link leads to.
		folder, err := filepath.EvalSymlinks(filepath.Dir(full))
		if err != nil {
			return ""
		}
		full = filepath.Join(folder, filepath.Base(full))
		if _, err := os.Stat(full); err != nil {
			return ""
		}
		inside, err := filepath.Rel(root, full)
		if err != nil || inside == ".." || strings.HasPrefix(inside, ".."+string(filepath.Separator)) {
			return ""
		}
		return filepath.ToSlash(inside)
	}
}
