package collection

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// HTTPVersions are the legal values of `http`.
func HTTPVersions() []string { return []string{"1.1", "2", "3"} }

// TLSVersions are the legal values of `tls.min_version`.
func TLSVersions() []string { return []string{"1.0", "1.1", "1.2", "1.3"} }

var tlsKeys = []string{"insecure", "ca", "cert", "key", "server_name", "min_version"}

const tlsExample = `tls = { ca = "ca.pem", cert = "client.pem", key = "client.key" }`

func (d *decoder) tls(e entry) *TLS {
	if e.Node.Kind != Table {
		d.wrong(e, "a table", tlsExample)
		return nil
	}
	t := &TLS{Span: e.Node.Span}
	for _, f := range e.Node.Entries {
		switch f.Key {
		case "insecure":
			t.Insecure, _ = d.flag(f)
		case "ca":
			t.CA = d.fileName(f)
		case "cert":
			t.Cert = d.fileName(f)
		case "key":
			t.Key = d.fileName(f)
		case "server_name":
			t.ServerName = d.textValue(f)
		case "min_version":
			t.MinVersion, _ = d.oneOf(f, TLSVersions())
		default:
			d.unknown(f, "tls", tlsKeys)
		}
	}
	cert, hasCert := e.Node.Get("cert")
	key, hasKey := e.Node.Get("key")
	const hint = "a file with both in it is named twice"
	switch {
	case hasCert && !hasKey:
		d.errorf(cert.Span, hint, "tls has a certificate but no \"key\"")
	case hasKey && !hasCert:
		d.errorf(key.Span, hint, "tls has a key but no \"cert\"")
	}
	return t
}

// fileName reads the name of a file, which may hold templates.
func (d *decoder) fileName(e entry) *Value {
	s, ok := d.text(e)
	if !ok {
		return nil
	}
	if strings.TrimSpace(s) == "" {
		d.errorf(e.Node.Span, "for example "+e.Key+` = "`+exampleFile(e.Key)+`"`, "%q names no file", e.Key)
		return nil
	}
	return e.Node
}

// exampleFile is a file's name that suits a key.
func exampleFile(key string) string {
	switch key {
	case "ca", "cert":
		return key + ".pem"
	case "key":
		return "client.key"
	case "include":
		return "sign-in.toml"
	case "data":
		return "rows.csv"
	}
	return "picture.png"
}

// proxy reads a proxy's address. An empty one, or false, is none.
func (d *decoder) proxy(e entry) *Value {
	if e.Node.Kind == Bool && e.Node.Scalar == false {
		return tomlnode.NewScalar(String, e.Node.Span, "")
	}
	if _, ok := e.Node.Text(); !ok {
		d.wrong(e, "an address or false", `proxy = "http://127.0.0.1:8080" or "socks5://127.0.0.1:1080"; false for none`)
		return nil
	}
	return e.Node
}

// resolve reads `resolve`: what a host and port are connected to, as curl's --connect-to.
func (d *decoder) resolve(e entry) []Field {
	const example = `resolve = { "example.com:443" = "127.0.0.1:8443" }`
	var out []Field
	for _, f := range d.entries(e, example) {
		s, ok := f.Node.Text()
		switch {
		case f.Node.Kind == Table:
			d.errorf(f.Span, "a host with dots and its port need quotes: "+example, "%q must be an address, not a table", f.Key)
		case !ok:
			d.wrong(f, "an address", example)
		case !validHostPort(f.Key):
			d.errorf(f.Span, "for example "+example, "%q is not a host and its port", f.Key)
		case !hasTemplate(s) && !validAddress(s):
			d.errorf(f.Node.Span, "for example "+example, "%q is neither an address nor an address and a port", s)
		default:
			out = append(out, Field{f.Key, f.Span, f.Node})
		}
	}
	return out
}

// validHostPort reports whether s is a host and a port from 1 to 65535, with no template in it.
func validHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(port, 10, 16)
	return err == nil && bad == nil && n > 0 && host != "" && !strings.ContainsAny(host, "{} /")
}

// validAddress reports whether s is an IP address or a host, with or without a port.
func validAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil || validHostPort(s) {
		return true
	}
	return s != "" && !strings.ContainsAny(s, ":[]{} /")
}
