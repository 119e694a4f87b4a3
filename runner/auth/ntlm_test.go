package auth_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:staticcheck // NTLM knows no other

	"github.com/postrider/postrider/runner/auth"
)

// An ntlmServer lets those in who prove the password by MS-NLMP, section 3.3.2, on the connection that they began on.
type ntlmServer struct {
	*httptest.Server
	schemes  []string
	password string
	flags    uint32
	info     bool         // whether the challenge says something of the server, which changes the proof
	proved   atomic.Value // domain|user|workstation of who was let in last
	conns    atomic.Int32
}

type connState struct{ begun, done bool }

type connKey struct{}

const challengeBytes = "\x01\x23\x45\x67\x89\xab\xcd\xef"

func newNTLMServer(t testing.TB, s *ntlmServer) *ntlmServer {
	t.Helper()
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		s.conns.Add(1)
		return context.WithValue(ctx, connKey{}, &connState{})
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *ntlmServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	state := r.Context().Value(connKey{}).(*connState)
	body, _ := io.ReadAll(r.Body)
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	message, _ := base64.StdEncoding.DecodeString(token)
	switch {
	case state.done:
		_, _ = w.Write(body)
	case bytes.HasPrefix(message, []byte("NTLMSSP\x00\x01")):
		state.begun = true
		w.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(s.challenge()))
		w.WriteHeader(http.StatusUnauthorized)
	case bytes.HasPrefix(message, []byte("NTLMSSP\x00\x03")) && state.begun && s.verify(message):
		state.done = true
		_, _ = w.Write(body)
	default:
		for _, scheme := range s.schemes {
			w.Header().Add("WWW-Authenticate", scheme)
		}
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// challenge is a CHALLENGE_MESSAGE (MS-NLMP, section 2.2.1.2).
func (s *ntlmServer) challenge() []byte {
	const header = 48
	name := utf16LE("CORP")
	var info []byte
	if s.info {
		for _, pair := range []struct {
			id    uint16
			value []byte
		}{{2, name}, {1, utf16LE("HOST")}, {7, make([]byte, 8)}, {0, nil}} {
			info = binary.LittleEndian.AppendUint16(info, pair.id)
			info = binary.LittleEndian.AppendUint16(info, uint16(len(pair.value)))
			info = append(info, pair.value...)
		}
	}
	field := func(b []byte, size, offset int) []byte {
		b = binary.LittleEndian.AppendUint16(b, uint16(size))
		b = binary.LittleEndian.AppendUint16(b, uint16(size))
		return binary.LittleEndian.AppendUint32(b, uint32(offset))
	}
	out := []byte("NTLMSSP\x00\x02\x00\x00\x00")
	out = field(out, len(name), header)
	out = binary.LittleEndian.AppendUint32(out, s.flags)
	out = append(out, challengeBytes+"\x00\x00\x00\x00\x00\x00\x00\x00"...)
	out = field(out, len(info), header+len(name))
	return append(append(out, name...), info...)
}

// verify takes an AUTHENTICATE_MESSAGE apart (section 2.2.1.3).
func (s *ntlmServer) verify(m []byte) bool {
	if len(m) < 64 {
		return false
	}
	field := func(at int) []byte {
		size, offset := binary.LittleEndian.Uint16(m[at:]), binary.LittleEndian.Uint32(m[at+4:])
		return m[offset : offset+uint32(size)]
	}
	response, domain, user, workstation := field(20), fromUTF16LE(field(28)), fromUTF16LE(field(36)), fromUTF16LE(field(44))
	if len(response) <= 24 {
		return false // version 1
	}
	hash := md4.New()
	hash.Write(utf16LE(s.password))
	key := hmacMD5(hash.Sum(nil), utf16LE(strings.ToUpper(user)+domain))
	if !hmac.Equal(hmacMD5(key, append([]byte(challengeBytes), response[16:]...)), response[:16]) {
		return false
	}
	s.proved.Store(domain + "|" + user + "|" + workstation)
	return true
}

func hmacMD5(key, data []byte) []byte {
	mac := hmac.New(md5.New, key)
	mac.Write(data)
	return mac.Sum(nil)
}

func utf16LE(s string) (out []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func fromUTF16LE(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// Flags of MS-NLMP, section 2.2.2.5: Unicode, NTLM, extended session security, target info, 128 bits.
const (
	usualFlags  = 1 | 1<<9 | 1<<19 | 1<<23 | 1<<29
	keyExchange = 1 << 30
)

func TestNTLM(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		n                         auth.NTLM
		schemes                   []string
		flags                     uint32
		info                      bool
		scheme                    string
		domain, user, workstation string
	}{
		"plain":                {auth.NTLM{Username: "jane"}, []string{"NTLM"}, usualFlags, true, "NTLM", "", "jane", ""},
		"no target info":       {auth.NTLM{Username: "jane"}, []string{"NTLM"}, usualFlags, false, "NTLM", "", "jane", ""},
		"domain":               {auth.NTLM{Username: "jane", Domain: "CORP", Workstation: "DESK"}, []string{"NTLM"}, usualFlags, true, "NTLM", "CORP", "jane", "DESK"},
		"domain in name":       {auth.NTLM{Username: `Corp\jane`}, []string{"NTLM"}, usualFlags, true, "NTLM", "Corp", "jane", ""},
		"the same domain both": {auth.NTLM{Username: `Corp\jane`, Domain: "CORP"}, []string{"NTLM"}, usualFlags, true, "NTLM", "Corp", "jane", ""},
		"principal name":       {auth.NTLM{Username: "jäne@corp.example"}, []string{"NTLM"}, usualFlags, true, "NTLM", "", "jäne@corp.example", ""},
		"Negotiate alone":      {auth.NTLM{Username: "jane"}, []string{"Negotiate"}, usualFlags, true, "Negotiate", "", "jane", ""},
		"both":                 {auth.NTLM{Username: "jane"}, []string{"Negotiate", "ntlm", `Basic realm="x"`}, usualFlags, true, "ntlm", "", "jane", ""},
		"in one field":         {auth.NTLM{Username: "jane"}, []string{`Basic realm="NTLM", Negotiate, NTLM`}, usualFlags, true, "NTLM", "", "jane", ""},
		"echoes key exchange":  {auth.NTLM{Username: "jane"}, []string{"NTLM"}, usualFlags | keyExchange, true, "NTLM", "", "jane", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newNTLMServer(t, &ntlmServer{schemes: test.schemes, password: "pässword", flags: test.flags, info: test.info})
			test.n.Password = "pässword"
			n := test.n.Negotiator()
			if !n.OneConnection() {
				t.Error("it does not want one connection")
			}
			status, body, sent := negotiate(t, n, "POST", s.URL, "hello")
			if status != 200 || body != "hello" || len(sent) != 3 || sent[0] != "" || !strings.HasPrefix(sent[2], test.scheme+" ") {
				t.Errorf("%d %q after %q", status, body, sent)
			}
			asked := s.proved.Load()
			if want := test.domain + "|" + test.user + "|" + test.workstation; asked != want || s.conns.Load() != 1 {
				t.Errorf("server saw %q on %d connections, want %q", asked, s.conns.Load(), want)
			}
			test.n.Password = "wrong"
			if status, _, sent := negotiate(t, test.n.Negotiator(), "GET", s.URL, ""); status != 401 || len(sent) != 3 {
				t.Errorf("wrong password: %d after %d tries", status, len(sent))
			}
		})
	}
}

// TestNTLMServer has curl prove that the server of these tests keeps to the protocol.
func TestNTLMServer(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("there is no curl to compare with")
	}
	s := newNTLMServer(t, &ntlmServer{schemes: []string{"NTLM"}, password: "s3cret", flags: usualFlags, info: true})
	for password, want := range map[string]string{"s3cret": "200", "wrong": "401"} {
		out, err := exec.CommandContext(t.Context(), curl, "-s", "-o", "/dev/null", "-w", "%{http_code}", "--ntlm", "-u", `CORP\jane:`+password, s.URL).CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%s: %s, %v", password, out, err)
		}
	}
	if asked, _ := s.proved.Load().(string); !strings.HasPrefix(asked, "CORP|jane|") {
		t.Errorf("server saw %q", asked)
	}
}

