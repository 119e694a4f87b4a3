package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/postrider/postrider/runner/exchange"
)

// trickle writes one byte each 50 ms until the client is gone.
func trickle(c net.Conn, text string) {
	for i := range text {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestTimeoutCoversEverything(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	silent := func(c net.Conn) { io.Copy(io.Discard, c) }
	tests := map[string]struct {
		answer func(net.Conn)
		part   string
	}{
		"silent":       {silent, "timed out after 300ms while waiting for the answer of "},
		"slow headers": {func(c net.Conn) { trickle(c, "HTTP/1.1 200 OK\r\nX: "+long) }, "while waiting for the answer"},
		"slow body": {func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
			trickle(c, long)
		}, " of 1000 bytes received"},
		"slow chunks": {func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n")
			trickle(c, long)
		}, "while reading the body"},
		"slow to the end": {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); trickle(c, long) }, "while reading the body"},
		"slow redirects": {func(c net.Conn) {
			time.Sleep(80 * time.Millisecond)
			io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
		}, "timed out after 300ms"},
		"slow redirection": {func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 1000\r\n\r\n")
			trickle(c, long)
		}, "timed out after 300ms"},
		"slow gzip": {func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x00")
			trickle(c, long)
		}, "while reading the body"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			_, err := do(t, &exchange.Request{URL: raw(t, test.answer).URL, Timeout: 300 * time.Millisecond, MaxRedirects: 500})
			wantError(t, err, exchange.KindTimeout, test.part)
			if took := time.Since(begun); took < 300*time.Millisecond || took > 20*time.Second { // nothing above is over before 40 s
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestTimeoutWhileConnecting(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never answers the handshake
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = do(t, &exchange.Request{URL: "https://" + l.Addr().String(), Timeout: 200 * time.Millisecond})
	wantError(t, err, exchange.KindTimeout, "timed out after 200ms while connecting to 127.0.0.1:")
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{"headers": "", "body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			s := raw(t, func(c net.Conn) {
				io.WriteString(c, head)
				time.Sleep(20 * time.Millisecond)
				cancel()
				io.Copy(io.Discard, c)
			})
			_, err := newClient(t, exchange.Options{}).Do(ctx, nil, &exchange.Request{URL: s.URL, Timeout: time.Minute})
			checkWords(t, err)
			wantError(t, err, exchange.KindCanceled, "canceled while ")
		})
	}
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := newClient(t, exchange.Options{}).Do(ctx, nil, &exchange.Request{URL: "http://127.0.0.1:9"})
		wantError(t, err, exchange.KindCanceled, "canceled while connecting")
	})
	t.Run("deadline of the caller", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		s := raw(t, func(c net.Conn) { io.Copy(io.Discard, c) })
		_, err := newClient(t, exchange.Options{}).Do(ctx, nil, &exchange.Request{URL: s.URL, Timeout: time.Minute})
		checkWords(t, err)
		wantError(t, err, exchange.KindTimeout, "the time of the run was over after ")
	})
}

func TestMaxBody(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("x", 100_000)
	forms := map[string]string{
		"length":     fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content),
		"chunked":    fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(content), content),
		"to the end": "HTTP/1.1 200 OK\r\n\r\n" + content,
		"gzip":       "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzipped(content),
		"deflate":    "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n" + zlibbed(content),
		"br":         "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n" + string(brotlied(content)),
		"zstd":       "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n" + zstded(content),
		"stacked":    "HTTP/1.1 200 OK\r\nContent-Encoding: zstd, br\r\n\r\n" + string(brotlied(zstded(content))),
	}
	for name, reply := range forms {
		for limit, ok := range map[int64]bool{1: false, 99_999: false, 100_000: true, 100_001: true, 0: true} {
			t.Run(fmt.Sprint(name, limit), func(t *testing.T) {
				t.Parallel()
				x, err := do(t, &exchange.Request{URL: say(t, reply).URL, MaxBody: limit})
				if ok && (err != nil || string(x.Response.Body) != content) {
					t.Errorf("%d bytes, %v", len(x.Response.Body), err)
				}
				if !ok {
					unit := "bytes"
					if limit == 1 {
						unit = "byte"
					}
					wantError(t, err, exchange.KindLimit, fmt.Sprintf("is over the limit of %d %s (max_body)", limit, unit))
					if !strings.Contains(hintOf(err), "max_body") || x.Response.Body != nil || x.Response.Status != 200 {
						t.Errorf("%+v", x.Response)
					}
				}
			})
		}
	}
}

func TestLengthOverTheLimitIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s := raw(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
		io.Copy(io.Discard, c)
	})
	_, err := do(t, &exchange.Request{URL: s.URL})
	wantError(t, err, exchange.KindLimit, "max_body")
}

