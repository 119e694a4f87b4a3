package exchange_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/postrider/postrider/runner/exchange"
)

func compressed(text string, w io.WriteCloser, out *bytes.Buffer) string {
	io.WriteString(w, text)
	w.Close()
	return out.String()
}

func gzipped(text string) string {
	var out bytes.Buffer
	return compressed(text, gzip.NewWriter(&out), &out)
}

func zlibbed(text string) string {
	var out bytes.Buffer
	return compressed(text, zlib.NewWriter(&out), &out)
}

func deflated(text string) string {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 9)
	return compressed(text, w, &out)
}

// named is a gzip stream with all that its header may have, and long.
func named(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Name, w.Comment, w.Extra = "n", "c", []byte("extra")
	s := compressed(text, w, &out)
	s = strings.Replace(s, "n\x00c\x00", strings.Repeat("n", 5000)+"\x00"+strings.Repeat("c", 5000)+"\x00", 1)
	return s
}

// kilo does not compress well, so that cuts fall everywhere.
var kilo = func() string {
	var out strings.Builder
	for i := uint32(1); out.Len() < 1000; i++ {
		fmt.Fprintf(&out, "%x", i*2654435761)
	}
	return out.String()[:1000]
}()

func TestContentCodings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ coding, body, want string }{
		"gzip":        {"gzip", gzipped(kilo), kilo},
		"upper case":  {"GZIP", gzipped(kilo), kilo},
		"x-gzip":      {"x-gzip", gzipped(kilo), kilo},
		"named":       {"gzip", named(kilo), kilo},
		"empty":       {"gzip", gzipped(""), ""},
		"members":     {"gzip", gzipped("one ") + gzipped("") + gzipped("two"), "one two"},
		"padded":      {"gzip", gzipped(kilo) + "\x00\x00\x00", kilo},
		"zlib":        {"deflate", zlibbed(kilo), kilo},
		"raw deflate": {"deflate", deflated(kilo), kilo},
		"twice":       {"gzip, gzip", gzipped(gzipped(kilo)), kilo},
		"mixed":       {"deflate, identity, gzip", gzipped(zlibbed(kilo)), kilo},
		"identity":    {"identity", kilo, kilo},
		"br":          {"br", string(brotlied(kilo)), kilo},
		"br empty":    {"BR", string(brotlied("")), ""},
		"zstd":        {"zstd", zstded(kilo), kilo},
		"zstd sum":    {"zstd", zstded(kilo, zstd.WithEncoderCRC(true)), kilo},
		"zstd frames": {"zstd", zstded("one ") + "\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstded("two"), "one two"},
		"zstd empty":  {"zstd", zstded("", zstd.WithZeroFrames(true)), ""},
		"all of them": {"br, zstd, gzip", gzipped(zstded(string(brotlied(kilo)))), kilo},
		"br twice":    {"br, br", string(brotlied(string(brotlied(kilo)))), kilo},
		"unknown":     {"compress", "lzw", "lzw"},
		"of unknown":  {"compress, gzip", gzipped("lzw"), gzipped("lzw")},
		"too many":    {"gzip, gzip, gzip, gzip", "as it came", "as it came"},
	}
	for name, test := range tests {
		for form, reply := range map[string]string{
			"length":  fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", test.coding, len(test.body), test.body),
			"chunked": fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", test.coding, len(test.body), test.body),
		} {
			t.Run(name+" "+form, func(t *testing.T) {
				t.Parallel()
				x := must(t, &exchange.Request{URL: say(t, reply).URL})
				if string(x.Response.Body) != test.want {
					t.Errorf("got %q", x.Response.Body)
				}
				if got := x.Response.Header.Get("Content-Encoding"); got != test.coding {
					t.Errorf("Content-Encoding %q", got)
				}
				if got := x.Response.Header.Get("Content-Length"); form == "length" && got != fmt.Sprint(len(test.body)) {
					t.Errorf("Content-Length %q", got)
				}
			})
		}
	}
}

func TestCodingsWithoutStream(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\npart",
	} {
		x := must(t, &exchange.Request{URL: say(t, reply).URL})
		if got := string(x.Response.Body); got != "" && got != "part" {
			t.Errorf("%q", got)
		}
	}
}

