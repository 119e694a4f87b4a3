package report

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/har"
)

// HAROptions say what a [HAR] says of itself.
type HAROptions struct {
	// Version is that of the program, "v0.1.0".
	Version string
	// Seed, if not nil, is noted as what dynamic variables were drawn from. Whoever has it has them too.
	Seed *uint64
}

// HAR writes an HTTP Archive, HAR 1.2: an entry for each redirect that was followed and one for the answer, and a page for
// each collection and iteration. A request that had no answer is an entry of status 0, as browsers write it, and one that
// was not sent is none. Bodies are in it as far as the runner keeps them.
type HAR struct {
	out     screen
	to      *har.Writer
	pages   spool // in JSON
	n       int   // of pages
	current *runner.CollectionInfo
	turn    int // iteration of the current page
}

// NewHAR makes a HAR that is written to w, by one call for each request.
func NewHAR(w io.Writer, o HAROptions) *HAR {
	h := &HAR{out: screen{w: w}}
	log := har.Log{Creator: har.Creator{Name: "postrider", Version: o.Version}}
	if o.Seed != nil {
		log.About = &har.About{Seed: o.Seed}
	}
	h.to = har.NewWriter(&h.out, log)
	return h
}

// Err implements [Reporter].
func (h *HAR) Err() error { return h.out.err }

// RunStarted implements [runner.Reporter].
func (h *HAR) RunStarted(*runner.RunInfo) {}

// RequestFinished implements [runner.Reporter].
func (h *HAR) RequestFinished(r *runner.RequestResult) {
	if r.Sent == nil {
		return
	}
	page := h.page(r)
	for _, e := range harEntries(r) {
		e.Pageref = page
		h.keep(h.to.Entry(e))
	}
	h.out.flush()
}

// CollectionFinished implements [runner.Reporter].
func (h *HAR) CollectionFinished(*runner.CollectionResult) {}

// RunFinished implements [runner.Reporter].
func (h *HAR) RunFinished(*runner.Result) {
	h.keep(h.pages.err)
	pages := json.NewDecoder(io.NewSectionReader(&h.pages, 0, h.pages.size))
	for range h.n {
		var p har.Page
		if err := pages.Decode(&p); err != nil {
			h.keep(err)
			break
		}
		h.keep(h.to.Page(&p))
		h.out.flush()
	}
	h.pages.reset()
	h.keep(h.to.Close())
	h.out.flush()
}

// keep keeps the first error.
func (h *HAR) keep(err error) {
	if h.out.err == nil {
		h.out.err = err
	}
}

// page is the ID of the page that a request belongs to; "" for one that belongs to no collection.
func (h *HAR) page(r *runner.RequestResult) string {
	if r.Collection == nil {
		return ""
	}
	if h.n == 0 || r.Collection != h.current || r.Iteration != h.turn {
		h.n++
		h.current, h.turn = r.Collection, r.Iteration
		title := r.Collection.Name
		if r.Collection.Iterations > 1 {
			title += " · iteration " + strconv.Itoa(r.Iteration)
		}
		p := har.Page{Started: moment(r.Started), ID: h.id(), Title: title}
		if text, err := json.Marshal(&p); err == nil { // it has nothing that cannot be
			_, _ = h.pages.Write(text) // the error sticks
		}
	}
	return h.id()
}

func (h *HAR) id() string { return "page_" + strconv.Itoa(h.n) }

func moment(t time.Time) string { return t.UTC().Format(har.TimeFormat) }
