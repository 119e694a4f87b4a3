package environment

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	token := accessToken(noon)
	r := NewRedactor()
	for _, secret := range []string{"p&ss w<o>rd/\"é\"", "abc", "long-secret", "long-secret-and-more", "user:pässword", "100%25", "a+b c"} {
		r.Add(secret)
		r.Add(secret)
	}
	for text, want := range map[string]string{
		"":                                     "",
		"abc":                                  "abc",
		"nothing here":                         "nothing here",
		"long-secret":                          "[redacted]",
		"a long-secret-and-more b":             "a [redacted] b",
		"long-secretlong-secret":               "[redacted][redacted]",
		"LONG-SECRET":                          "LONG-SECRET",
		"x=100%25;":                            "x=[redacted];",
		"x=100%2525;":                          "x=[redacted];",
		`p&ss w<o>rd/"é"`:                      "[redacted]",
		`<p&amp;ss w&lt;o&gt;rd/&#34;é&quot;>`: "<[redacted]>",
		`&#x70;&amp;ss w&lt;o&gt;rd/"&#233;"`:  "[redacted]",
		`"p&ss w<o>rd/\"é\""`:                  `"[redacted]"`,
		`"p\u0026ss w\u003co\u003erd\/\"\u00e9\""`:                             `"[redacted]"`,
		`"p\x26ss w<o>rd/\"\u00E9\""`:                                          `"[redacted]"`,
		"q=p%26ss+w%3Co%3Erd%2F%22%C3%A9%22&r=1":                               "q=[redacted]&r=1",
		"q=p%26ss%20w%3co%3erd/%22%c3%a9%22&r=1":                               "q=[redacted]&r=1",
		"q=a%2Bb+c; a+b%20c; a+b+c":                                            "q=[redacted]; [redacted]; a+b+c",
		"Basic dXNlcjpww6Rzc3dvcmQ=":                                           "Basic [redacted]",
		"Basic " + base64.StdEncoding.EncodeToString([]byte("x:long-secret;")): "Basic eD[redacted]s=",
		token:                          "[redacted]",
		"Bearer " + token + ", and so": "Bearer [redacted], and so",
		strings.TrimSuffix(token, token[strings.LastIndex(token, "."):]): "[redacted]",
		"eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn":                          "eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn",
		"eyJhbGciOiJkaXIifQ.a2V5.aXY.Y2lwaGVy.dGFn!":                     "[redacted]!",
		"eyJ eyJhbGci eyJhbGci.x eyJhbGci.":                              "eyJ eyJhbGci eyJhbGci.x eyJhbGci.",
		`\`:                                                              `\`,
		`%`:                                                              `%`,
		`a\u12 \ud83d %4 &; &#; &#x; '\'' +`:                             `a\u12 \ud83d %4 &; &#; &#x; '\'' +`,
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("Redact(%s) = %s, want %s", text, got, want)
		}
	}
	var none *Redactor
	if got := none.Redact("a " + token + " long-secret"); got != "a [redacted] long-secret" {
		t.Error(got)
	}
	if got := (&Redactor{}).Redact("a " + strings.ReplaceAll(token, ".", "%2E")); got != "a [redacted]" {
		t.Error(got)
	}
}

