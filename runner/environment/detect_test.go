package environment

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

const planted = "s3cr3t/of+the&house<7>"

// Whatever the encoding, and wherever in a long text, also on the border of two chunks, in one write or many.
func TestDetector(t *testing.T) {
	t.Parallel()
	r := NewRedactor()
	r.Add(planted)
	forms := map[string]string{
		"raw": planted, "percent": url.QueryEscape(planted), "html": html.EscapeString(planted), "json": `s3cr3t/of+the\u0026house\u003c7\u003e`,
		"base64": base64.StdEncoding.EncodeToString([]byte("user:" + planted)), "base64url": base64.RawURLEncoding.EncodeToString([]byte(planted)),
		"hex": fmt.Sprintf("%x", planted), "a JWT": "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
	}
	for name, form := range forms {
		for _, before := range []int{0, 100, detectChunk - 5, detectChunk + detectOverlap - 7, 3*detectChunk + 11} {
			text := strings.Repeat("0123456789abcde\n", before/16+1)[:before] + form + strings.Repeat(" and so on\n", 100)
			for _, step := range []int{1 << 30, 4093} {
				d := Detector{Redactor: r}
				for from := 0; from < len(text); from += step {
					d.Write([]byte(text[from:min(from+step, len(text))]))
				}
				if leak := d.End(); leak == nil || leak.Line != before/16+1 {
					t.Errorf("%s at %d: %+v", name, before, leak)
				}
			}
		}
	}
}

func TestDetectorLeavesAlone(t *testing.T) {
	t.Parallel()
	for secret, text := range map[string]string{
		planted:     "what was [redacted] is gone, and s3cr3t/of is not it",
		"redact":    "a: [redacted]\n",
		"[redacted": "[redacted] [redacted]",
		"4711":      `"body_bytes": 4711`,
		"pass":      "PASS, and the password",
	} {
		r := NewRedactor()
		r.Add(secret)
		d := Detector{Redactor: r, Own: func(text string) bool { return text == "pass" }}
		d.Write([]byte(text))
		if leak := d.End(); leak != nil {
			t.Errorf("%q in %q: line %d", secret, text, leak.Line)
		}
	}
	r := NewRedactor()
	r.Add("redact")
	d := Detector{Redactor: r}
	d.Write([]byte("not redacted"))
	if d.End() == nil {
		t.Error("a secret hides behind the word for one")
	}
}

func BenchmarkDetector(b *testing.B) {
	r := NewRedactor()
	for i := range 50 {
		r.Add(fmt.Sprintf("secret number %d of many", i))
	}
	line := []byte(strings.Repeat(`{"name": "Get user info", "url": "http://127.0.0.1:43121/oauth2/userInfo?a=1%20b", "status": 200}`+"\n", 100))
	b.SetBytes(int64(len(line)))
	d := Detector{Redactor: r}
	for b.Loop() {
		d.Write(line)
	}
}
