package curl

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// redirects has curl follow redirects where it does so as we do.
func (w *writer) redirects() error {
	r := w.request
	if r.MaxRedirects <= 0 || r.SecretBody || w.serverName() != "" || w.requestTarget() != "" || slices.ContainsFunc(r.Secret, w.header.Has) {
		return nil
	}
	switch w.method {
	case "GET", "HEAD", "POST":
		w.add("-L")
		w.add("--max-redirs", strconv.Itoa(r.MaxRedirects))
		if !r.NoCookies {
			w.add("-b", "") // keeps the cookies of one answer for the next
		}
	}
	return nil
}

// route writes how to get to the server.
func (w *writer) route() error {
	r, o := w.request.Route, w.options
	socket := cmp.Or(o.UnixSocket, w.socket)
	if r.Proxy != "" && socket == "" {
		if err := w.proxy(r.Proxy); err != nil {
			return err
		}
	}
	for _, line := range strings.Split(r.Resolve, "\n") {
		if err := w.resolve(strings.Fields(line)); err != nil {
			return err
		}
	}
	if name := w.serverName(); name != "" {
		p := port(w.url)
		w.add("--connect-to", name+":"+p+":"+bracketed(w.url.Hostname())+":"+p)
	}
	if socket != "" {
		w.add("--unix-socket", socket)
	}
	if r.Insecure || o.Insecure {
		w.add("-k")
	}
	for _, pem := range []struct{ option, text, file, what string }{
		{"--cacert", r.CA, o.CAFile, "the certificates to trust"},
		{"--cert", r.Cert, o.CertFile, "the client's certificate"},
		{"--key", r.Key, o.KeyFile, "the client's key"},
	} {
		switch {
		case pem.file != "":
			w.add(pem.option, certificate(pem.option, pem.file))
		case pem.text != "":
			return unable("curl reads "+pem.what+" from a file, and which is not known", "")
		}
	}
	switch r.MinVersion {
	case "":
	case "1.0", "1.1", "1.2", "1.3":
		w.add("--tlsv" + r.MinVersion)
	default:
		return unable("there is no version "+strconv.Quote(r.MinVersion)+" of TLS", `one of "1.0", "1.1", "1.2" or "1.3"`)
	}
	return nil
}

// certificate escapes the colons in a path: after one, --cert reads the password of the key.
func certificate(option, file string) string {
	if option != "--cert" {
		return file
	}
	return strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(file)
}

// proxy writes a proxy, with its port: curl's default is 1080 for each kind.
func (w *writer) proxy(proxy string) error {
	u, err := url.Parse(proxy)
	if err != nil || u.Host == "" {
		return unable("the proxy is not a URL", "for example http://127.0.0.1:3128")
	}
	if plain := u.Scheme == "http" || u.Scheme == "https"; plain && u.Port() == "" {
		u.Host += ":" + port(u)
	}
	w.add("--proxy", strings.TrimSuffix(u.String(), "/"))
	if w.url.Scheme == "http" && !strings.HasPrefix(u.Scheme, "socks") && !w.header.Has("Proxy-Connection") {
		w.omit("Proxy-Connection")
	}
	return nil
}

// resolve writes "host:port address" or "host address", which is for the port of the URL.
func (w *writer) resolve(line []string) error {
	if len(line) == 0 {
		return nil
	}
	host, p := "", ""
	if len(line) == 2 {
		host, p = splitPort(line[0])
	}
	if host == "" {
		return unable("a name to resolve is not a host, with or without a port, and an address", "for example example.com:443 127.0.0.1")
	}
	p = cmp.Or(p, port(w.url))
	from := bracketed(host) + ":" + p + ":"
	address, to := splitPort(line[1])
	if to == "" && net.ParseIP(address) != nil {
		w.add("--resolve", from+bracketed(address))
		return nil
	}
	w.add("--connect-to", from+bracketed(address)+":"+cmp.Or(to, p)) // --resolve knows neither names nor ports
	return nil
}

// splitPort takes a port from a text, if there is one.
func splitPort(text string) (host, port string) {
	if host, port, err := net.SplitHostPort(text); err == nil {
		return host, port
	}
	return strings.Trim(text, "[]"), ""
}

// bracketed is a host as it stands before a port.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// protocol writes the version of HTTP and the bound on time.
func (w *writer) protocol() error {
	switch v := w.request.Version; {
	case v == "":
	case v == "1.1":
		w.add("--http1.1")
	case v == "2" && w.url.Scheme == "http":
		w.add("--http2-prior-knowledge")
	case v == "2", v == "3":
		w.add("--http" + v)
	default:
		return unable("there is no version "+strconv.Quote(v)+" of HTTP", `one of "1.1", "2" or "3"`)
	}
	if target := w.requestTarget(); target != "" {
		w.add("--request-target", target)
	}
	if timeout := w.request.Timeout; timeout > 0 {
		timeout = max(timeout.Round(time.Millisecond), time.Millisecond) // to which curl keeps time
		w.add("--max-time", strconv.FormatFloat(timeout.Seconds(), 'f', -1, 64))
	}
	return nil
}