// encodings are all the ways in which a secret may stand in what is written.
func encodings() map[string]func(string) string {
	toJSON := func(escape bool) func(string) string {
		return func(s string) string {
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(escape)
			_ = e.Encode(s)
			text := strings.TrimSpace(b.String())
			return text[1 : len(text)-1]
		}
	}
	percent := func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, "%%%02x", s[i])
		}
		return b.String()
	}
	wrap := func(s string) string {
		text := base64.StdEncoding.EncodeToString([]byte(s + s + strings.Repeat("x", 100) + s))
		var b strings.Builder
		for len(text) > 76 {
			b.WriteString(text[:76] + "\n")
			text = text[76:]
		}
		return b.String() + text
	}
	all := map[string]func(string) string{
		"raw":                   func(s string) string { return s },
		"query":                 url.QueryEscape,
		"path":                  url.PathEscape,
		"lower hex":             func(s string) string { return lowerHex(url.QueryEscape(s)) },
		"percent":               percent,
		"userinfo":              func(s string) string { return url.UserPassword("u", s).String() },
		"json":                  toJSON(false),
		"json html":             toJSON(true),
		"json slash":            func(s string) string { return strings.ReplaceAll(toJSON(false)(s), "/", `\/`) },
		"html":                  html.EscapeString,
		"xml":                   func(s string) string { var b bytes.Buffer; _ = xml.EscapeText(&b, []byte(s)); return b.String() },
		"go":                    strconv.Quote,
		"go ascii":              strconv.QuoteToASCII,
		"shell":                 func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" },
		"wrapped":               wrap,
		"json in json":          func(s string) string { return toJSON(true)(toJSON(false)(s)) },
		"query in html":         func(s string) string { return html.EscapeString("a&" + url.QueryEscape(s)) },
		"base64 in query":       func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("u:" + s))) },
		"hex":                   func(s string) string { return hex.EncodeToString([]byte(s)) },
		"upper hex":             func(s string) string { return fmt.Sprintf("%X", s) },
		"html numbers":          numbers,
		"json numbers":          jsonNumbers,
		"percent of base64":     func(s string) string { return percent(base64.StdEncoding.EncodeToString([]byte("ab" + s))) },
		"json in html in query": func(s string) string { return url.QueryEscape(html.EscapeString(toJSON(true)(s))) },
	}
	layers := map[string]func(string) string{
		"query": url.QueryEscape, "path": url.PathEscape, "lower query": func(s string) string { return lowerHex(url.QueryEscape(s)) }, "component": component,
		"json": toJSON(false), "json html": toJSON(true), "html": html.EscapeString,
	}
	for name, encoding := range map[string]*base64.Encoding{"std": base64.StdEncoding, "raw url": base64.RawURLEncoding} {
		for before := range 3 {
			layers[fmt.Sprintf("%s %d", name, before)] = func(s string) string {
				return encoding.EncodeToString([]byte("jkl"[:before] + s + "mn"[before/2:]))
			}
		}
	}
	for name, inner := range layers {
		for before := range 3 {
			all[fmt.Sprintf("%s in base64 %d", name, before)] = func(s string) string {
				return base64.StdEncoding.EncodeToString([]byte("abc"[:before] + inner(s) + "de"[before/2:]))
			}
		}
		all[name+" in base64 for URLs"] = func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("p" + inner(s))) }
	}
	for name, encoding := range map[string]*base64.Encoding{
		"std": base64.StdEncoding, "url": base64.URLEncoding, "raw std": base64.RawStdEncoding, "raw url": base64.RawURLEncoding,
	} {
		for before := range 4 {
			for after := range 3 {
				all[fmt.Sprintf("%s %d %d", name, before, after)] = func(s string) string {
					return encoding.EncodeToString([]byte("xyzw"[:before] + s + "vut"[:after]))
				}
			}
		}
	}
	return all
}

// numbers escapes every character for HTML, jsonNumbers for JSON.
func numbers(s string) string {
	var b strings.Builder
	for i, r := range s {
		fmt.Fprintf(&b, "&#%s;", map[bool]string{true: strconv.Itoa(int(r)), false: fmt.Sprintf("x%x", r)}[i%2 == 0])
	}
	return b.String()
}

func jsonNumbers(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, `\u%04x`, unit)
	}
	return b.String()
}

func lowerHex(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i:], strings.ToLower(s[i:i+3]))
		}
	}
	return string(b)
}

// undo decodes a text in every way that a reader might, and calls visit with each outcome.
func undo(text string, visit func(string)) {
	visit(text)
	if s, err := url.QueryUnescape(text); err == nil {
		visit(s)
	}
	if s, err := url.PathUnescape(text); err == nil {
		visit(s)
	}
	visit(html.UnescapeString(text))
	var s string
	if json.Unmarshal([]byte(`"`+text+`"`), &s) == nil {
		visit(s)
	}
	if s, err := strconv.Unquote(`"` + text + `"`); err == nil {
		visit(s)
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r > 0x7f || !isBase64(byte(r)) }) {
		for cut := range min(4, len(word)) {
			for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				// What does not fill a group at the end is left off.
				whole := (len(word) - cut) / 4 * 4
				if b, err := e.DecodeString(word[cut : cut+whole]); err == nil {
					visit(string(b))
				}
			}
		}
	}
}

