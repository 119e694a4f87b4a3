package auth

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/icholy/digest"

	"github.com/postrider/postrider/runner/exchange"
)

// Digest answers the challenge of Digest access authentication: RFC 7616, and its forebears RFC 2617 and RFC 2069, with
// MD5, SHA-256, SHA-512 and SHA-512-256, each with -sess too, and the qualities of protection auth, auth-int and none.
type Digest struct{ Username, Password string }

// Validate wants a username. Errors are a *FieldError.
func (d Digest) Validate() error {
	if d.Username == "" {
		return missing("username", "")
	}
	if d.Password == "" {
		return missing("password", "")
	}
	if strings.ContainsFunc(d.Username, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return &FieldError{Key: "username", Message: "username holds a control character", Hint: "a variable may bring a line break along"}
	}
	return nil
}

// Negotiator is for one request and its tries. r is the request, whose body auth-int protects; it is only read, and not
// before it is sent. The first try goes without a credential, as the challenge is not known yet. When Validate finds fault
// all tries are that error.
func (d Digest) Negotiator(r *exchange.Request) exchange.Negotiator {
	return &digestNegotiator{Digest: d, request: r, cnonce: rand.Text}
}

type digestNegotiator struct {
	Digest
	request *exchange.Request
	cnonce  func() string
	nonce   string // of the challenge that was answered; "": none yet
	renewed int    // how often the server had the nonce changed
}

// OneConnection is false: the tries share nothing but the nonce.
func (n *digestNegotiator) OneConnection() bool { return false }

// Authorization answers the strongest challenge, once. A nonce that has become stale is changed for the new one (RFC 7616,
// section 3.3).
func (n *digestNegotiator) Authorization(method, target string, body []byte, challenges []string) (string, error) {
	if err := n.Validate(); err != nil {
		return "", err
	}
	if len(challenges) == 0 {
		n.nonce, n.renewed = "", 0
		return "", nil
	}
	c, err := strongest(parseChallenges(challenges))
	if err != nil || c == nil {
		return "", err
	}
	if n.nonce != "" {
		const most = 3
		if !c.Stale || c.Nonce == n.nonce || n.renewed >= most {
			return "", nil
		}
		n.renewed++
	}
	n.nonce = c.Nonce
	return n.answer(c, method, target, body)
}

// A digestChallenge is a challenge that can be answered.
type digestChallenge struct {
	digest.Challenge
	base string // the algorithm without -sess, in upper case; "MD5" where none was named
	sess bool
}

// digestHashes are the algorithms, the strongest first.
func digestHashes() []string { return []string{"SHA-512-256", "SHA-512", "SHA-256", "MD5"} }

func newDigestHash(base string) hash.Hash {
	switch base {
	case "SHA-512-256":
		return sha512.New512_256()
	case "SHA-512":
		return sha512.New()
	case "SHA-256":
		return sha256.New()
	}
	return md5.New()
}

// strongest chooses among the digest challenges; nil if there are none. One that none of ours can answer is an error only
// when there is no other.
func strongest(all []challenge) (*digestChallenge, error) {
	var best *digestChallenge
	var problem error
	rank := func(c *digestChallenge) int { return slices.Index(digestHashes(), c.base) }
	for _, c := range all {
		if !c.is("Digest") {
			continue
		}
		d, err := readDigestChallenge(c.params)
		switch {
		case err != nil:
			problem = err
		case best == nil, rank(d) < rank(best):
			best = d
		}
	}
	if best != nil {
		return best, nil
	}
	return nil, problem
}

