package exchange

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// names are the addresses of [Route.Resolve] by "host:port", or by "host" for
// all its ports, in lower case.
type names map[string]string

// ParseResolve checks one line of [Route.Resolve]: "host:port", or "host" for
// any port, and the address to connect to in its place, an IP address or
// another name, with or without a port. IPv6 stands in brackets where a port
// follows. The error is an *[Error] of [KindRequest].
func ParseResolve(hostPort, address string) error {
	if _, e := parseName(hostPort, address); e != nil {
		return e
	}
	return nil
}

func parseNames(lines string) (names, *Error) {
	if lines == "" {
		return nil, nil
	}
	all := names{}
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		switch len(words) {
		case 0:
			continue
		case 2:
		default:
			return nil, unsendable("", "a line to resolve is %s: expected a host, with or without a port, and an address", clip(strings.TrimSpace(line)))
		}
		key, e := parseName(words[0], words[1])
		if e != nil {
			return nil, e
		}
		all[key] = words[1]
	}
	return all, nil
}

func parseName(hostPort, address string) (key string, e *Error) {
	host, port, ok := cutPort(hostPort)
	if !ok {
		return "", unsendable("", "the name to resolve is %s: expected a host, with or without a port", clip(hostPort))
	}
	if to, _, ok := cutPort(address); !ok || looksLikeIP(to) && net.ParseIP(to) == nil {
		return "", unsendable("", "the address of %s is %s: expected an IP address or a host, with or without a port", clip(hostPort), clip(address))
	}
	key = strings.ToLower(host)
	if port != "" {
		key = net.JoinHostPort(key, port)
	}
	return key, nil
}

// cutPort takes a port from text, if there is one.
func cutPort(text string) (host, port string, ok bool) {
	if _, err := netip.ParseAddr(text); err == nil {
		return text, "", true
	}
	if inner, found := strings.CutPrefix(text, "["); found && strings.HasSuffix(inner, "]") {
		host = strings.TrimSuffix(inner, "]")
		_, err := netip.ParseAddr(host)
		return host, "", err == nil
	}
	if !strings.Contains(text, ":") {
		return text, "", isName(text)
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" {
		return "", "", false
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", false
	}
	_, err = netip.ParseAddr(host)
	return host, port, err == nil || isName(host)
}

// isName keeps to names: neither an address nor a pattern.
func isName(host string) bool {
	return validHost(host) && !strings.ContainsAny(host, ":*[]")
}

// looksLikeIP says whether nobody would take host for a name.
func looksLikeIP(host string) bool {
	return strings.Trim(host, "0123456789.") == "" || strings.Contains(host, ":")
}

// of is where to connect to for address, "host:port".
func (n names) of(address string) string {
	if len(n) == 0 {
		return address
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	host = strings.ToLower(host)
	to, ok := n[net.JoinHostPort(host, port)]
	if !ok {
		if to, ok = n[host]; !ok {
			return address
		}
	}
	toHost, toPort, _ := cutPort(to)
	if toPort == "" {
		toPort = port
	}
	return net.JoinHostPort(toHost, toPort)
}
