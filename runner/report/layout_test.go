package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/postrider/postrider/runner"
)

// Rows that go to the layout directly must be those that tablewriter's own renderer draws from a stream.
func TestLayoutIsTablewriters(t *testing.T) {
	t.Parallel()
	for _, color := range []bool{false, true} {
		l := layout{{width: 1}, {title: "REQUEST", width: 20}, {title: "PATH", width: 12}, {title: "STATUS", right: true, width: 7}, {title: "TIME", right: true, width: 6}}
		rows := [][]cell{
			{{"✓", green}, {text: "plain"}, {text: "/a"}, {text: "200"}, {text: "4 ms"}},
			{{"✗", red}, {text: "広い名前 🚀 e\u0301"}, {text: "/é"}, {"timeout", red}, {text: "870 µs"}},
			{{"-", yellow}, {text: strings.Repeat("x", 20)}, {text: ""}, {text: ""}, {text: ""}},
		}
		got := header(l, false)
		for _, row := range rows {
			got = l.append(got, color, row...)
		}
		var want bytes.Buffer
		stream := stream(t, &want, l)
		for _, row := range rows {
			var texts []string
			for _, c := range row {
				texts = append(texts, string(paint(nil, color, c.color, c.text)))
			}
			if err := stream.Append(texts); err != nil {
				t.Fatal(err)
			}
		}
		if trimmed(want.String()) != trimmed(string(got)) {
			t.Errorf("tablewriter:\n%s\nlayout:\n%s", want.String(), got)
		}
	}
}

// stream is a table of tablewriter's, with the gap beside the cells, where the text does not stand.
func stream(t testing.TB, out *bytes.Buffer, l layout) *tablewriter.Table {
	widths, titles, aligns := tw.NewMapper[int, int](), []string{}, []tw.Align{}
	for i, c := range l {
		align, wide := tw.AlignLeft, c.width
		switch {
		case c.right:
			align, wide = tw.AlignRight, c.width+gap
		case i+1 < len(l) && !l[i+1].right:
			wide += gap
		}
		widths.Set(i, wide)
		titles, aligns = append(titles, c.title), append(aligns, align)
	}
	cells := tw.CellConfig{Alignment: tw.CellAlignment{PerColumn: aligns}}
	table := tablewriter.NewTable(out,
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
		tablewriter.WithStreaming(tw.StreamConfig{Enable: true}), tablewriter.WithColumnWidths(widths),
		tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithRowAutoWrap(tw.WrapNone), tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithPadding(tw.PaddingNone),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone, Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone}, Streaming: true,
		})))
	if err := table.Start(); err != nil {
		t.Fatal(err)
	}
	table.Header(titles)
	return table
}

func trimmed(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func TestLayoutOverflow(t *testing.T) {
	t.Parallel()
	l := layout{{width: 4}, {width: 6}, {right: true, width: 6}, {right: true, width: 5}}
	for _, c := range []struct {
		cells [4]string
		want  string
	}{
		{[4]string{"a", "b", "c", "d"}, "a     b            c      d"},
		{[4]string{"", "", "", "d"}, "                          d"},
		{[4]string{"longer", "b", "c", "d"}, "longer  b          c      d"},         // back at once
		{[4]string{"a", "full66", "transport", "d"}, "a     full66 transport    d"}, // takes of the gap, then of the next
		{[4]string{"a", "far too long", "12345", "1234567"}, "a     far too long 12345 1234567"},
		{[4]string{"a", "b", "12345678", "1234567"}, "a     b     12345678 1234567"},
	} {
		var cells []cell
		for _, s := range c.cells {
			cells = append(cells, cell{text: s})
		}
		if got := string(l.append(nil, false, cells...)); got != c.want+"\n" {
			t.Errorf("%q:\n%swant:\n%s", c.cells, got, c.want)
		}
	}
}

func TestLayoutFit(t *testing.T) {
	t.Parallel()
	for width := range 120 {
		l := layout{{width: 1}, {width: 40, least: 12}, {width: 50, least: 8}, {right: true, width: 7}, {right: true, width: 10}}
		l.fit(width, 3, 2)
		if got := l.total(); got > width && (l[3].width > 0 || l[2].width > 0 || l[1].width > 12) {
			t.Errorf("fit %d gives %d: %v", width, got, l)
		}
		if width >= 116 && l.total() != 116 {
			t.Errorf("fit %d narrows what fits: %v", width, l)
		}
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		to   int
		want string
	}{
		{"short", 5, "short"}, {"longer", 5, "long…"}, {"longer", 1, "…"}, {"longer", 0, ""}, {"longer", -1, ""},
		{"広い名前", 8, "広い名前"}, {"広い名前", 7, "広い名…"}, {"広い名前", 6, "広い…"}, {"🚀🚀", 3, "🚀…"}, {"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
	} {
		if got := truncate(c.text, c.to); got != c.want || width(got) > max(c.to, 0) {
			t.Errorf("truncate(%q, %d) = %q, want %q", c.text, c.to, got, c.want)
		}
	}
	for to, want := range []string{"", "…", "…9", "…:9", "…:9", "…な:9", "かな:9"} {
		if got := truncateStart("かな:9", to); got != want {
			t.Errorf("truncateStart to %d = %q, want %q", to, got, want)
		}
	}
}

func TestTruncateTitle(t *testing.T) {
	t.Parallel()
	for to, want := range map[int]string{
		40: "Refuse a bad token [tampered]", 29: "Refuse a bad token [tampered]", 20: "Refuse a… [tampered]", 15: "Ref… [tampered]", 14: "Refuse a bad …", 1: "…", 0: "",
	} {
		if got := truncateTitle("Refuse a bad token [tampered]", to); got != want {
			t.Errorf("to %d: %q, want %q", to, got, want)
		}
	}
	if got := truncateTitle("Ping a far away host", 10); got != "Ping a fa…" {
		t.Error(got)
	}
}

// The summary must be the table that tablewriter draws of the same.
func TestSummaryIsTablewriters(t *testing.T) {
	t.Parallel()
	many := runner.Counts{
		Requests:   runner.RequestCounts{Planned: 12345, Sent: 1234, Failed: 7, Errors: 11, Skipped: 3, Flaky: 1},
		Assertions: runner.AssertionCounts{Planned: 1000000000, Checked: 5, Failed: 1},
	}
	for _, counts := range []runner.Counts{{}, many} {
		for _, color := range []bool{false, true} {
			l, rows := summaryRows(counts, color)
			want, got := string(table(l, color, rows)), string(summary(counts, color, false))
			if got != want {
				t.Errorf("tablewriter:\n%q\nlayout:\n%q", want, got)
			}
		}
	}
}
