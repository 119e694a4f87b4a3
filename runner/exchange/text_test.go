package exchange_test

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/postrider/postrider/runner/exchange"
)

func TestText(t *testing.T) {
	t.Parallel()
	meta := func(charset string) string {
		return `<!doctype html><html><head><meta charset="` + charset + `"></head>`
	}
	tests := map[string]struct{ contentType, body, want string }{
		"nothing said":      {"", "gr\u00fcn", "gr\u00fcn"},
		"as it is":          {"text/plain", "gr\xfcn", "gr\xfcn"},
		"JSON":              {"application/json", `{"a":"ü"}`, `{"a":"ü"}`},
		"UTF-8":             {"text/plain; charset=UTF-8", "gr\u00fcn", "gr\u00fcn"},
		"UTF-8 mark":        {"text/plain; charset=iso-8859-1", "\xef\xbb\xbfgr\u00fcn", "gr\u00fcn"},
		"latin 1":           {`text/plain; Charset="ISO-8859-1"`, "gr\xfcn", "gr\u00fcn"},
		"windows-1252":      {"text/plain; charset=iso-8859-1", "\x80", "€"},
		"ASCII":             {"text/plain; charset=us-ascii", "green", "green"},
		"ASCII that is not": {"text/plain; charset=us-ascii", "gr\xfcn", "gr\u00fcn"},
		"shift_jis":         {"text/html; charset=Shift_JIS", "\x93\xfa\x96\x7b", "日本"},
		"euc-jp":            {"text/plain; charset=euc-jp", "\xc6\xfc\xcb\xdc", "日本"},
		"iso-2022-jp":       {"text/plain; charset=iso-2022-jp", "\x1b$BF|K\\\x1b(B", "日本"},
		"gb18030":           {"text/plain; charset=gb18030", "\xc4\xe3", "你"},
		"big5":              {"text/plain; charset=big5", "\xa7A", "你"},
		"koi8-r":            {"text/plain; charset=koi8-r", "\xc4\xc1", "да"},
		"UTF-16":            {"text/plain; charset=utf-16", "\xff\xfeg\x00\xfc\x00", "gü"},
		"UTF-16 big":        {"text/plain", "\xfe\xff\x00g\x00\xfc", "gü"},
		"UTF-16BE":          {"text/plain; charset=utf-16be", "\x00g\x00\xfc", "gü"},
		"UTF-16 cut":        {"text/plain", "\xff\xfeg\x00\xfc", "g\ufffd"},
		"meta":              {"text/html", meta("iso-8859-1") + "gr\xfcn", meta("iso-8859-1") + "grün"},
		"meta http-equiv":   {"Text/HTML", `<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">` + "\xc4", `<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">д`},
		"meta in text":      {"text/plain", meta("iso-8859-1") + "gr\xfcn", meta("iso-8859-1") + "gr\xfcn"},
		"meta unknown":      {"text/html", meta("klingon") + "gr\xfcn", meta("klingon") + "gr\xfcn"},
		"meta late":         {"text/html", strings.Repeat(" ", 1100) + meta("iso-8859-1") + "\xfc", strings.Repeat(" ", 1100) + meta("iso-8859-1") + "\xfc"},
		"meta after":        {"text/html; charset=utf-8", meta("iso-8859-1") + "ü", meta("iso-8859-1") + "ü"},
		"meta long":         {"text/html", meta("iso-8859-1") + strings.Repeat("\xfc", 2000), meta("iso-8859-1") + strings.Repeat("ü", 2000)},
		"no meta":           {"text/html", "gr\xfcn", "gr\xfcn"},
		"no meta, UTF-8":    {"text/html", strings.Repeat("ü", 2000), strings.Repeat("ü", 2000)},
		"empty":             {"text/html; charset=klingon", "", ""},
		"broken field":      {"text/html; ;;=", "gr\xfcn", "gr\xfcn"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := exchange.Response{Header: fields("content-type", test.contentType), Body: []byte(test.body)}
			got, err := r.Text()
			if err != nil || got != test.want {
				t.Errorf("%q, want %q (%v)", got, test.want, err)
			}
		})
	}
	for _, label := range []string{"klingon", "iso-2022-kr", "x-user-defined", "utf-7"} {
		r := exchange.Response{Header: fields("Content-Type", "text/plain; charset="+label), Body: []byte("a")}
		_, err := r.Text()
		checkWords(t, err)
		wantError(t, err, exchange.KindTransport, `the charset of the answer is not known: "`+label+`"`)
	}
}

func TestTextIsNotCopied(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "text/plain; charset=utf-8", "text/plain; charset=iso-8859-1", "application/json"} {
		r := exchange.Response{Header: fields("Content-Type", contentType), Body: []byte("plain text")}
		if text, err := r.Text(); err != nil || unsafe.StringData(text) != &r.Body[0] {
			t.Errorf("%s: a copy (%v)", contentType, err)
		}
	}
}
