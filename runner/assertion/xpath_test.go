package assertion

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/exchange"
)

const feed = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE feed [<!ENTITY big "aaaa"><!ENTITY file SYSTEM "file:///etc/passwd">]>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="urn:x" version="2">
  <title>A &amp; B</title><!-- a remark -->
  <entry id="1"><x:price x:unit="CHF">1.50</x:price></entry>
  <entry id="2"><x:price>20</x:price><t>a<![CDATA[<b>]]>c</t></entry>
</feed>`

func typed(contentType, text string) *exchange.Exchange {
	x := body(text)
	x.Response.Header = nil
	if contentType != "" {
		x.Response.Header = exchange.Header{{Name: "Content-Type", Value: contentType}}
	}
	return x
}

func TestXPath(t *testing.T) {
	t.Parallel()
	const page = `<!doctype html><title>Sign in</title><form><input name=_csrf value=abc><p>One<br>two</form>`
	for _, test := range []struct {
		contentType, text, expression string
		want                          any
	}{
		{"application/xml", feed, "/feed/title", "A & B"},
		{"application/atom+xml", feed, "//entry/@id", []any{"1", "2"}},
		{"text/xml", feed, "//x:price", []any{"1.50", "20"}},
		{"text/xml", feed, "//x:price/@x:unit", "CHF"},
		{"", feed, "//price", nil},
		{"", feed, "//*[local-name()='price']", []any{"1.50", "20"}},
		{"", feed, "namespace-uri(//x:price)", "urn:x"},
		{"", feed, "namespace-uri(/feed)", "http://www.w3.org/2005/Atom"},
		{"", feed, "//t", "a<b>c"},
		{"", feed, "//t/text()", "a<b>c"},
		{"", feed, "//comment()", " a remark "},
		{"", feed, "count(//entry)", json.Number("2")},
		{"", feed, "count(/feed/@*)", json.Number("1")},
		{"", feed, "sum(//x:price)", json.Number("21.5")},
		{"", feed, "number('x')", json.Number("nan")},
		{"", feed, "1 div 0", json.Number("inf")},
		{"", feed, "-1 div 0", json.Number("-inf")},
		{"", "<?xml version='1.0'?>\n<a>x</a>\n", "string(/)", "x"},
		{"", feed, "boolean(//entry)", true},
		{"", feed, "not(//entry)", false},
		{"", feed, "string(//entry[2]/@id)", "2"},
		{"", feed, "string(//absent)", ""},
		{"", feed, "//entry[last()]/@id", "2"},
		{"", feed, "//entry[x:price>10]/@id", "2"},
		{"", feed, "//entry[1]/following-sibling::entry/@id", "2"},
		{"", feed, "//x:price/..//@id", []any{"1", "2"}},
		{"", feed, "concat(/feed/@version, '-', //entry/@id)", "2-1"},
		{"text/html", page, "//title", "Sign in"},
		{"text/html; charset=utf-8", page, "//input[@name='_csrf']/@value", "abc"},
		{"", page, "//p", "Onetwo"},
		{"", "\ufeff <HTML><p>x", "//p", "x"},
		{"application/octet-stream", "<p>a<br>b</p>", "//p", "ab"},
		{"application/xhtml+xml", "<html><p>x</p></html>", "/html/p", "x"},
		{"text/html", "plain", "//body", "plain"},
		{"text/xml", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xf6</a>", "//a", "ö"},
		{"text/xml; charset=ISO-8859-1", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xf6</a>", "//a", "ö"},
	} {
		got, err := ask(t, "xpath "+test.expression, typed(test.contentType, test.text))
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s of %s (-want +got): %v\n%s", test.expression, clip(test.text, 40), err, diff)
		}
	}
}

// TestHostileMarkup sends what is not well-formed, what would grow, and what would take too long.
func TestHostileMarkup(t *testing.T) {
	t.Parallel()
	nested := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	for name, test := range map[string]struct{ contentType, text, expression, want string }{
		"no markup":    {"application/json", "{}", "//a", `the body is neither XML nor HTML; its Content-Type is "application/json"`},
		"empty":        {"", " ", "//a", "the body is empty, neither XML nor HTML"},
		"not closed":   {"text/xml", "<a>\n<b></a>", "//a", `the body is not XML: line 2: </a> closes nothing that is open; its Content-Type is "text/xml"`},
		"open":         {"text/xml", "<a><b></b>", "//a", `the body is not XML: line 1: <a> is never closed; its Content-Type is "text/xml"`},
		"two at top":   {"text/xml", "<a/><b/>", "//a", `the body is not XML: line 1: there is a second element at the top; its Content-Type is "text/xml"`},
		"text at top":  {"text/xml", "<a/>b", "//a", `the body is not XML: line 1: there is text outside of the element at the top; its Content-Type is "text/xml"`},
		"no element":   {"text/xml", "<!-- a -->", "//a", `the body is not XML: line 1: there is no element; its Content-Type is "text/xml"`},
		"attribute":    {"text/xml", "<a b=c/>", "//a", `the body is not XML: line 1: unquoted or missing attribute value in element; its Content-Type is "text/xml"`},
		"entity bomb":  {"text/xml", `<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>`, "//a", `the body is not XML: line 1: invalid character entity &y;; its Content-Type is "text/xml"`},
		"outer entity": {"text/xml", `<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>`, "//a", `the body is not XML: line 1: invalid character entity &f;; its Content-Type is "text/xml"`},
		"deep XML":     {"text/xml", nested("<a>", "</a>", 1001), "//a", `the body is not XML: line 1: nested deeper than 1000; its Content-Type is "text/xml"`},
		"deep HTML":    {"text/html", nested("<div>", "</div>", 100_000), "//a", `the body is not HTML: open stack of elements exceeds 512 nodes; its Content-Type is "text/html"`},
		"many tags":    {"text/xml", "<r>" + strings.Repeat("<a/>", maxMarkup) + "</r>", "//a", `the body has too much markup for xpath: more than 4000000 tags and attributes; its Content-Type is "text/xml"`},
		"much work":    {"text/xml", "<r>" + strings.Repeat("<a/>", 20_000) + "</r>", "//a|//r", "xpath: the expression takes too much work on this document"},
	} {
		got, err := ask(t, "xpath "+test.expression, typed(test.contentType, test.text))
		if err == nil || !strings.HasPrefix(test.want, err.Error()) {
			t.Errorf("%s:\n got %v, %v\nwant %s", name, got, err, test.want)
		}
	}
	for name, text := range map[string]string{
		"deep":           nested("<a>", "</a>", 1000),
		"huge attribute": "<a b='" + strings.Repeat("x", 1<<22) + "'/>",
		"attributes":     "<a " + strings.Repeat("b='' ", 100_000) + "/>",
		"sections":       "<a>" + strings.Repeat("<![CDATA[x]]>", 300_000) + "</a>",
		"HTML":           "<html><a>" + strings.Repeat("x</y>", 300_000),
	} {
		if got, err := ask(t, "xpath count(//a) > 0", typed("", text)); got != true || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestXPathInManyGoroutines uses one query at once: what the library compiles holds the state of its evaluation.
func TestXPathInManyGoroutines(t *testing.T) {
	t.Parallel()
	queries := []*Query{split(t, "xpath //entry[@id>1]/@id"), split(t, "xpath count(//entry)")}
	x := typed("", feed)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				s := NewSubject(x, nil, now)
				for i, q := range queries {
					f, err := q.Find(s)
					if v, _ := f.Value(); err != nil || i == 0 && v != "2" || i == 1 && v != json.Number("2") {
						t.Error(v, err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func FuzzXPath(f *testing.F) {
	for _, expression := range []string{
		"//entry/@id", "count(//a)", "//a[b='c'][last()]|//d", "string(..)", "sum(//a)", "reverse(//a)", "//a/following::b", "(//a)[2]",
		"substring('a', 1, 2)", "replace('a','(','b')", "-1", "//a[position() mod 2 = 1]",
	} {
		f.Add(expression, feed, "text/xml")
		f.Add(expression, "<p>a<b>c</p>", "text/html")
	}
	f.Fuzz(func(t *testing.T, expression, text, contentType string) {
		if len(expression) > 200 || len(text) > 2000 {
			return // how long a large one takes is TestHostileMarkup's
		}
		q, err := NewQuery("xpath", expression)
		if err != nil {
			e, ok := errors.AsType[*ArgumentError](err)
			if !ok || e.Start < 0 || e.Start > e.End || e.End > len(expression) {
				t.Fatal(err)
			}
			return
		}
		s := NewSubject(typed(contentType, text), nil, now)
		first, err := q.Find(s)
		if err != nil {
			return
		}
		second, err := q.Find(s)
		if diff := cmp.Diff(first.own(), second.own()); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}