func TestNTLMGivesUp(t *testing.T) {
	t.Parallel()
	good := auth.NTLM{Username: "u", Password: "p"}
	encode := base64.StdEncoding.EncodeToString
	broken := (&ntlmServer{flags: usualFlags, info: true}).challenge()
	tests := map[string]struct{ token, message string }{
		"not base64":    {"NTLM ####", ""},
		"not NTLM":      {"NTLM " + encode([]byte("NTLMSSQ\x00\x02\x00\x00\x00")), "the challenge of the server is not NTLM"},
		"short":         {"NTLM " + encode([]byte("NTLMSSP\x00\x02")), "the NTLM challenge of the server cannot be answered"},
		"cut off":       {"NTLM " + encode(broken[:50]), "the NTLM challenge of the server cannot be answered"},
		"version 1":     {"NTLM " + encode((&ntlmServer{flags: usualFlags | 1<<7}).challenge()), "the NTLM challenge of the server cannot be answered"},
		"nothing":       {"NTLM", ""},
		"other scheme":  {"Negotiate " + encode(broken), ""},
		"no challenges": {"", ""},
	}
	for name, test := range tests {
		n := good.Negotiator()
		if text, err := reply(n, "GET", "/", "", "NTLM"); err != nil || !strings.HasPrefix(text, "NTLM TlRMTVNTUAAB") {
			t.Fatalf("%s: %q, %v", name, text, err)
		}
		text, err := n.Authorization("GET", "/", nil, []string{test.token})
		if test.message == "" {
			if text != "" || err != nil {
				t.Errorf("%s: %q, %v", name, text, err)
			}
			continue
		}
		wantField(t, name, err, "", test.message, "*")
	}
	if text, err := reply(good.Negotiator(), "GET", "/", "", "Basic", "Bearer"); text != "" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	for _, test := range []struct {
		n                  auth.NTLM
		key, message, hint string
	}{
		{auth.NTLM{Password: "s3cret"}, "username", "username is empty", ""},
		{auth.NTLM{Username: "u"}, "password", "password is empty", ""},
		{auth.NTLM{Username: `d\`, Password: "s3cret"}, "username", "username has no name after the domain", ""},
		{auth.NTLM{Username: `d\u`, Domain: "e", Password: "s3cret"}, "domain", "domain is not the one in username", "*"},
		{auth.NTLM{Username: "u", Domain: `d\e`, Password: "s3cret"}, "domain", "domain holds a backslash", ""},
	} {
		_, err := reply(test.n.Negotiator(), "GET", "/", "")
		wantField(t, test.message, err, test.key, test.message, test.hint)
	}
}

func TestNTLMStartsAnew(t *testing.T) {
	t.Parallel()
	s := newNTLMServer(t, &ntlmServer{schemes: []string{"NTLM"}, password: "p", flags: usualFlags, info: true})
	n := auth.NTLM{Username: "u", Password: "p"}.Negotiator()
	for range 2 { // as after a redirect, on another connection
		if status, _, sent := negotiate(t, n, "GET", s.URL, ""); status != 200 || len(sent) != 3 {
			t.Errorf("%d after %q", status, sent)
		}
	}
}

func FuzzNTLMChallenge(f *testing.F) {
	f.Add((&ntlmServer{flags: usualFlags, info: true}).challenge())
	f.Add((&ntlmServer{flags: keyExchange}).challenge()[:20])
	f.Fuzz(func(t *testing.T, challenge []byte) {
		n := auth.NTLM{Username: "u", Password: "p"}.Negotiator()
		if _, err := reply(n, "GET", "/", "", "NTLM"); err != nil {
			t.Fatal(err)
		}
		text, err := n.Authorization("GET", "/", nil, []string{"NTLM " + base64.StdEncoding.EncodeToString(challenge)})
		if text != "" && (err != nil || !strings.HasPrefix(text, "NTLM TlRMTVNTUAAD")) {
			t.Errorf("%q, %v", text, err)
		}
	})
}
