package har

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/postrider/postrider/runner/exchange"
)

// ReplayOptions say how requests are compared. The zero value compares them as they are.
type ReplayOptions struct {
	// Redact takes secrets out of a text, as they may have been taken out of the recording. Nil takes none.
	Redact func(string) string
}

// A Replay answers requests from a recording and sends nothing. It is an [http.RoundTripper] for [exchange.Options], and
// safe for many goroutines.
//
// A request is answered with an entry of the same method, address and body, and with the same credentials where there is
// one. Servers of this machine may have another port than they had, and their answers are made to lead there. Failing that it is compared after redaction, without
// the values that a client draws anew (the state and nonce of OAuth 2.0, PKCE, and what signatures of OAuth 1.0 and AWS
// bring into a query), without regard to credentials, and last without the body, if all entries left have the same body.
// Entries of the same request are used in their order, and the last one again. A request that has none is an error.
type Replay struct {
	file   string
	in     io.ReaderAt
	redact func(string) string
	about  About
	seed   maphash.Seed

	entries []recorded
	order   [ways][]int32 // numbers of entries, by their keys and then as they stand in the file

	mu   sync.Mutex
	next map[group]int   // where in the order the first entry that was not used may be
	same map[uint64]bool // whether the entries of an address have the same body, where that was asked
}

// recorded is what is kept of an entry: about 120 bytes with what the order takes.
type recorded struct {
	keys
	offset, size int64
	used         bool
}

// A group is the entries of one key.
type group struct {
	way int
	key uint64
}

// NewReplay reads a HAR to its end, so that what is wrong with it is known before anything is asked. It keeps where entries
// stand, and reads them again. An error is an *[Error].
func NewReplay(file string, in io.ReaderAt, size int64, o ReplayOptions) (*Replay, error) {
	r := &Replay{file: file, in: in, redact: o.Redact, seed: maphash.MakeSeed(), next: map[group]int{}, same: map[uint64]bool{}}
	if r.redact == nil {
		r.redact = func(s string) string { return s }
	}
	reader := NewReader(file, io.NewSectionReader(in, 0, size))
	for {
		e, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		m, err := messageOf(&e.Request)
		if err != nil {
			return nil, reader.broken(reader.start, reader.n, "the body of the request cannot be read: "+err.Error())
		}
		r.entries = append(r.entries, recorded{keys: r.keys(m), offset: reader.start, size: int64(reader.size)})
	}
	if len(r.entries) == 0 {
		return nil, &Error{File: file, Line: 1, Column: 1, Message: "there is nothing in it to answer from: it has no entries"}
	}
	if reader.about != nil {
		r.about = *reader.about
	}
	for way := range r.order {
		list := make([]int32, len(r.entries))
		for i := range list {
			list[i] = int32(i)
		}
		slices.SortFunc(list, func(a, b int32) int {
			return cmp.Or(cmp.Compare(r.entries[a].by[way], r.entries[b].by[way]), cmp.Compare(a, b))
		})
		r.order[way] = list
	}
	return r, nil
}

// About is what the recording says of the run that it is of.
func (r *Replay) About() About { return r.about }

// maxBody is how much of a request's body is compared: 64 MiB.
const maxBody = 64 << 20

