package runner_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/rows"
)

// versus runs two in turn and gives the ratio of their times.
func versus(b *testing.B, ours, floor func() error) {
	b.Helper()
	once := func(do func() error) time.Duration {
		start := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	once(ours) // open the connections
	once(floor)
	var a, f time.Duration
	for b.Loop() {
		a += once(ours)
		f += once(floor)
	}
	b.ReportMetric(float64(a)/float64(f), "ratio")
	b.ReportMetric(0, "ns/op")
}

// passes runs a compiled collection, of which all must pass.
func passes(r *runner.Runner) error {
	q := &quiet{}
	if r.Run(context.Background(), q); q.result.Verdict != runner.Passed {
		return errors.New("verdict " + string(q.result.Verdict))
	}
	return nil
}

// benchCompiled reads and compiles a collection.
func benchCompiled(text string, o runner.Options) (*runner.Runner, error) {
	c, list := collection.Parse("bench.toml", text)
	if list.HasErrors() {
		return nil, list
	}
	r, list := runner.New(c, o)
	if list.HasErrors() {
		return nil, list
	}
	return r, nil
}

// BenchmarkCollection reads, compiles and runs a file of a thousand requests; the floor reads the same from JSON.
func BenchmarkCollection(b *testing.B) {
	const requests = 1000
	url := benchServer(b)
	var text strings.Builder
	var addresses []string
	text.WriteString("name = \"bench\"\n")
	for i := range requests {
		addresses = append(addresses, fmt.Sprintf("%s/oauth2/userInfo?n=%d", url, i))
		fmt.Fprintf(&text, "\n[[request]]\nname = \"user info %d\"\nurl = %q\nheaders.Authorization = \"Bearer x-bench-token\"\n", i, addresses[i])
		text.WriteString("assert.status = 200\nassert.header.Content-Type = { contains = \"json\" }\nassert.json.sub = \"248289761001\"\n")
	}
	list, err := json.Marshal(addresses)
	if err != nil {
		b.Fatal(err)
	}
	client, floor := clients(b)
	versus(b, func() error {
		r, err := benchCompiled(text.String(), runner.Options{Client: client, Lines: true})
		if err != nil {
			return err
		}
		return passes(r)
	}, func() error {
		var all []string
		if err := json.Unmarshal(list, &all); err != nil {
			return err
		}
		for _, address := range all {
			if err := bare(floor, address); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkRows sends a request for each row of a file; the floor fills in the same.
func BenchmarkRows(b *testing.B) {
	url := benchServer(b)
	var table strings.Builder
	table.WriteString("id,sub\n")
	for i := range 1000 {
		fmt.Fprintf(&table, "user-%d,248289761001\n", i)
	}
	file, err := rows.New("rows.csv", func() (fs.File, error) {
		return fstest.MapFS{"rows.csv": {Data: []byte(table.String())}}.Open("rows.csv")
	})
	if err != nil {
		b.Fatal(err)
	}
	client, floor := clients(b)
	r, err := benchCompiled(`
[[request]]
url = "`+url+`/oauth2/userInfo?n={{id}}"
headers.Authorization = "Bearer x-bench-token"
assert.status = 200
assert.header.Content-Type = { contains = "json" }
assert.json.sub = "{{sub}}"
`, runner.Options{Client: client, Rows: file, Lines: true})
	if err != nil {
		b.Fatal(err)
	}
	versus(b, func() error { return passes(r) }, func() error {
		in := csv.NewReader(strings.NewReader(table.String()))
		if _, err := in.Read(); err != nil {
			return err
		}
		for {
			row, err := in.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := bare(floor, strings.NewReplacer("{{id}}", row[0], "{{sub}}", row[1]).Replace(url+"/oauth2/userInfo?n={{id}}")); err != nil {
				return err
			}
		}
	})
}

// BenchmarkBody looks at the last member of a body of 10 MB; the floor decodes the names of its members and that one.
func BenchmarkBody(b *testing.B) {
	body := `{"items":[` + strings.Repeat(`{"id":12345,"name":"item 12345","tags":["red","green"],"ok":true,"score":45.5},`, 125_000) + `{}],"last":"end"}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = io.WriteString(w, body)
	}))
	b.Cleanup(s.Close)
	client, floor := clients(b)
	r, err := benchCompiled("[[request]]\nurl = \""+s.URL+"\"\nassert.status = 200\nassert.json.last = \"end\"\n", runner.Options{Client: client, Lines: true})
	if err != nil {
		b.Fatal(err)
	}
	versus(b, func() error { return passes(r) }, func() error {
		res, err := floor.Get(s.URL)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		data := make([]byte, res.ContentLength)
		if _, err := io.ReadFull(res.Body, data); err != nil {
			return err
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(data, &members); err != nil {
			return err
		}
		if string(members["last"]) != `"end"` {
			return fmt.Errorf("last is %s", members["last"])
		}
		return nil
	})
}

// clients are one of ours and one of net/http, each with connections of its own.
func clients(b *testing.B) (*exchange.Client, *http.Client) {
	client, transport := exchange.NewClient(exchange.Options{}), &http.Transport{}
	b.Cleanup(client.Close)
	b.Cleanup(transport.CloseIdleConnections)
	return client, &http.Client{Transport: transport}
}
