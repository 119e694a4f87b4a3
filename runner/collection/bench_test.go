package collection_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/collection"
)

// entryOf is a request as collections have them.
func entryOf(i int) string {
	return fmt.Sprintf(`[[request]]
name = "Get user %[1]d"
url = "{{base}}/users/%[1]d"
query = { page = %[1]d, tag = ["a", "b"] }
headers.Accept = "application/json"
auth.bearer = "{{access_token}}"
capture.email = { json = "email" }
[request.assert]
status = 200
duration = { lt = "2s" }
[request.assert.json]
"user.id" = %[1]d
"user.email" = { format = "email" }

`, i)
}

const manyVariables = "name = \"many\"\n[variables]\nbase = \"http://127.0.0.1\"\n\n"

// BenchmarkLoad reads one file of so many requests, and a folder of so many files. Compare ns/request: it must not grow.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 50_000} {
		b.Run("requests="+strconv.Itoa(n), func(b *testing.B) {
			var text strings.Builder
			text.WriteString(manyVariables)
			for i := range n {
				text.WriteString(entryOf(i))
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, list := collection.Parse("many.toml", text.String()); list != nil {
					b.Fatal(list)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/request")
		})
	}
	for _, n := range []int{1_000, 10_000} {
		b.Run("files="+strconv.Itoa(n), func(b *testing.B) {
			dir := b.TempDir()
			write(b, filepath.Join(dir, "collection.toml"), manyVariables)
			for i := range n {
				write(b, filepath.Join(dir, fmt.Sprintf("%05d.toml", i)), entryOf(i))
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, list := collection.Load(dir); list != nil {
					b.Fatal(list)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/request")
		})
	}
}

// BenchmarkMistakes reads a file in which each request has a mistake.
func BenchmarkMistakes(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			text := strings.Repeat("[[request]]\nname = \"same\"\nulr = \"http://127.0.0.1/\"\nheaders = { A = {} }\n", n)
			for b.Loop() {
				_, list := collection.Parse("bad.toml", text)
				_ = list.Sort()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/request")
		})
	}
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
