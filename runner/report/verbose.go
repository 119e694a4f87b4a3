package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// keptValue is how many bytes of a captured value are shown.
const keptValue = 200

// exchange adds what went over the wire below the row of a request.
func (t *Table) exchange(r *runner.RequestResult) {
	if s := r.Sent; s != nil {
		t.aside(">", s.Method+" "+s.URL)
		t.fields(">", s.Header)
		if s.BodyBytes > 0 {
			t.aside(">", "(body of "+size(s.BodyBytes)+")")
		}
	}
	if p := r.Response; p != nil {
		t.aside("<", strings.TrimSpace(p.Protocol+" "+strconv.Itoa(p.Status)+" "+p.Reason))
		t.fields("<", p.Header)
		if p.BodyBytes > 0 {
			t.aside("<", "(body of "+size(p.BodyBytes)+")")
		}
	}
	for _, c := range r.Captures {
		text := string(appendValue(nil, c.Value))
		if len(text) > keptValue {
			text = clip(text, keptValue) + "…"
		}
		t.aside("=", c.Name+" = "+text)
	}
	if r.Sent != nil {
		t.aside("*", timing(r))
	}
}

func (t *Table) fields(mark string, h exchange.Header) {
	for _, f := range h {
		t.aside(mark, f.Name+": "+f.Value)
	}
}

// aside adds a line that belongs to the row above.
func (t *Table) aside(mark, text string) {
	t.out.print("   ")
	t.out.text = paint(t.out.text, t.o.Color, dim, mark+" "+diag.PrintableLine(text))
	t.out.print("\n")
}

// timing says where the time went; stages that took none are not named.
func timing(r *runner.RequestResult) string {
	parts := []string{duration(r.Timing.Total)}
	for _, stage := range []struct {
		name string
		took time.Duration
	}{
		{"dns", r.Timing.DNS}, {"connect", r.Timing.Connect}, {"tls", r.Timing.TLS},
		{"first byte", r.Timing.FirstByte}, {"download", r.Timing.Download},
	} {
		if stage.took > 0 {
			parts = append(parts, stage.name+" "+duration(stage.took))
		}
	}
	if r.Sent.Redirects > 0 {
		parts = append(parts, plural(r.Sent.Redirects, "redirect"))
	}
	if r.Attempts > 1 {
		parts = append(parts, plural(r.Attempts, "attempt"))
	}
	return strings.Join(parts, " · ")
}
