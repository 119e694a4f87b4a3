package exchange

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
)

// Text gives the body as text in UTF-8. Its charset is what a byte order mark
// says, else Content-Type, else, in text/html, a meta element among the first
// 1024 bytes, as the Encoding Standard has it; a body of which nothing is said
// is given as it is, and so is one that says it is UTF-8.
//
// The error, an *[Error], names a charset that we do not know. Where nothing is
// to be decoded the text shares its memory with Body, which must not be changed
// afterwards.
func (r *Response) Text() (string, error) {
	if len(r.Body) == 0 {
		return "", nil
	}
	if text, ok, err := marked(r.Body); ok {
		return text, err
	}
	label, isHTML := "", false
	if kind := r.Header.Get("Content-Type"); kind != "" {
		label, isHTML = readContentType(kind)
	}
	if label == "" && isHTML {
		label = metaCharset(r.Body)
	}
	return decode(label, r.Body)
}

// share makes a string of b without a copy.
func share(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// marked decodes what begins with a byte order mark, without it.
func marked(body []byte) (text string, ok bool, err error) {
	var order unicode.Endianness
	switch {
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		return share(body[3:]), true, nil
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		order = unicode.LittleEndian
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		order = unicode.BigEndian
	default:
		return "", false, nil
	}
	out, err := unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder().Bytes(body[2:])
	return share(out), true, err
}

// readContentType gives the charset, if there is one, and whether it is HTML.
func readContentType(value string) (label string, isHTML bool) {
	kind, parameters, err := mime.ParseMediaType(value)
	if err != nil && kind == "" {
		return "", false
	}
	return strings.TrimSpace(parameters["charset"]), kind == "text/html"
}

// decode decodes what is in the charset of a label.
func decode(label string, body []byte) (string, error) {
	switch strings.ToLower(label) {
	case "", "utf-8", "utf8", "unicode-1-1-utf-8":
		return share(body), nil
	case "us-ascii", "ascii", "iso-8859-1", "windows-1252":
		if isASCII(share(body)) {
			return share(body), nil
		}
	}
	encoding, name := charset.Lookup(label)
	if encoding == nil || name == "replacement" || name == "x-user-defined" {
		return "", &Error{
			Kind:    KindTransport,
			Message: "the charset of the answer is not known: " + clip(label),
			Hint:    "the names are those of the Encoding Standard, such as utf-8, iso-8859-1 or shift_jis",
		}
	}
	out, err := encoding.NewDecoder().Bytes(body)
	if err != nil {
		return "", &Error{Kind: KindTransport, Message: "the body of the answer is not valid " + name + ": " + plain(err), Err: err}
	}
	return share(out), nil
}

// metaCharset gives the charset that a meta element names, "" if none does.
func metaCharset(body []byte) string {
	const window, tail = 1024, " é "
	if len(body) > window-len(tail) {
		body = body[:window-len(tail)]
	}
	// the library guesses where nothing is said: let it see UTF-8, which is then
	// what it says for that too
	head := bytes.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, body)
	_, name, _ := charset.DetermineEncoding(append(head, tail...), "")
	return name
}
