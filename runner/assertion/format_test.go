package assertion

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		v     any
		limit int
		want  string
	}{
		{nil, 0, "null"}, {true, 0, "true"}, {json.Number("1.50"), 0, "1.50"}, {json.Number("inf"), 0, "inf"}, {"a", 0, `"a"`}, {3, 0, "3"}, {1.5, 0, "1.5"},
		{"q\"\\\n\t\r\x01\x7f<é😀\xff", 0, `"q\"\\\n\t\r\u0001\u007f<é😀\ufffd"`},
		{time.Second, 0, `"1s"`},
		{[]any{nil, "a", []any{}}, 0, `[null,"a",[]]`},
		{map[string]any{"b": json.Number("1"), "a": map[string]any{}}, 0, `{"a":{},"b":1}`},
		{json.RawMessage("{ \"a\" :\n [ 1, \"x y\\\" z\" ] }"), 0, `{"a":[1,"x y\" z"]}`},
		{json.RawMessage("[\"\xf8\"]"), 0, `["\ufffd"]`},
		{"abcdef", 8, `"abcdef"`},
		{"abcdef", 4, `"abc… (8 bytes)`},
		{"ééé", 2, `"… (8 bytes)`},
		{json.RawMessage(`[1,2,3,4,5]`), 5, `[1,2,… (11 bytes)`},
		{strings.Repeat("x", 1<<20), 10, `"xxxxxxxxx… (1048578 bytes)`},
		{json.RawMessage("[" + strings.Repeat("1,", 1<<20) + "1]"), 5, `[1,1,… (2097155 bytes)`},
		{[]any{strings.Repeat("x", 100), "y"}, 5, `["xxx… (108 bytes)`},
	} {
		if got := Format(test.v, test.limit); got != test.want {
			t.Errorf("Format(%.20v, %d) = %s, want %s", test.v, test.limit, got, test.want)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][2]string{
		"date-time": {"2026-01-02T15:04:05Z 1963-06-19t08:30:06.283185z 1990-12-31T15:59:60-08:00 1998-12-31T23:59:60Z",
			"2026-01-02 2026-02-30T00:00:00Z 2026-01-02T15:04:05 2026-01-02T24:00:00Z 1998-12-31T22:59:60Z 2026-1-02T15:04:05Z 2026-01-02T15:04:05+5:00 2026-01-02T15:04:05.Z"},
		"date":          {"2026-01-02 2024-02-29", "2026-02-29 2026-1-2 20260102 2026-01-02T 1963-06-1৪"},
		"time":          {"08:30:06Z 23:59:60Z 00:59:60+01:00 08:30:06.1-00:00", "08:30:06 24:00:00Z 08:60:00Z 22:59:60Z 8:30:06Z 08:30:06+24:00 08:30:06Zz"},
		"duration":      {"P4DT12H30M5S P4Y PT0S P0D P1M PT1M PT36H P1DT12H P2W", "PT1D P P1YT PT P2D1Y P2S P1Y2W 4DT12H P1 P2৪Y P1Y2D"},
		"email":         {`joe@example.com te~st@example.com "a\"b"@example.com a@[127.0.0.1] a@[IPv6:::1]`, "2962 .a@b.c a.@b.c a..b@c.d a@ @b a@b_c a@-b.c joe@[127.0.0.300] a@[IPv6:1.2.3.4]"},
		"hostname":      {"example.com a localhost xn--4gbwdl.xn--wgbh1c 1.2.3", "-a a- a_b example. .a a..b " + strings.Repeat("a", 64) + " " + strings.Repeat("a.", 127) + "a"},
		"ipv4":          {"192.168.0.1 255.255.255.255", "127.0.0.0.1 256.1.1.1 127.0 0x7f.0.0.1 087.10.0.1 1.2.3.4/24 ::1"},
		"ipv6":          {"::1 ::abef d6:: 1:2:3:4:5:6:7:8 ::42:ff:1 1::d6:192.168.0.1", "12345:: 1:1:1:1:1:1:1:1:1 ::laptop 1.2.3.4 fe80::a%eth1 fe80::/64 :2:3:4:5:6:7:8"},
		"uri":           {"http://foo.bar/?baz=qux#quux ftp://ftp.is.co.za/rfc/rfc1808.txt http://[2001:db8::7]/c?a mailto:a@b.c urn:oasis:names tel:+1 http://foo.bar/?q=a%20b", "/abc //foo.bar \\\\WINDOWS http://a/<b> http://a/%zz :// bar,baz:/ http://a/é http://a#b#c http://a/[b]"},
		"uri-reference": {"http://foo.bar/ /abc //foo.bar/?a#b abc #fragment http://a@b/c@d@e", "\\\\WINDOWS #frag\\ment a^b http://a@b@c/"},
		"uuid":          {"2EB8AA08-aa98-11ea-B4AA-73B441D16380 00000000-0000-0000-0000-000000000000", "2eb8aa08-aa98-11ea-b4aa-73b441d1638 2eb8aa08aa9811eab4aa73b441d16380 {2eb8aa08-aa98-11ea-b4aa-73b441d16380} 2eb8aa08-aa98-11ea-b4aa-73b441d1638g 2eb8aa0-8aa98-11ea-b4aa7-3b441d16380"},
		"regex":         {"^a+$ ([abc])+\\s+$", "a( ^(abc] *"},
		"json-pointer":  {"/foo/bar~0/baz~1/%a / /foo//bar", "/foo/bar~ a #/a /~2"},
	} {
		holds := formatCheck(name)
		for _, s := range strings.Fields(list[0]) {
			if !holds(s) {
				t.Errorf("%q is %s", s, name)
			}
		}
		for _, s := range strings.Fields(list[1]) {
			if holds(s) {
				t.Errorf("%q is no %s", s, name)
			}
		}
		if holds("") != (name == "regex" || name == "json-pointer" || name == "uri-reference") {
			t.Errorf("the empty string is wrong for %s", name)
		}
	}
	for _, name := range Formats() {
		if formatCheck(name) == nil {
			t.Error(name)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for _, v := range []value{
		valueOf("2026-01-02T15:04:05Z"), valueOf("2026-01-02t15:04:05.000z"), valueOf("2026-01-02 16:04:05+01:00"), valueOf("2026-01-02T15:04:05"),
		valueOf("Fri, 02 Jan 2026 15:04:05 GMT"), valueOf("Friday, 02-Jan-26 15:04:05 GMT"), valueOf("Fri Jan  2 15:04:05 2026"),
		valueOf(json.Number("1767366245")), valueOf(json.Number("1.767366245e9")), valueOf(json.Number("1767366245000")), {kind: str, untyped: true, text: "1767366245"},
	} {
		if got, ok := v.time(); !ok || !got.Equal(want) {
			t.Errorf("%v: %v, %v", v.any(), got, ok)
		}
	}
	for _, v := range []any{"1767366245", json.Number("1767366245000000"), json.Number("nan"), "02.01.2026", "", true, nil, json.Number("1e99999999999")} {
		if got, ok := valueOf(v).time(); ok {
			t.Errorf("%v is %v", v, got)
		}
	}
	if got, _ := valueOf("2026-01-02").time(); !got.Equal(want.Truncate(24 * time.Hour)) {
		t.Error(got)
	}
}

func TestSizesAndDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "512": 512, "512B": 512, "1kB": 1000, "1KB": 1000, "2MB": 2e6, "2 MB": 2e6, "2MiB": 2 << 20, "1.5kib": 1536, "1GB": 1e9, "1TiB": 1 << 40,
	} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []any{"", "B", "MB", "1ib", "1bb", "1M", "-1kB", "1e30", "0x10", "inf", "nan", json.Number("inf"), true, nil} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%v: %d", text, got)
		}
	}
	for text, want := range map[string]time.Duration{"500ms": 500 * time.Millisecond, "1m30s": 90 * time.Second, "2d": 48 * time.Hour, "0.5w": 84 * time.Hour} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []any{"", "d", "5", "1y", "-5s", "1e30d", "nand", "infd", json.Number("5"), nil} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%v: %s", text, got)
		}
	}
}

