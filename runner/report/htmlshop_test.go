package report

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/exchange"
)

// shop is a run of a collection as people have them: so many iterations of ten requests.
func shop(iterations int, pass bool) *script {
	info := &runner.CollectionInfo{Name: "Shop", Path: "collections/shop", Iterations: iterations}
	s := &script{info: started(), collections: []group{{info: info}}}
	s.info.Environment, s.info.Collections = []string{"staging", "jane"}, []*runner.CollectionInfo{info}
	random := rand.New(rand.NewPCG(3, 4))
	now := s.info.Started.Add(2 * time.Millisecond)
	body := `{"id":9007199254740993,"customer":{"name":"Jané Döe","email":"jane@example.com","premium":true},"lines":[{"sku":"A-1","quantity":2,"price":19.90},{"sku":"B-7","quantity":1,"price":5.00}],"note":null,"tags":[]}`
	one := func(i int, folder []string, name, method, path string, status, asserted int) *runner.RequestResult {
		took := time.Duration(math.Exp(random.NormFloat64()*0.7+8.6)) * time.Microsecond
		r := ok(name, method, path, status, len(body), asserted, took)
		r.Folder, r.Iteration, r.Started = folder, i, now
		r.Timing = exchange.Timing{FirstByte: took * 8 / 10, Download: took / 10, Total: took}
		r.Sent.URL = "https://shop.example.com" + path
		r.Response.Body = body
		if method == "POST" {
			r.Sent.Body = `{"sku":"A-1","quantity":2}`
			r.Sent.BodyBytes = len(r.Sent.Body)
		}
		return r
	}
	for i := 1; i <= iterations; i++ {
		orders, admin := []string{"Orders"}, []string{"Orders", "Admin"}
		first := one(i, nil, "Sign in", "POST", "/login", 200, 2)
		if i == 1 {
			first.Timing = exchange.Timing{DNS: 4 * time.Millisecond, Connect: 9 * time.Millisecond, TLS: 14 * time.Millisecond, FirstByte: 11 * time.Millisecond, Download: 2 * time.Millisecond, Total: 58 * time.Millisecond}
			first.Stage = runner.Setup
			first.Hops = []runner.Hop{{Method: "POST", URL: "https://shop.example.com/login", Header: first.Sent.Header, Status: 302, Reason: "Found", Protocol: "HTTP/1.1",
				Answer: exchange.Header{{Name: "Location", Value: "https://shop.example.com/home"}}, Started: first.Started.Add(time.Millisecond), Took: 17 * time.Millisecond}}
			first.Sent.Redirects = 1
			first.Captures = []runner.CaptureResult{{Name: "token", Value: "[redacted]"}, {Name: "customer", Value: json.Number("42")}}
			now = now.Add(first.Timing.Total)
		}
		flaky := one(i, orders, "Create an order", "POST", "/orders", 201, 3)
		if i%7 == 1 {
			flaky.Flaky, flaky.Attempts = true, 2
			flaky.Retried = []runner.Attempt{{Verdict: runner.Failed, Status: 503, Reason: "assertion failed: status", Duration: 12 * time.Millisecond}}
		}
		image := one(i, nil, "Picture of the product", "GET", "/products/A-1.png", 200, 1)
		image.Response.Body = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + strings.Repeat("\x00\x01\xfe", 40)
		image.Response.BodyBytes = len(image.Response.Body)
		last := one(i, admin, "Refuse a bad token", "GET", "/orders", 401, 1)
		if !pass && i%9 == 1 {
			last = fail(one(i, admin, "Refuse a bad token", "GET", "/orders", 200, 1), body)
		}
		last.Case = []string{"tampered", "expired", "unsigned"}[i%3]
		list := []*runner.RequestResult{
			first, one(i, nil, "Search products", "GET", "/products?query=shoes&page=1", 200, 4), image,
			one(i, orders, "List orders", "GET", "/orders", 200, 3), flaky, one(i, orders, "Get the order", "GET", "/orders/9007199254740993", 200, 5),
			one(i, orders, "Change the quantity", "PATCH", "/orders/9007199254740993", 200, 2), last,
			one(i, admin, "Nobody there", "GET", "/admin/none", 404, 1), skipped("Delete the order", "when: order has no value"),
		}
		list[9].Iteration, list[9].Folder = i, orders
		if !pass && i%50 == 3 {
			list[6] = broken("Pay", runner.TimeoutError, "no answer within 3 s")
			list[6].Iteration, list[6].Folder = i, orders
		}
		for _, q := range list {
			if q.Sent != nil && len(q.Hops) == 0 {
				q.Started = now
				now = now.Add(q.Timing.Total + 300*time.Microsecond)
			}
		}
		s.collections[0].requests = append(s.collections[0].requests, list...)
	}
	return s
}