// RoundTrip implements [http.RoundTripper]. Its errors are [exchange.Error]s.
func (r *Replay) RoundTrip(req *http.Request) (*http.Response, error) {
	m := &message{
		method: req.Method, url: req.URL.String(), authorization: req.Header.Get("Authorization"), contentType: req.Header.Get("Content-Type"),
	}
	if req.Body != nil {
		body, err := io.ReadAll(io.LimitReader(req.Body, maxBody))
		if err == nil {
			var rest int64
			rest, err = io.Copy(io.Discard, req.Body)
			m.lost = rest > 0
		}
		req.Body.Close()
		if err != nil {
			return nil, err
		}
		m.body = string(body)
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	n, miss := r.find(m)
	if miss != nil {
		return nil, miss
	}
	e, err := r.read(n)
	if err != nil {
		return nil, err
	}
	return r.answer(e, n, req)
}

// find chooses the entry that answers.
func (r *Replay) find(m *message) (int, error) {
	k := r.keys(m)
	r.mu.Lock()
	defer r.mu.Unlock()
	for way, key := range k.by {
		from, to := r.group(way, key)
		if from == to || way == byAddress && !r.uniform(key, from, to) {
			continue
		}
		return r.take(group{way, key}, from, to), nil
	}
	return 0, r.missing(m, &k)
}

// group is where in the order of a way the entries of a key stand.
func (r *Replay) group(way int, key uint64) (from, to int) {
	order := r.order[way]
	from = sort.Search(len(order), func(i int) bool { return r.entries[order[i]].by[way] >= key })
	to = from + sort.Search(len(order)-from, func(i int) bool { return r.entries[order[from+i]].by[way] > key })
	return from, to
}

// uniform reports whether the entries of an address have the same body.
func (r *Replay) uniform(key uint64, from, to int) bool {
	same, known := r.same[key]
	if !known {
		entries := r.order[byAddress][from:to]
		same = !slices.ContainsFunc(entries, func(i int32) bool { return r.entries[i].body != r.entries[entries[0]].body })
		r.same[key] = same
	}
	return same
}

// take gives the first entry of a group that was not used, or the last.
func (r *Replay) take(g group, from, to int) int {
	order := r.order[g.way]
	at := max(from, r.next[g])
	for at < to-1 && r.entries[order[at]].used {
		at++
	}
	r.next[g] = at
	r.entries[order[at]].used = true
	return int(order[at])
}

// read reads an entry again.
func (r *Replay) read(n int) (*Entry, error) {
	raw := make([]byte, r.entries[n].size)
	if _, err := r.in.ReadAt(raw, r.entries[n].offset); err != nil {
		return nil, r.trouble("entry %d of %s cannot be read any more", n+1, r.file)
	}
	e, problem := decodeEntry(raw)
	if problem != nil {
		return nil, r.trouble("entry %d of %s has changed: %s", n+1, r.file, problem.message)
	}
	return e, nil
}

func (r *Replay) trouble(format string, args ...any) *exchange.Error {
	return &exchange.Error{Kind: exchange.KindTransport, Message: fmt.Sprintf(format, args...)}
}

// nearby is how many entries of the same path are looked at for the nearest.
const nearby = 64

// missing says that a request has no entry, and which is the nearest.
func (r *Replay) missing(m *message, k *keys) error {
	e := r.trouble("there is no recording of %s %s in %s", m.method, clip(r.redact(m.url)), r.file)
	asked := parseAddress(r.redact(m.url)).loose().settled()
	best, score, looked := "", 0, 0
	for i := range r.entries {
		if r.entries[i].path != k.path {
			continue
		}
		if looked++; looked > nearby {
			break
		}
		found, err := r.read(i)
		if err != nil {
			continue
		}
		other := parseAddress(r.redact(found.Request.URL)).loose().settled()
		points, differs := 1, []string{}
		for _, part := range []struct {
			name   string
			same   bool
			weight int
		}{
			{"host", asked.scheme == other.scheme && asked.host == other.host, 8}, {"method", m.method == found.Request.Method, 4}, {"query", asked.query == other.query, 2},
		} {
			if part.same {
				points += part.weight
			} else {
				differs = append(differs, part.name)
			}
		}
		if len(differs) == 0 {
			differs = []string{"body"}
		}
		if points > score {
			score = points
			best = fmt.Sprintf("the nearest is entry %d, %s %s: another %s", i+1, found.Request.Method, clip(r.redact(found.Request.URL)), strings.Join(differs, " and "))
		}
	}
	if e.Hint = best; best == "" {
		e.Hint = "no entry has its path: is it a recording of this collection?"
	}
	return e
}

// clip keeps a long URL from filling the screen.
func clip(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
