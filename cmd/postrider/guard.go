package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/report"
)

// guarded is how many bytes of what a stream was given are remembered, so that secrets which become known later are
// looked for as well. What is older has been looked through with those that were known by then.
const guarded = 1 << 20

// guardBlock is how many bytes are remembered in a piece. One that grew would be copied again and again, and leave as
// much behind as it holds.
const guardBlock = 32 << 10

// A guard passes on what is written, and looks for secrets in it when the run is over: they should have been redacted
// long before.
type guard struct {
	to       io.Writer
	name     string // "standard output"
	detector *environment.Detector
	memory   [][]byte
}

// Write implements [io.Writer].
func (g *guard) Write(p []byte) (int, error) {
	g.remember(p)
	if n := len(g.memory); n*guardBlock > guarded {
		g.forget(n / 2)
	}
	return g.to.Write(p)
}

func (g *guard) remember(p []byte) {
	for len(p) > 0 {
		n := len(g.memory)
		if n == 0 || len(g.memory[n-1]) == guardBlock {
			g.memory = append(g.memory, make([]byte, 0, guardBlock))
			continue
		}
		part := p[:min(len(p), guardBlock-len(g.memory[n-1]))]
		g.memory[n-1], p = append(g.memory[n-1], part...), p[len(part):]
	}
}

// forget has the oldest pieces looked through.
func (g *guard) forget(n int) {
	for _, block := range g.memory[:n] {
		_, _ = g.detector.Write(block)
	}
	g.memory = slices.Delete(g.memory, 0, n)
}

// problem says where a secret was written, or "".
func (g *guard) problem() string {
	g.forget(len(g.memory))
	if leak := g.detector.End(); leak != nil {
		return fmt.Sprintf("a secret has been written to %s, in line %d", g.name, leak.Line)
	}
	return ""
}

// leaks are the secrets that have been written to streams.
func (s *session) leaks() diag.List {
	var list diag.List
	for _, g := range s.guards {
		if problem := g.problem(); problem != "" {
			list = append(list, leaked(problem))
		}
	}
	return list
}

// leaked is the diagnostic of a secret that has got out.
func leaked(message string) diag.Diagnostic {
	return diag.Diagnostic{
		Message: message,
		Hint:    "take it for known to whoever reads that, and tell postrider's authors how it came about: it should have been redacted",
	}
}

// guard makes one for a stream.
func (s *session) guard(to io.Writer, name string) io.Writer {
	g := &guard{to: to, name: name, detector: s.detector()}
	s.guards = append(s.guards, g)
	return g
}

// check is what looks for secrets in a report before it takes its place.
func (s *session) check(*report.File) func(io.Reader) error {
	return func(r io.Reader) error {
		d := s.detector()
		if _, err := io.Copy(d, r); err != nil {
			return err
		}
		if leak := d.End(); leak != nil {
			return leaked(fmt.Sprintf("there is a secret in line %d, so it is withheld", leak.Line))
		}
		return nil
	}
}

// detector finds the secrets of the run. The words of reports, and what of the command line is no secret, are not taken
// for one.
func (s *session) detector() *environment.Detector {
	return &environment.Detector{Redactor: s.redactor, Own: func(text string) bool {
		if s.own == "" {
			s.own = s.ownWords()
		}
		return strings.Contains(s.own, text)
	}}
}

// ownWords are the words of all formats of the run, and the names of files and environments.
func (s *session) ownWords() string {
	var b strings.Builder
	if s.options.load {
		return report.LoadSample() + s.ownNames()
	}
	targets := append(s.options.reports[:len(s.options.reports):len(s.options.reports)], reportTarget{format: "markdown"}, reportTarget{format: "har"})
	for _, target := range targets {
		if target.format != "none" {
			b.WriteString(report.Sample(func(w io.Writer) report.Reporter { return newReporter(target.format, w, s.formatOptions(target)) }))
		}
	}
	return b.String() + s.ownNames()
}

// ownNames are the names of files and environments.
func (s *session) ownNames() string {
	var b strings.Builder
	for _, list := range [][]string{s.options.collections, s.options.environments, s.paths} {
		b.WriteString("\n" + strings.Join(list, "\n"))
	}
	return b.String()
}