func randomSecret(random *rand.Rand) string {
	alphabets := []string{"abcdefghijklmnopqrstuvwxyz0123456789", "Ab0-_.~", `&<>"'/\+ %=;{}?#`, "é✓😀\n\t\x7f", "\x00\x01\u2028\xff\xfe"}
	n := 4 + random.IntN(40)
	var b strings.Builder
	for b.Len() < n {
		alphabet := []rune(alphabets[min(random.IntN(7), 4)%(1+random.IntN(len(alphabets)))])
		b.WriteRune(alphabet[random.IntN(len(alphabet))])
	}
	return b.String()
}

// TestRedactProperty: whatever the secret, and however it stands in the text, it does not survive.
func TestRedactProperty(t *testing.T) {
	t.Parallel()
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	all := encodings()
	for round := range rounds {
		r := NewRedactor()
		secrets := make([]string, 1+random.IntN(5))
		for i := range secrets {
			secrets[i] = randomSecret(random)
			if round%2 == 0 { // escapes are undone near a run of letters alone, if all secrets have one
				at := random.IntN(len(secrets[i]) + 1)
				secrets[i] = secrets[i][:at] + "Core7" + secrets[i][at:]
			}
			if random.IntN(2) == 0 {
				r.Add(secrets[i])
			} else {
				r.AddRecent(secrets[i])
			}
		}
		for name, encode := range all {
			secret := secrets[random.IntN(len(secrets))]
			encoded := encode(secret)
			text := "before=" + encoded + "&after <b>" + encoded + "</b>"
			got := r.Redact(text)
			if strings.Contains(got, encoded) || !strings.Contains(got, redacted) {
				t.Fatalf("%s: secret %q in %q became %q", name, secret, text, got)
			}
			undo(got, func(seen string) {
				if strings.Contains(seen, secret) {
					t.Fatalf("%s: secret %q in %q became %q, which is %q", name, secret, text, got, seen)
				}
			})
			if !strings.HasPrefix(got, "before=") || !strings.HasSuffix(got, "</b>") {
				t.Fatalf("%s: secret %q in %q became %q: too much is gone", name, secret, text, got)
			}
		}
	}
}

// TestRedactFarFromTheCore: what is escaped most may be far from the letters by which the secret is found.
func TestRedactFarFromTheCore(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"Core" + strings.Repeat(`"`, 60), strings.Repeat("<", 60) + "Core", strings.Repeat("\x00", 30) + "Core" + strings.Repeat("&", 30)} {
		r := NewRedactor()
		r.Add(secret)
		for name, encode := range encodings() {
			filler := strings.Repeat("filler ", 300)
			text := filler + encode(secret) + filler
			if got := r.Redact(text); !strings.Contains(got, redacted) && !strings.HasPrefix(name, "xml") {
				t.Errorf("%s: %q is still there", name, secret)
			}
		}
	}
}

// TestRedactLines: the lines of a secret are secrets, but not those that all keys have, and none that says little.
func TestRedactLines(t *testing.T) {
	t.Parallel()
	key := "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\r\n  BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj  \nshort\n============\n-----END PRIVATE KEY-----\n"
	r := NewRedactor()
	r.Add(key)
	for text, want := range map[string]string{
		key:                                    "[redacted]",
		strings.TrimSpace(key):                 "[redacted]",
		"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC":     "[redacted]",
		"2: BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj;": "2: [redacted];",
		base64.StdEncoding.EncodeToString([]byte("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC")):                "[redacted]",
		"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END PRIVATE KEY-----": "-----BEGIN PRIVATE KEY-----\\n[redacted]\\n-----END PRIVATE KEY-----",
		"-----BEGIN PRIVATE KEY-----":  "-----BEGIN PRIVATE KEY-----",
		"short ============ MIIEvQIBA": "short ============ MIIEvQIBA",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("Redact(%q) = %q, want %q", text, got, want)
		}
	}
	many := ""
	for i := range 10 * maxLines {
		many += fmt.Sprintf("line number %d of a body\n", i)
	}
	r = NewRedactor()
	r.Add(many)
	if got, n := r.Redact(many), len(r.index.needles); got != redacted || n > 100*maxLines {
		t.Errorf("%d needles", n)
	}
}