func TestBrokenCodings(t *testing.T) {
	t.Parallel()
	good := gzipped(kilo)
	flip := func(s string, at int) string { return s[:at] + string([]byte{s[at] ^ 0x55}) + s[at+1:] }
	tests := map[string]struct{ coding, body, part string }{
		"not gzip":     {"gzip", "hello, this is text", "is not valid gzip: expected it to begin with 1f 8b, received 68 65"},
		"short":        {"gzip", "he", "is not valid gzip: expected it to begin with 1f 8b, received 68 65"},
		"checksum":     {"gzip", flip(good, len(good)-6), "its checksum does not match"},
		"size":         {"gzip", flip(good, len(good)-1), "its checksum does not match"},
		"method":       {"gzip", flip(good, 2), "method or flags"},
		"flags":        {"gzip", flip(good, 3), "method or flags"},
		"data":         {"gzip", good[:10] + "\xff\xff\xff\xff\xff\xff" + good[16:], "compressed data is corrupt"},
		"empty":        {"gzip", "", "compressed stream ended early"},
		"br":           {"br", "\xff\xff\xff\xff\xff", "is not valid brotli: its compressed data is corrupt"},
		"br more":      {"br", string(brotlied(kilo)) + "more", "is not valid brotli: something follows its end"},
		"br empty":     {"br", "", "compressed stream ended early"},
		"zstd":         {"zstd", "hello, this is text", "is not valid zstd: expected a frame to begin with 28 b5 2f fd"},
		"zstd more":    {"zstd", zstded(kilo) + "hello, this is more", "is not valid zstd: expected a frame to begin with 28 b5 2f fd"},
		"zstd data":    {"zstd", zstded(kilo)[:12] + "\xff\xff\xff" + zstded(kilo)[15:], "is not valid zstd: its "},
		"zstd sum":     {"zstd", flip(zstded(kilo, zstd.WithEncoderCRC(true)), len(zstded(kilo))-1), "is not valid zstd: its checksum does not match its content"},
		"zstd window":  {"zstd", "\x28\xb5\x2f\xfd\x00\x70" + "\x01\x00\x00", "is not valid zstd: its window is over 8 MiB"},
		"zstd segment": {"zstd", "\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x0f\x00\x00\x00" + "\x01\x00\x00", "is not valid zstd: its window is over 8 MiB"},
		"zstd empty":   {"zstd", "", "compressed stream ended early"},
		"corrupt in":   {"br, gzip", gzipped("\xff\xff\xff\xff"), "is not valid brotli"},
		"corrupt out":  {"gzip, zstd", "hello, this is text", "is not valid zstd"},
		"zlib sum":     {"deflate", flip(zlibbed(kilo), len(zlibbed(kilo))-1), "checksum"},
		"deflate data": {"deflate", "\xff\xff\xff\xff\xff", "compressed data is corrupt"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := do(t, &exchange.Request{URL: say(t, "HTTP/1.1 200 OK\r\nContent-Encoding: "+test.coding+"\r\n\r\n"+test.body).URL})
			wantError(t, err, exchange.KindTransport, test.part)
		})
	}
}

// TestCutAtEveryByte holds us to the promise: what is cut is never an answer.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	zipped, brotli, zstd := gzipped(kilo), string(brotlied(kilo)), zstded(kilo)
	replies := map[string]string{
		"length":         fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(kilo), kilo),
		"chunked":        fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n190;a=b\r\n%s\r\n258\r\n%s\r\n0\r\nX-T: 1\r\n\r\n", kilo[:400], kilo[400:]),
		"gzip":           fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(zipped), zipped),
		"gzip chunked":   fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(zipped), zipped),
		"br":             fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(brotli), brotli),
		"zstd":           fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(zstd), zstd),
		"gzip padded":    fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(zipped)+9, zipped+"123456789"),
		"deflate padded": fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n%s", len(zlibbed(kilo))+9, zlibbed(kilo)+"123456789"),
		"deflate length": fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n%s", len(zlibbed(kilo)), zlibbed(kilo)),
	}
	for name, reply := range replies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cutAnywhere(t, "", reply)
		})
	}
	t.Run("gzip to the end", func(t *testing.T) {
		t.Parallel()
		cutAnywhere(t, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", zipped)
	})
	t.Run("br to the end", func(t *testing.T) {
		t.Parallel()
		cutAnywhere(t, "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n", brotli)
	})
	t.Run("zstd to the end", func(t *testing.T) {
		t.Parallel()
		cutAnywhere(t, "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n", zstd)
	})
}

// cutAnywhere sends head and the first bytes of rest, one more each time.
func cutAnywhere(t *testing.T, head, rest string) {
	t.Helper()
	var cut atomic.Int64
	s := raw(t, func(c net.Conn) { io.WriteString(c, head+rest[:cut.Load()]) })
	c := newClient(t, exchange.Options{})
	for n := range len(rest) + 1 {
		cut.Store(int64(n))
		x, err := doWith(t, c, nil, &exchange.Request{URL: s.URL})
		switch whole := n == len(rest); {
		case whole && (err != nil || string(x.Response.Body) != kilo):
			t.Errorf("whole: %v", err)
		case !whole && err == nil:
			t.Fatalf("%d of %d bytes pass: %+v", n, len(rest), x.Response)
		case !whole:
			wantError(t, err, exchange.KindTransport, "")
		}
	}
}

func brotlied(text string) []byte {
	var out bytes.Buffer
	w := brotli.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.Bytes()
}

func zstded(text string, o ...zstd.EOption) string {
	w, err := zstd.NewWriter(nil, append(o, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		panic(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}
