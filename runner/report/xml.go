package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/diag"
)

// appendXML adds text as content of an XML 1.0 document. Of what the standard's production 2 (Char) leaves out, control
// characters and bytes that are not UTF-8 are shown as [diag.Printable] shows them, U+FFFE and U+FFFF likewise.
func appendXML(b []byte, s string) []byte { return appendEntities(b, diag.Printable(s)) }

// appendAttribute adds ` name="value"`, on one line.
func appendAttribute(b []byte, name, value string) []byte {
	b = append(append(append(b, ' '), name...), `="`...)
	return append(appendEntities(b, diag.PrintableLine(value)), '"')
}

// appendEntities adds printable text, with what is not to be taken for XML as entities.
func appendEntities(b []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		var instead string
		switch r {
		case '&':
			instead = "&amp;"
		case '<':
			instead = "&lt;"
		case '>': // for "]]>"
			instead = "&gt;"
		case '"':
			instead = "&quot;"
		case '\ufffe':
			instead = `\ufffe`
		case '\uffff':
			instead = `\uffff`
		}
		if instead != "" {
			b = append(append(b, s[start:i]...), instead...)
			start = i + n
		}
		i += n
	}
	return append(b, s[start:]...)
}

// noncharacters shows the characters that [diag.Printable] lets through and that YAML refuses in a block.
func noncharacters(s string) string {
	if !strings.ContainsAny(s, "\ufeff\ufffe\uffff") {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r == '\ufeff' || r == '\ufffe' || r == '\uffff' {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
