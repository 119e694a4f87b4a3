package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

const (
	// keptFailures is how many requests that failed are shown in full; of more, only the number is kept.
	keptFailures = 100
	// keptDiagnostics is how many diagnostics of one request are shown.
	keptDiagnostics = 10
	// keptBody is how many bytes of a body are shown.
	keptBody = 2 << 10
	// rerunLines is how many collections are offered to run again, and rerunTitles how many requests of each by name.
	rerunLines, rerunTitles = 3, 5
)

// failures keeps what is shown when the run is over, and no more.
type failures struct {
	render diag.Renderer
	many   bool // whether there are several collections
	kept   []failure
	more   int // failed requests that are not kept
	again  []rerun
	others int // failed collections that are not in again
	last   *runner.CollectionInfo
}

// A failure is a request that failed, or could not be completed.
type failure struct {
	title       string
	diagnostics diag.List
	more        int // diagnostics that are not kept
	body        string
	bodyBytes   int
}

// A rerun is the failed requests of one collection.
type rerun struct {
	path   string
	titles []string
	all    bool // too many to be named
}

func (f *failures) add(r *runner.RequestResult) {
	if r.Verdict != runner.Failed && r.Verdict != runner.Errored {
		return
	}
	f.addRerun(r)
	if len(f.kept) == keptFailures {
		f.more++
		return
	}
	f.kept = append(f.kept, f.failure(r))
}

// failure is what is shown of a request that failed.
func (f *failures) failure(r *runner.RequestResult) failure {
	list := r.Diagnostics
	if len(list) == 0 && r.Error != nil {
		list = diag.List{{Message: r.Error.Message, Span: r.Error.Source}}
	}
	one := failure{title: heading(r, f.many), diagnostics: list}
	if len(list) > keptDiagnostics {
		one.diagnostics, one.more = slices.Clone(list[:keptDiagnostics]), len(list)-keptDiagnostics
	}
	if r.Response != nil {
		one.body, one.bodyBytes = clip(r.Response.Body, keptBody), r.Response.BodyBytes
	}
	return one
}

// heading names a request so far as it takes to tell it from the others, of which there are many collections or one.
func heading(r *runner.RequestResult, many bool) string {
	s := title(r.Folder, r.Title())
	if many {
		s += " · " + diag.PrintableLine(r.Collection.Name)
	}
	if r.Collection.Iterations > 1 {
		s += " · iteration " + strconv.Itoa(r.Iteration)
	}
	return s
}

// print shows the failures, each by a write of its own.
func (f *failures) print(out *screen) {
	for i, one := range f.kept {
		if f.render.Short {
			f.render.Render(out, one.diagnostics)
			continue
		}
		out.text = paint(out.text, f.render.Color, bold, strconv.Itoa(i+1)+". "+one.title)
		out.print("\n")
		f.draw(out, &one)
		out.print("\n")
		out.flush()
	}
	if f.more > 0 {
		out.print("… and ", plural(f.more, "request"), " more that failed\n")
		if !f.render.Short {
			out.print("\n")
		}
	} else if f.render.Short && len(f.kept) > 0 {
		out.print("\n")
	}
}

// draw shows one failure below its title.
func (f *failures) draw(out *screen, one *failure) {
	f.render.Render(out, one.diagnostics)
	if one.more > 0 {
		out.print("… and ", strconv.Itoa(one.more), " more\n")
	}
	f.printBody(out, one)
}

func (f *failures) printBody(out *screen, one *failure) {
	if one.body == "" {
		return
	}
	what := "body, " + size(one.bodyBytes) + ":"
	if len(one.body) < one.bodyBytes {
		what = "body, the first " + size(len(one.body)) + " of " + size(one.bodyBytes) + ":"
	}
	out.print("\n")
	out.text = paint(out.text, f.render.Color, dim, "   "+what)
	out.print("\n")
	body := diag.Printable(strings.NewReplacer("\r\n", "\n", "\t", "    ").Replace(one.body))
	for line := range strings.Lines(body) {
		out.print("   ", strings.TrimSuffix(line, "\n"), "\n")
	}
}

// clip is the start of a text, at most n bytes of it, cut between two characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range utf8.UTFMax {
		if utf8.RuneStart(s[n-i]) {
			return s[:n-i]
		}
	}
	return s[:n]
}

// addRerun notes a request to be run again. Requests come collection by collection.
func (f *failures) addRerun(r *runner.RequestResult) {
	if f.last != r.Collection {
		f.last = r.Collection
		if len(f.again) == rerunLines {
			f.others++
		} else {
			f.again = append(f.again, rerun{path: r.Collection.Path})
		}
	}
	if f.others > 0 {
		return
	}
	one, name := &f.again[len(f.again)-1], r.Title()
	switch {
	case one.all || slices.Contains(one.titles, name):
	case len(one.titles) == rerunTitles:
		one.titles, one.all = nil, true
	default:
		one.titles = append(one.titles, name)
	}
}

// rerun is the commands that run the failed requests again, a line for each collection.
func (f *failures) rerun(command []string) []string {
	if len(command) == 0 {
		return nil
	}
	var lines []string
	for _, one := range f.again {
		if one.path == "-" {
			continue // what came from standard input is gone
		}
		words := slices.Clone(command)
		for _, name := range one.titles {
			words = append(words, "--request", name)
		}
		lines = append(lines, quoteWords(append(words, one.path)))
	}
	if f.others > 0 {
		lines = append(lines, "… and "+plural(f.others, "collection")+" more")
	}
	return lines
}
