package rows_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/postrider/postrider/runner/rows"
)

const million = 1_000_000

// long writes a file of so many rows.
func long(t testing.TB, name string, n int) *rows.File {
	t.Helper()
	disk := filepath.Join(t.TempDir(), name)
	out, err := os.Create(disk)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(out, 1<<20)
	head, line, tail := "id:int,name,email,active:bool,note\n", "%[1]d,user %[1]d,user%[1]d@example.com,true,\"a note, with a comma\"\n", ""
	if filepath.Ext(name) != ".csv" {
		head, line = "", `{"id":%[1]d,"name":"user %[1]d","email":"user%[1]d@example.com","active":true,"note":"a note, with a comma"}`+"\n"
	}
	if filepath.Ext(name) == ".json" {
		head, line, tail = "[{}\n", ","+line, "]"
		n--
	}
	w.WriteString(head)
	for i := range n {
		fmt.Fprintf(w, line, i)
	}
	w.WriteString(tail)
	if err := errors.Join(w.Flush(), out.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := rows.New(name, func() (fs.File, error) { return os.Open(disk) })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestMillion reads a million rows in the memory of a few: were they kept, a tenth of them would be too many. It has the
// heap to itself.
func TestMillion(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows take seconds")
	}
	const most = 16 << 20
	for name, want := range map[string]int{"a.csv": million, "a.json": million / 10, "a.ndjson": million / 10} {
		f := long(t, name, want)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		before, peak := m.HeapAlloc, uint64(0)
		if n, err := f.Count(t.Context()); n != want || err != nil {
			t.Fatalf("%s: %d rows, %v", name, n, err)
		}
		r, err := f.Read()
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			if n%10_000 == 0 {
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc-min(before, m.HeapAlloc))
			}
			if _, err := r.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		r.Close()
		if t.Logf("%s: the heap grew by %d kB at most", name, peak>>10); peak > most {
			t.Errorf("%s: the heap grew by %d bytes, more than %d", name, peak, most)
		}
	}
}

func benchmark(b *testing.B, name string, read func(*rows.File) error) {
	f := long(b, name, million)
	b.ReportAllocs()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for range b.N {
		if err := read(f); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.N)*million/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/million, "B/row")
}

// BenchmarkMillion reads a million rows, and counts them.
func BenchmarkMillion(b *testing.B) {
	for _, name := range []string{"a.csv", "a.json", "a.ndjson"} {
		b.Run("read/"+name, func(b *testing.B) {
			benchmark(b, name, func(f *rows.File) error {
				r, err := f.Read()
				for err == nil {
					_, err = r.Next()
				}
				return errors.Join(r.Close(), unless(err, io.EOF))
			})
		})
		b.Run("count/"+name, func(b *testing.B) {
			benchmark(b, name, func(f *rows.File) error {
				_, err := f.Count(b.Context())
				return err
			})
		})
	}
}

// unless is err, but nil for the one that is no mistake.
func unless(err, good error) error {
	if errors.Is(err, good) {
		return nil
	}
	return err
}