func readDigestChallenge(params map[string]string) (*digestChallenge, error) {
	d := &digestChallenge{Challenge: digest.Challenge{
		Realm: params["realm"], Nonce: params["nonce"], Opaque: params["opaque"], Algorithm: params["algorithm"], Charset: params["charset"],
		Stale: strings.EqualFold(params["stale"], "true"), Userhash: strings.EqualFold(params["userhash"], "true"),
	}}
	d.base, d.sess = strings.CutSuffix(strings.ToUpper(d.Algorithm), "-SESS")
	if d.Algorithm == "" {
		d.base = "MD5"
	}
	if !slices.Contains(digestHashes(), d.base) {
		return nil, &FieldError{
			Message: "the server wants digest authentication with algorithm " + strconv.Quote(oneLine(d.Algorithm)) + ", which is not known",
			Hint:    "known are " + strings.Join(digestHashes(), ", "),
		}
	}
	if d.Nonce == "" {
		return nil, &FieldError{Message: "the digest challenge of the server has no nonce"}
	}
	for _, option := range strings.Split(params["qop"], ",") {
		switch option = strings.ToLower(strings.Trim(option, " \t")); option {
		case "auth", "auth-int":
			d.QOP = append(d.QOP, option)
		}
	}
	if params["qop"] != "" && d.QOP == nil {
		return nil, &FieldError{
			Message: "the server wants digest authentication with qop " + strconv.Quote(oneLine(params["qop"])) + ", which is not known",
			Hint:    "known are auth and auth-int",
		}
	}
	return d, nil
}

// answer computes the response and writes the field.
func (n *digestNegotiator) answer(c *digestChallenge, method, target string, body []byte) (string, error) {
	o := digest.Options{Method: method, URI: target, Count: 1, Username: n.Username, Password: n.Password, Cnonce: n.cnonce()}
	o.GetBody = func() (io.ReadCloser, error) { return n.body(method, body) }
	if c.sess { // RFC 7616, section 3.4.2; the library does not know it
		o.A1 = joined(c.base, joined(c.base, n.Username, c.Realm, n.Password), c.Nonce, o.Cnonce)
	}
	plain := c.Challenge
	plain.Algorithm = c.base
	made, err := digest.Digest(&plain, o)
	if err != nil {
		return "", fmt.Errorf("answer the digest challenge: %w", err)
	}
	made.Algorithm = c.Algorithm
	return credentialsText(made, c, n.Username), nil
}

// joined is the hash of texts with colons between them, in hexadecimal.
func joined(base string, texts ...string) string {
	h := newDigestHash(base)
	_, _ = io.WriteString(h, strings.Join(texts, ":"))
	return hex.EncodeToString(h.Sum(nil))
}

// body is what auth-int protects. A redirect may have taken the body away, and then the method is another.
func (n *digestNegotiator) body(method string, body []byte) (io.ReadCloser, error) {
	if r := n.request; len(body) == 0 && r != nil && r.Open != nil && (r.Method == method || r.Method == "" && method == "GET") {
		var whole bytes.Buffer
		err := payload(context.Background(), &whole, r)
		return io.NopCloser(&whole), err
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

// credentialsText writes the field. The library's own text escapes what is not ASCII in a way that no server reads.
func credentialsText(made *digest.Credentials, c *digestChallenge, username string) string {
	var out strings.Builder
	out.WriteString("Digest ")
	if plain := strings.IndexFunc(username, func(r rune) bool { return r >= 0x80 }) < 0; made.Userhash || plain || c.Charset == "" {
		out.WriteString("username=" + quote(made.Username))
	} else { // RFC 7616, section 3.4; a server that names no charset knows nothing of it
		out.WriteString("username*=UTF-8''" + percentEncode(username))
	}
	out.WriteString(", realm=" + quote(made.Realm) + ", nonce=" + quote(made.Nonce) + ", uri=" + quote(made.URI))
	if made.Algorithm != "" {
		out.WriteString(", algorithm=" + made.Algorithm)
	}
	if made.QOP != "" {
		fmt.Fprintf(&out, ", qop=%s, nc=%08x", made.QOP, made.Nc)
	}
	if made.QOP != "" || c.sess { // with -sess it is part of the key
		out.WriteString(", cnonce=" + quote(made.Cnonce))
	}
	out.WriteString(", response=" + quote(made.Response))
	if made.Opaque != "" {
		out.WriteString(", opaque=" + quote(made.Opaque))
	}
	if made.Userhash {
		out.WriteString(", userhash=true")
	}
	return out.String()
}
