package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/exchange"
)

// Hawk signs as the Hawk scheme wants it (its specification is the API.md of the hawk package, version 1 of the protocol).
type Hawk struct {
	ID, Key     string
	Algorithm   string // sha256 or sha1; "" is sha256
	Ext         string // what the application wants to say besides; may be empty
	App, Dlg    string // the application, and who delegated it (Oz); may be empty
	PayloadHash bool   // whether the body is in the signature
}

// Validate checks all that is declared. Errors are a *FieldError.
func (h Hawk) Validate() error {
	if err := filled("id", h.ID, "key", h.Key); err != nil {
		return err
	}
	if known := []string{"sha256", "sha1"}; h.Algorithm != "" && !slices.Contains(known, h.Algorithm) {
		return unknown("algorithm", h.Algorithm, known)
	}
	if h.Dlg != "" && h.App == "" {
		return missing("app", "dlg is only sent together with it")
	}
	for _, f := range [...]struct{ key, value string }{{"id", h.ID}, {"ext", h.Ext}, {"app", h.App}, {"dlg", h.Dlg}} {
		if err := hawkAttribute(f.key, f.value); err != nil {
			return err
		}
	}
	return nil
}

// hawkAttribute wants printable ASCII without quote and backslash: the only characters that servers take.
func hawkAttribute(key, value string) error {
	if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) {
		return &FieldError{
			Key: key, Message: key + " has a character that Hawk cannot carry",
			Hint: "printable ASCII without \" and \\ is allowed",
		}
	}
	return nil
}

// Sign sets Authorization. The nonce is to be another for each request; at is the time by the server's clock, which
// servers hold to a minute. Errors of what was declared are a *FieldError.
func (h Hawk) Sign(r *exchange.Request, at time.Time, nonce string) error {
	if err := h.Validate(); err != nil {
		return err
	}
	if nonce == "" {
		return missing("nonce", "")
	}
	if err := hawkAttribute("nonce", nonce); err != nil {
		return err
	}
	t, err := newTarget(r)
	if err != nil {
		return err
	}
	payloadHash := ""
	if h.PayloadHash {
		if payloadHash, err = h.hashPayload(r); err != nil {
			return err
		}
	}
	ts := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(h.hash(), []byte(h.Key))
	_, _ = io.WriteString(mac, h.normalized(t, ts, nonce, payloadHash))
	fields := []string{"id", h.ID, "ts", ts, "nonce", nonce, "hash", payloadHash, "ext", h.Ext,
		"mac", base64.StdEncoding.EncodeToString(mac.Sum(nil)), "app", h.App, "dlg", h.Dlg}
	var out []string
	for pair := range slices.Chunk(fields, 2) {
		if pair[1] != "" {
			out = append(out, pair[0]+`="`+pair[1]+`"`)
		}
	}
	r.Header.Set("Authorization", "Hawk "+strings.Join(out, ", "))
	return nil
}

func (h Hawk) hash() func() hash.Hash {
	if h.Algorithm == "sha1" {
		return sha1.New
	}
	return sha256.New
}

// normalized is what is signed: a line for each part.
func (h Hawk) normalized(t *target, ts, nonce, payloadHash string) string {
	host := t.host
	if port := t.port(); strings.HasSuffix(host, ":"+port) {
		host = strings.TrimSuffix(host, ":"+port)
	}
	lines := []string{"hawk.1.header", ts, nonce, strings.ToUpper(t.method), t.url.RequestURI(), strings.ToLower(host), t.port(), payloadHash, h.Ext}
	if h.App != "" {
		lines = append(lines, h.App, h.Dlg)
	}
	return strings.Join(lines, "\n") + "\n"
}

// hashPayload is the hash of the body and its media type.
func (h Hawk) hashPayload(r *exchange.Request) (string, error) {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	sum := h.hash()()
	_, _ = io.WriteString(sum, "hawk.1.payload\n"+strings.ToLower(strings.TrimSpace(media))+"\n")
	if err := payload(context.Background(), sum, r); err != nil {
		return "", err
	}
	_, _ = io.WriteString(sum, "\n")
	return base64.StdEncoding.EncodeToString(sum.Sum(nil)), nil
}