// TestBombs is alone: it looks at the memory of the process.
func TestBombs(t *testing.T) {
	// half a gigabyte of zeros, in members so that the test is quick to begin
	zeros := strings.Repeat("\x00", 1<<20)
	bomb(t, "gzip", strings.Repeat(gzipped(zeros), 512))
	bomb(t, "zstd", strings.Repeat(zstded(zeros), 512))
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, 1)
	for range 512 {
		io.WriteString(w, zeros)
	}
	w.Close()
	bomb(t, "br", out.String())
}

func bomb(t *testing.T, coding, content string) {
	t.Helper()
	s := say(t, "HTTP/1.1 200 OK\r\nContent-Encoding: "+coding+"\r\n\r\n"+content)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := do(t, &exchange.Request{URL: s.URL, Timeout: time.Minute})
	runtime.ReadMemStats(&after)
	wantError(t, err, exchange.KindLimit, "is over the limit of 67108864 bytes (max_body)")
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 256<<20 {
		t.Errorf("%s: allocated %d MiB for it", coding, grown>>20)
	}
}

func TestEndlessStreamsThatDecodeToNothing(t *testing.T) {
	t.Parallel()
	empty, frame := gzipped(""), zstded("", zstd.WithZeroFrames(true))
	for name, unit := range map[string]string{"gzip": empty, "gzip garbage": empty + "garbage", "zstd": frame, "zstd skipped": "\x50\x2a\x4d\x18\x03\x00\x00\x00abc"} {
		coding, _, _ := strings.Cut(name, " ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := raw(t, func(c net.Conn) {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Encoding: "+coding+"\r\n\r\n")
				for _, err := io.WriteString(c, unit); err == nil; _, err = io.WriteString(c, strings.Repeat(unit, 1000)) {
				}
			})
			_, err := do(t, &exchange.Request{URL: s.URL, MaxBody: 1 << 20, Timeout: time.Minute})
			wantError(t, err, exchange.KindLimit, "max_body")
		})
	}
}

func TestLengthIsNotTrusted(t *testing.T) {
	s := say(t, "HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\nshort")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := do(t, &exchange.Request{URL: s.URL})
	runtime.ReadMemStats(&after)
	wantError(t, err, exchange.KindTransport, "was cut short: expected 60000000 bytes, received 5")
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("allocated %d bytes for 5", grown)
	}
}

func TestLargeBodies(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 511, 32<<10 - 1, 32 << 10, 32<<10 + 1, 1 << 20, 1<<20 + 1, 5_000_000} {
		content := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
		for _, chunked := range []bool{false, true} {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if !chunked {
					w.Header().Set("Content-Length", fmt.Sprint(size))
				} else {
					w.(http.Flusher).Flush()
				}
				w.Write(content)
			})
			if x := must(t, &exchange.Request{URL: s.URL}); !bytes.Equal(x.Response.Body, content) {
				t.Errorf("%d %t: %d bytes", size, chunked, len(x.Response.Body))
			}
		}
	}
}

func TestHeadersOverTheLimit(t *testing.T) {
	t.Parallel()
	endless := func(line string) func(net.Conn) {
		return func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for _, err := io.WriteString(c, line); err == nil; _, err = io.WriteString(c, line) {
			}
		}
	}
	for name, line := range map[string]string{"many": "X-A: 1\r\n", "one": strings.Repeat("x", 1000)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := do(t, &exchange.Request{URL: raw(t, endless(line)).URL})
			wantError(t, err, exchange.KindLimit, "over the limit of 1048576 bytes")
		})
	}
	t.Run("informational", func(t *testing.T) {
		t.Parallel()
		s := say(t, strings.Repeat("HTTP/1.1 103 Hint\r\n\r\n", 101)+"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		_, err := do(t, &exchange.Request{URL: s.URL})
		wantError(t, err, exchange.KindLimit, "more than 100 informational answers")
		s = say(t, strings.Repeat("HTTP/1.1 103 Hint\r\n\r\n", 100)+"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		must(t, &exchange.Request{URL: s.URL})
	})
	t.Run("just above", func(t *testing.T) {
		t.Parallel()
		_, err := do(t, &exchange.Request{URL: say(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1_060_000)+"\r\nContent-Length: 0\r\n\r\n").URL})
		wantError(t, err, exchange.KindLimit, "over the limit of 1048576 bytes")
	})
	t.Run("below", func(t *testing.T) {
		t.Parallel()
		must(t, &exchange.Request{URL: say(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1_000_000)+"\r\nContent-Length: 0\r\n\r\n").URL})
	})
}
