package curl_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"

// A seen is one request as it came over the wire.
type seen struct {
	Line   string
	Fields []string // "Name: value", sorted
	Body   string
}

// values are those of a field.
func (s seen) values(name string) (found []string) {
	for _, f := range s.Fields {
		if n, value, _ := strings.Cut(f, ": "); strings.EqualFold(n, name) {
			found = append(found, value)
		}
	}
	return found
}

func (s seen) field(name string) string { return strings.Join(s.values(name), ", ") }
func (s seen) count(name string) int    { return len(s.values(name)) }

// A server keeps what it is sent, to the byte.
type server struct {
	url, host string

	mu       sync.Mutex
	requests []seen
}

// serve starts a server that answers by the path: 302 and the like redirect, digest asks for credentials.
func serve(t testing.TB) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: "http://" + l.Addr().String(), host: l.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(20 * time.Second))
				s.answer(conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return s
}

// seen are the requests since the last call.
func (s *server) seen() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}

func (s *server) answer(conn net.Conn) {
	r := bufio.NewReader(conn)
	var head bytes.Buffer
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := r.ReadString('\n')
		if head.WriteString(line); err != nil {
			return
		}
	}
	req, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(head.Bytes()), r)))
	if err != nil {
		io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
		return
	}
	body, _ := io.ReadAll(req.Body)
	lines := strings.Split(strings.TrimSuffix(head.String(), "\r\n\r\n"), "\r\n")
	got := seen{Line: lines[0], Fields: lines[1:], Body: string(body)}
	for i, f := range got.Fields {
		name, value, _ := strings.Cut(f, ":")
		value = strings.TrimPrefix(value, " ")
		if name == "Cookie" { // curl puts those of the jar first
			pairs := strings.Split(value, "; ")
			slices.Sort(pairs)
			value = strings.Join(pairs, "; ")
		}
		got.Fields[i] = canonical(name) + ": " + value
	}
	slices.Sort(got.Fields)
	s.mu.Lock()
	s.requests = append(s.requests, got)
	s.mu.Unlock()
	reply := "HTTP/1.1 204 No Content\r\n"
	switch code := strings.TrimPrefix(req.URL.Path, "/"); {
	case len(code) == 3 && code[0] == '3':
		reply = "HTTP/1.1 " + code + " Found\r\nLocation: /there?x=y\r\nSet-Cookie: sid=1\r\nContent-Length: 0\r\n"
	case code == "digest" && req.Header.Get("Authorization") == "":
		reply = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"realm\", qop=\"auth\", nonce=\"" + nonce + "\"\r\nContent-Length: 0\r\n"
	}
	io.WriteString(conn, reply+"Connection: close\r\n\r\n")
}

func hash(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }

// signature is the Authorization of a request that was seen, by the four steps of Signature Version 4.
func signature(t testing.TB, s seen, secret, key, region, service string) string {
	t.Helper()
	sum := func(text string) string { h := sha256.Sum256([]byte(text)); return hex.EncodeToString(h[:]) }
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		io.WriteString(h, text)
		return h.Sum(nil)
	}

	_, rest, ok := strings.Cut(s.field("authorization"), "SignedHeaders=")
	if !ok {
		t.Fatal(s.Fields)
	}
	signed, _, _ := strings.Cut(rest, ",")
	method, target, _ := strings.Cut(strings.TrimSuffix(s.Line, " HTTP/1.1"), " ")
	path, query, _ := strings.Cut(target, "?")
	canonical := method + "\n" + path + "\n" + query + "\n"
	for name := range strings.SplitSeq(signed, ";") {
		canonical += name + ":" + s.field(name) + "\n"
	}
	canonical += "\n" + signed + "\n" + sum(s.Body)
	at := s.field("x-amz-date")
	scope := at[:8] + "/" + region + "/" + service + "/aws4_request"
	text := "AWS4-HMAC-SHA256\n" + at + "\n" + scope + "\n" + sum(canonical)
	k := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(scope, "/") {
		k = mac(k, part)
	}
	return "AWS4-HMAC-SHA256 Credential=" + key + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(mac(k, text))
}