// FuzzPredicate wants no panic from any argument, and no verdict that passes and explains itself.
func FuzzPredicate(f *testing.F) {
	for i, name := range Predicates() {
		f.Add(i, uint8(i), `"2xx"`, `{"a":[1,"b"]}`)
		f.Add(i, uint8(0), `{"`+name+`": ["now-5m", 1e5]}`, `"2026-01-02T15:04:05Z"`)
		f.Add(i, uint8(9), `"500ms"`, `[]`)
		f.Add(i, uint8(8), `"2MiB"`, `1.5`)
	}
	f.Add(5, uint8(6), `0`, "{\"\":[\"\xf8\"]}")
	f.Fuzz(func(t *testing.T, which int, kind uint8, argument, have string) {
		d := json.NewDecoder(strings.NewReader(argument))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			v = argument
		}
		name := Predicates()[uint(which)%uint(len(Predicates()))]
		for _, query := range []string{Queries()[int(kind)%len(Queries())], "json", "header"} {
			at := map[string]string{"json": "@this", "jwt": "token @this"}[query]
			if at == "" && TakesArgument(query) {
				at = "Vary"
			}
			q, err := NewQuery(query, at)
			if err != nil {
				t.Fatal(err)
			}
			p, err := NewPredicate(q, name, v)
			if err != nil {
				continue
			}
			x := sample()
			x.Response.Body = []byte(have)
			found, err := q.Find(NewSubject(x, lookup, now))
			if err != nil {
				continue
			}
			verdict := p.Check(found)
			if verdict.Passed && verdict.Detail != "" || !utf8.ValidString(Format(verdict.Actual, 40)) {
				t.Errorf("%s %s: %+v", q, p, verdict)
			}
		}
	})
}
