package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strconv"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/load"
)

//go:embed load.html
var loadPage string

//go:embed load.css
var loadStyle string

// LoadHTMLOptions say what a load's page holds.
type LoadHTMLOptions struct {
	// Version is that of the program, "v0.1.0".
	Version string
	// Redact, if set, is applied to diagnostics, for the excerpts in them come from files.
	Redact func(string) string
}

// LoadHTML writes a load as one page that needs nothing else: no script, no other file, light or dark as the reader has it.
// Its policy allows its own style alone.
func LoadHTML(w io.Writer, r *load.Result, o LoadHTMLOptions) error {
	t, err := template.New("load").Parse(loadPage)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, loadView(r, o)); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

// A loadPageView is what the page shows, in words.
type loadPageView struct {
	Title, Plan, Version, Started string
	Policy                        template.HTMLAttr
	Style                         template.CSS
	Word, Class, Why              string
	Figures                       []loadFigure
	Thresholds                    []loadLine
	Titles                        []string
	Rows                          []loadLine
	Charts                        []loadChart
	Failures                      []loadFailureView
	More                          string
	Notes                         []string
}

type (
	loadFigure struct{ Name, Value string }
	loadLine   struct {
		Class string
		Cells []string
	}
	loadChart struct {
		Title, About string
		Keys         []loadFigure // class and name of each line
		SVG          template.HTML
	}
	loadFailureView struct{ Title, Text string }
)

func loadView(r *load.Result, o LoadHTMLOptions) *loadPageView {
	sum := sha256.Sum256([]byte(loadStyle))
	v := &loadPageView{
		Title: diag.PrintableLine(r.Name), Plan: loadPlan(r), Version: o.Version, Started: r.Started.UTC().Format("2006-01-02 15:04:05 UTC"),
		Policy: template.HTMLAttr(`content="default-src 'none'; style-src 'sha256-` + base64.StdEncoding.EncodeToString(sum[:]) + `'; base-uri 'none'; form-action 'none'"`),
		Style:  template.CSS(loadStyle),
	}
	for _, e := range r.Environment {
		v.Title += " · " + diag.PrintableLine(e)
	}
	last := loadLastLine(nil, r, false)
	word, why, _ := bytes.Cut(bytes.TrimSpace(last), []byte("  "))
	v.Word, v.Why, v.Class = string(word), string(why), "bad"
	if r.Verdict == runner.Passed {
		v.Class = "good"
	}
	l := &r.Total.Latency
	v.Figures = []loadFigure{
		{"requests", strconv.FormatInt(r.Total.Finished(), 10)}, {"a second", perSecond(r.Rate(r.Total.Finished()))},
		{"did not pass", percent(r.Total.ErrorRate())}, {"assertions held", percent(r.Total.Checks())},
		{"p50", latency(l.Percentile(50))}, {"p95", latency(l.Percentile(95))}, {"p99", latency(l.Percentile(99))}, {"longest", latency(l.Max())},
	}
	for i := range r.Thresholds {
		t := &r.Thresholds[i]
		line := loadLine{"good", []string{"✓", t.Metric + " " + opSign(t.Op) + " " + diag.PrintableLine(t.Text), actual(t)}}
		if !t.Held {
			line.Class, line.Cells[0] = "bad", "✗"
		}
		v.Thresholds = append(v.Thresholds, line)
	}
	v.table(r)
	v.Charts = loadCharts(r)
	v.failures(r, o)
	var notes screen
	loadNotes(&notes, r, TableOptions{})
	for line := range bytes.Lines(notes.text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			v.Notes = append(v.Notes, string(line))
		}
	}
	return v
}

// table takes over the rows of the table.
func (v *loadPageView) table(r *load.Result) {
	v.Titles = loadTitles()
	eachLoadRow(r, func(q *load.Request) {
		line := loadLine{Cells: append([]string{diag.PrintableLine(q.Title), diag.PrintableLine(q.Method), diag.PrintableLine(q.Path)}, loadCells(r, q, false)...)}
		if q.Failed+q.Errors > 0 {
			line.Class = "bad"
		}
		v.Rows = append(v.Rows, line)
	})
}

func (v *loadPageView) failures(r *load.Result, o LoadHTMLOptions) {
	render := diag.Renderer{Redact: o.Redact}
	for i := range r.Failures {
		f := &r.Failures[i]
		var text bytes.Buffer
		render.One(&text, placedFailure(f))
		v.Failures = append(v.Failures, loadFailureView{diag.PrintableLine(f.Request) + " · " + plural(int(f.Count), "time"), text.String()})
	}
	if r.MoreFailures > 0 {
		v.More = "… and " + plural(int(r.MoreFailures), "failure") + " of other kinds"
	}
}

// loadCharts draws the latency curve, and requests and latency over time where there is enough of it.
func loadCharts(r *load.Result) []loadChart {
	if r.Total.Latency.Count() == 0 {
		return nil
	}
	charts := []loadChart{percentileChart(&r.Total.Latency)}
	if len(r.Timeline.Slices) < 2 {
		return charts
	}
	var rate, bad, users, p50, p95, longest series
	rate.class, bad.class, users.class, p50.class, p95.class, longest.class = "a", "c", "b", "a", "b", "c"
	for i := range r.Timeline.Slices {
		s := &r.Timeline.Slices[i]
		from := time.Duration(i) * r.Timeline.Width
		wide := min(r.Timeline.Width, r.Duration-from)
		if wide <= 0 || wide < r.Timeline.Width/4 && i > 0 {
			break // too short to tell a rate
		}
		x := (from + wide/2).Seconds()
		rate.add(x, float64(s.Requests)/wide.Seconds())
		bad.add(x, float64(s.Failed+s.Errors)/wide.Seconds())
		users.add(x, float64(s.Users))
		if s.Latency.Count() > 0 {
			p50.add(x, s.Latency.Percentile(50).Seconds())
			p95.add(x, s.Latency.Percentile(95).Seconds())
			longest.add(x, s.Latency.Max().Seconds())
		}
	}
	seconds := func(f float64) string { return duration(time.Duration(f * float64(time.Second))) }
	short := func(f float64) string { return latency(time.Duration(f * float64(time.Second))) }
	x := axis{to: r.Duration.Seconds(), show: seconds}
	return append(charts,
		loadChart{"Throughput", "requests that ended each second", []loadFigure{{"a", "requests"}, {"c", "that did not pass"}}, plot(x, axis{show: perSecond}, rate, bad)},
		loadChart{"Latency over time", "of the requests that ended then", []loadFigure{{"a", "p50"}, {"b", "p95"}, {"c", "longest"}}, plot(x, axis{show: short}, p50, p95, longest)},
		loadChart{"Users", "that worked at the same time", []loadFigure{{"b", "users"}}, plot(x, axis{show: number}, users)},
	)
}
