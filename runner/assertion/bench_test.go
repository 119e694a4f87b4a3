package assertion

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/postrider/postrider/runner/exchange"
)

// BenchmarkThreeChecks is the check of performance.md's workloads: status, content type and a member of a small body.
func BenchmarkThreeChecks(b *testing.B) {
	body := `{"sub":"123e4567-e89b-12d3-a456-426614174000","email":"jane@example.com","email_verified":"true","username":"jane","name":"Jane Doe, of Bern"}`
	x := &exchange.Exchange{Response: exchange.Response{
		Status: 200,
		Header: exchange.Header{{Name: "Content-Length", Value: "142"}, {Name: "Content-Type", Value: "application/json"}, {Name: "Date", Value: "x"}},
		Body:   []byte(body[:142]),
	}}
	x.Response.Body[141] = '}'
	type pair struct {
		query     *Query
		predicate *Predicate
	}
	var pairs []pair
	for _, line := range [][3]any{
		{"status", "equals", json.Number("200")},
		{"header Content-Type", "contains", "json"},
		{"json email", "equals", "jane@example.com"},
	} {
		q := split(b, line[0].(string))
		p, err := NewPredicate(q, line[1].(string), line[2])
		if err != nil {
			b.Fatal(err)
		}
		pairs = append(pairs, pair{q, p})
	}
	s := NewSubject(nil, nil, now)
	b.ReportAllocs()
	for b.Loop() {
		s.Reset(x, nil, now)
		for _, pair := range pairs {
			f, err := pair.query.Find(s)
			if err != nil {
				b.Fatal(err)
			}
			if v := pair.predicate.Check(f); !v.Passed {
				b.Fatal(v)
			}
		}
	}
}

func bigBody() string {
	return `{"list":[` + strings.Repeat(`{"id":123456,"name":"a name of some length","tags":["a","b"],"ok":true,"n":1.5e3},`, 20_000) + `null]}`
}

// BenchmarkScan compares our scanner with gjson's, which cannot say where a text is wrong and recurses.
func BenchmarkScan(b *testing.B) {
	text := bigBody()
	b.Run("scanJSON", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, _, reason := scanJSON(text); reason != "" {
				b.Fatal(reason)
			}
		}
	})
	b.Run("gjson.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if !gjson.Valid(text) {
				b.Fatal()
			}
		}
	})
}
