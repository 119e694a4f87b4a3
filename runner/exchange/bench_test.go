package exchange_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/postrider/postrider/runner/exchange"
)

// reply is about what an API answers: 300 bytes of JSON and a few fields.
var reply = []byte(`{"id":7,"name":"Ada","tags":["a","b","c"],"address":{"street":"Main Street 12","city":"London","zip":"12345"},` +
	`"links":{"self":"http://127.0.0.1/users/7","next":"http://127.0.0.1/users/8"},"balance":1234.56,"active":true,` +
	`"note":"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor"}`)

func benchServer(b *testing.B) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-Request-Id", "0123456789abcdef")
		w.Write(reply)
	}))
	b.Cleanup(s.Close)
	return s.URL + "/users/7?expand=address"
}

// senders are the ways to do the same: net/http's client, its bare transport,
// and ours. What users set on each is the same.
func senders(b *testing.B) map[string]func(url string) (int, error) {
	pool := func() *http.Transport {
		t := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
		b.Cleanup(t.CloseIdleConnections)
		return t
	}
	read := func(resp *http.Response, err error) (int, error) {
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		return len(data), err
	}
	request := func(ctx context.Context, url string) *http.Request {
		req, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
		req.Header.Set("Authorization", "Bearer 0123456789")
		req.Header.Set("Accept", "*/*")
		req.Header.Set("Accept-Encoding", "gzip")
		req.Header.Set("User-Agent", "postrider")
		return req
	}
	client, transport := &http.Client{Transport: pool(), Timeout: 30 * time.Second}, pool()
	ours, jar := exchange.NewClient(exchange.Options{}), exchange.NewJar()
	b.Cleanup(ours.Close)
	header := exchange.Header{{Name: "Authorization", Value: "Bearer 0123456789"}}
	return map[string]func(string) (int, error){
		"floor": func(url string) (int, error) { return read(client.Do(request(context.Background(), url))) },
		"roundtrip": func(url string) (int, error) {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			return read(transport.RoundTrip(request(ctx, url)))
		},
		"exchange": func(url string) (int, error) {
			x, err := ours.Do(context.Background(), jar, &exchange.Request{
				Method: "GET", URL: url, Header: header, Timeout: 30 * time.Second, MaxRedirects: 10,
			})
			return len(x.Response.Body), err
		},
	}
}

var ways = []string{"floor", "roundtrip", "exchange"}

func BenchmarkSequential(b *testing.B) {
	url, send := benchServer(b), senders(b)
	for _, way := range ways {
		b.Run(way, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, err := send[way](url); err != nil || n != len(reply) {
					b.Fatal(n, err)
				}
			}
		})
	}
}

func BenchmarkParallel50(b *testing.B) {
	url, send := benchServer(b), senders(b)
	for _, way := range ways {
		b.Run(way, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(25) // times GOMAXPROCS, 2 where this was measured
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if n, err := send[way](url); err != nil || n != len(reply) {
						b.Error(n, err)
					}
				}
			})
		})
	}
}
