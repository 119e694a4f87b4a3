package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkStartUp times whole processes: `postrider run` with one request and three checks, and a bare net/http program
// that does the same, in turn. The ratio is the median of the rounds.
func BenchmarkStartUp(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		_, _ = io.WriteString(w, `{"sub":"248289761001","email":"janedoe@example.com"}`)
	}))
	defer server.Close()
	dir := b.TempDir()
	build := func(name, pkg string) string {
		out := filepath.Join(dir, name)
		if text, err := exec.Command("go", "build", "-o", out, pkg).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, text)
		}
		return out
	}
	ours, floor := build("postrider", "."), build("floor", "./testdata/floor")
	file := filepath.Join(dir, "one.toml")
	text := "name = \"one\"\n[[request]]\nname = \"user info\"\nurl = \"" + server.URL + "/oauth2/userInfo\"\nheaders.Authorization = \"Bearer x\"\n" +
		"assert.status = 200\nassert.header.Content-Type = { contains = \"json\" }\nassert.json.sub = \"248289761001\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	once := func(name string, args ...string) time.Duration {
		command := exec.Command(name, args...)
		command.Dir = dir
		start := time.Now()
		if out, err := command.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", name, err, out)
		}
		return time.Since(start)
	}
	once(ours, "run", file)
	once(floor, server.URL)
	var ratios, times []float64
	for b.Loop() {
		a, f := once(ours, "run", file), once(floor, server.URL)
		ratios, times = append(ratios, float64(a)/float64(f)), append(times, float64(a.Microseconds())/1000)
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(times), "ms")
	b.ReportMetric(0, "ns/op")
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
