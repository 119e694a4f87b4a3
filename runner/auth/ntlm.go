package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"

	ntlmssp "github.com/Azure/go-ntlmssp"

	"github.com/postrider/postrider/runner/exchange"
)

// NTLM answers the challenges of Windows servers, with NTLM version 2 (MS-NLMP and MS-NTHT). Username may be user,
// DOMAIN\user or user@domain.
type NTLM struct {
	Username, Password string
	Domain             string // of the user, where Username has none
	Workstation        string // what the server's log calls the client; may be empty
}

// Validate checks the names. Errors are a *FieldError.
func (n NTLM) Validate() error {
	if err := filled("username", n.Username, "password", n.Password); err != nil {
		return err
	}
	domain, user, ok := strings.Cut(n.Username, `\`)
	switch {
	case ok && user == "":
		return &FieldError{Key: "username", Message: "username has no name after the domain"}
	case ok && n.Domain != "" && !strings.EqualFold(domain, n.Domain):
		return &FieldError{Key: "domain", Message: "domain is not the one in username", Hint: "leave one of the two out"}
	case strings.Contains(n.Domain, `\`):
		return &FieldError{Key: "domain", Message: "domain holds a backslash"}
	}
	return nil
}

// account is the name in the form that the library takes apart again.
func (n NTLM) account() string {
	if n.Domain == "" || strings.Contains(n.Username, `\`) {
		return n.Username
	}
	return n.Domain + `\` + n.Username
}

// Negotiator is for one request and its tries, which share a connection: NTLM authenticates the connection. The first try
// goes without a credential, the second begins the handshake, the third proves the password. When Validate finds fault all
// tries are that error.
func (n NTLM) Negotiator() exchange.Negotiator { return &ntlmNegotiator{NTLM: n} }

type ntlmNegotiator struct {
	NTLM
	scheme string // that the handshake has begun with, as the server spells it; "": not yet
	proved bool   // the password was sent
}

// OneConnection is true.
func (n *ntlmNegotiator) OneConnection() bool { return true }

// Authorization takes the handshake a step further.
func (n *ntlmNegotiator) Authorization(_, _ string, _ []byte, challenges []string) (string, error) {
	if err := n.Validate(); err != nil {
		return "", err
	}
	all := parseChallenges(challenges)
	switch {
	case len(challenges) == 0:
		n.scheme, n.proved = "", false
		return "", nil
	case n.proved:
		return "", nil
	case n.scheme == "":
		return n.begin(all)
	}
	for _, c := range all {
		if c.is(n.scheme) && c.token != "" {
			n.proved = true
			return n.prove(c.token)
		}
	}
	return "", nil
}

// begin offers NTLM, in the scheme of that name or within Negotiate (RFC 4559), which may want Kerberos.
func (n *ntlmNegotiator) begin(all []challenge) (string, error) {
	for _, scheme := range []string{"NTLM", "Negotiate"} {
		for _, c := range all {
			if !c.is(scheme) {
				continue
			}
			n.scheme = c.scheme
			message, err := ntlmssp.NewNegotiateMessage("", "") // of the machine, not the user: better not said
			if err != nil {
				return "", badChallenge()
			}
			return n.scheme + " " + base64.StdEncoding.EncodeToString(message), nil
		}
	}
	return "", nil
}

// prove answers the challenge.
func (n *ntlmNegotiator) prove(token string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil || !bytes.HasPrefix(raw, []byte("NTLMSSP\x00")) {
		return "", &FieldError{
			Message: "the challenge of the server is not NTLM",
			Hint:    "a server that says Negotiate may take nothing but Kerberos",
		}
	}
	message, err := ntlmssp.NewAuthenticateMessage(withoutSessionKey(raw), n.account(), n.Password,
		&ntlmssp.AuthenticateMessageOptions{WorkstationName: n.Workstation})
	if err != nil {
		return "", badChallenge()
	}
	return n.scheme + " " + base64.StdEncoding.EncodeToString(message), nil
}

func badChallenge() error {
	return &FieldError{
		Message: "the NTLM challenge of the server cannot be answered",
		Hint:    "it is broken, or wants NTLM version 1",
	}
}

// withoutSessionKey clears NTLMSSP_NEGOTIATE_KEY_EXCH (MS-NLMP, section 2.2.2.5). Some servers echo it though it was not
// offered, and the library gives up there; a key is of no use to HTTP, which neither signs nor seals with it.
func withoutSessionKey(message []byte) []byte {
	const offset, keyExchange = 20, 1 << 30
	if len(message) < offset+4 {
		return message
	}
	out := bytes.Clone(message)
	flags := binary.LittleEndian.Uint32(out[offset:])
	binary.LittleEndian.PutUint32(out[offset:], flags&^keyExchange)
	return out
}
