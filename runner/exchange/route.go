package exchange

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
)

// Validate finds what cannot be used, before anything is sent: a proxy, PEM, a
// version of TLS or a line of Resolve. The error is an *[Error] of
// [KindRequest]. It has no password and no key in it.
func (r Route) Validate() error {
	if _, e := r.read(); e != nil {
		return e
	}
	return nil
}

// or is r with what it leaves empty from d. A certificate and its key are one.
func (r Route) or(d Route) Route {
	r.Proxy = cmp.Or(r.Proxy, d.Proxy)
	r.CA = cmp.Or(r.CA, d.CA)
	if r.Cert == "" && r.Key == "" {
		r.Cert, r.Key = d.Cert, d.Key
	}
	r.ServerName = cmp.Or(r.ServerName, d.ServerName)
	r.MinVersion = cmp.Or(r.MinVersion, d.MinVersion)
	r.Insecure = r.Insecure || d.Insecure
	r.Resolve = cmp.Or(r.Resolve, d.Resolve)
	return r
}

// abroad is r for an origin that is not the one it was made for: who we are and
// what that origin is called stay behind.
func (r Route) abroad() Route {
	r.Cert, r.Key, r.ServerName = "", "", ""
	return r
}

// plan is a Route that was read.
type plan struct {
	proxy       *proxy // nil: none
	names       names
	roots       *x509.CertPool // nil: those of the system
	certificate *tls.Certificate
	serverName  string
	minVersion  uint16 // 0: what crypto/tls has, 1.2
	insecure    bool
}

// read takes r apart.
func (r Route) read() (*plan, *Error) {
	p := &plan{insecure: r.Insecure}
	var e *Error
	if p.proxy, e = parseProxy(r.Proxy); e != nil {
		return nil, e
	}
	if p.names, e = parseNames(r.Resolve); e != nil {
		return nil, e
	}
	if p.roots, e = readRoots(r.CA); e != nil {
		return nil, e
	}
	if p.certificate, e = readCertificate(r.Cert, r.Key); e != nil {
		return nil, e
	}
	if r.ServerName != "" && !validHost(r.ServerName) {
		return nil, unsendable("", "the server name for TLS has characters that a host cannot have")
	}
	p.serverName = r.ServerName
	if p.minVersion, e = readMinVersion(r.MinVersion); e != nil {
		return nil, e
	}
	return p, nil
}

func readMinVersion(text string) (uint16, *Error) {
	switch text {
	case "":
		return 0, nil
	case "1.0":
		return tls.VersionTLS10, nil
	case "1.1":
		return tls.VersionTLS11, nil
	case "1.2":
		return tls.VersionTLS12, nil
	case "1.3":
		return tls.VersionTLS13, nil
	}
	return 0, unsendable("", "the lowest version of TLS is %s: expected \"1.0\", \"1.1\", \"1.2\" or \"1.3\"", clip(text))
}

// config is what the plan makes of the configuration of the client.
func (p *plan) config(o Options) *tls.Config {
	config := &tls.Config{}
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	config.InsecureSkipVerify = config.InsecureSkipVerify || o.Insecure || p.insecure
	if p.roots != nil {
		config.RootCAs = p.roots
	}
	if p.certificate != nil {
		config.Certificates, config.GetClientCertificate = []tls.Certificate{*p.certificate}, nil
	}
	if p.serverName != "" {
		config.ServerName = p.serverName
	}
	if p.minVersion != 0 {
		config.MinVersion = p.minVersion
	}
	return config
}

// proxyConfig is for TLS to the proxy itself. It trusts what the plan trusts,
// but our certificate and the name of the server are not for it.
func (p *plan) proxyConfig(o Options) *tls.Config {
	of := p.config(o)
	return &tls.Config{
		RootCAs: of.RootCAs, InsecureSkipVerify: of.InsecureSkipVerify, MinVersion: of.MinVersion,
		ServerName: p.proxy.host, NextProtos: []string{"http/1.1"},
	}
}