func TestRedactForgetsTheOldest(t *testing.T) {
	t.Parallel()
	r := NewRedactor()
	r.Add("declared-secret")
	r.AddRecent("declared-secret")
	r.AddRecent("kept-secret")
	r.AddRecent("raised-secret")
	r.Add("raised-secret")
	secret := func(i int) string { return fmt.Sprintf("captured-%d-secret", i) }
	const many = 10 * maxRecent
	for i := range many {
		r.AddRecent(secret(i))
		if i%100 == 0 {
			r.AddRecent("kept-secret") // as one is that is captured again and again
		}
	}
	for _, s := range []string{"declared-secret", "kept-secret", "raised-secret", secret(many - 1), secret(many - maxRecent)} {
		if got := r.Redact("<" + s + ">"); got != "<[redacted]>" {
			t.Errorf("%s: %s", s, got)
		}
	}
	if got := r.Redact(secret(0)); got != secret(0) {
		t.Errorf("the first is remembered: memory grows")
	}
	needles := len(r.index.needles)
	if limit := 16 * (2*maxRecent + 10); needles > limit {
		t.Errorf("%d needles, limit %d", needles, limit)
	}
}

func TestRedactConcurrently(t *testing.T) {
	t.Parallel()
	r := NewRedactor()
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 300 {
				secret := fmt.Sprintf("secret-%d-%d", g, i)
				r.AddRecent(secret)
				if got := r.Redact("a " + secret); got != "a [redacted]" {
					t.Errorf("%s: %s", secret, got)
				}
			}
		})
	}
	wait.Wait()
}

func benchmarkRedactor() *Redactor {
	r := NewRedactor()
	for i := range 8 {
		r.Add(fmt.Sprintf("secret number %d", i))
	}
	r.AddRecent(accessToken(noon))
	return r
}

func BenchmarkRedactShort(b *testing.B) {
	r := benchmarkRedactor()
	b.ReportAllocs()
	for b.Loop() {
		r.Redact("https://example.com/oauth2/userInfo?x=1&y=2")
	}
}

func BenchmarkRedactHeader(b *testing.B) {
	r := benchmarkRedactor()
	text := "Bearer " + accessToken(noon)
	b.ReportAllocs()
	for b.Loop() {
		r.Redact(text)
	}
}

func BenchmarkRedactBody(b *testing.B) {
	r := benchmarkRedactor()
	text := strings.Repeat(`{"id": 12345, "name": "a \"quoted\" name", "url": "https:\/\/x\/?a=%20b+c&amp;d", "list": [1, 2, 3]},`+"\n", 10_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r.Redact(text)
	}
}

func BenchmarkRedactPlainBody(b *testing.B) {
	r := benchmarkRedactor()
	text := strings.Repeat(`{"id": 12345, "name": "a name", "list": [1, 2, 3]},`+"\n", 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Redact(text)
	}
}

func BenchmarkAddRecent(b *testing.B) {
	r := benchmarkRedactor()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		r.AddRecent(fmt.Sprintf("%d.%s", i, "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"))
	}
}

func BenchmarkExpand(b *testing.B) {
	s := NewScopes(layer(b, RankEnvironment, "environment", map[string]any{"domain": "https://example.com", "user_info": "{{domain}}/oauth2/userInfo"}),
		&Layer{Rank: RankData, Name: "row", Values: map[string]any{"id": "7"}})
	template := mustParse(b, "{{user_info}}?id={{id}}")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Expand(s); err != nil {
			b.Fatal(err)
		}
	}
}
