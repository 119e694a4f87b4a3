package environment

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Claims returns the header and the claims of a JWT (RFC 7519) without verifying it. No error repeats any of the token.
func Claims(token string) (header, claims json.RawMessage, err error) {
	segments := strings.Split(token, ".")
	switch len(segments) {
	case 3:
	case 5:
		return nil, nil, errors.New("the token is encrypted (JWE), so its claims cannot be read")
	default:
		return nil, nil, errors.New("the token is not a JWT: it has " + strconv.Itoa(len(segments)) + " parts between dots, not 3")
	}
	if header, err = segment(segments[0], "header"); err != nil {
		return nil, nil, err
	}
	if claims, err = segment(segments[1], "claims part"); err != nil {
		return nil, nil, err
	}
	return header, claims, nil
}

// segment decodes a part of a JWT, which must be a JSON object.
func segment(text, what string) (json.RawMessage, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, errors.New("the token is not a JWT: its " + what + " is not base64url")
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return nil, errors.New("the token is not a JWT: its " + what + " is not a JSON object")
	}
	return raw, nil
}

// Truncated is a token whose end was lost: a JWT without half of its signature, any other token without its second
// half. An empty token stays empty.
func Truncated(token string) string {
	if dot := strings.LastIndexByte(token, '.'); dot >= 0 && strings.Count(token, ".") == 2 && dot+1 < len(token) {
		return token[:dot+1+(len(token)-dot-1)/2]
	}
	return token[:len(token)/2]
}

// Tampered is a JWT with other claims under the old signature: another sub, or one claim more where sub is no text.
func Tampered(token string) (string, error) {
	_, claims, err := Claims(token)
	if err != nil {
		return "", err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(claims, &object); err != nil {
		return "", err
	}
	var sub string
	if json.Unmarshal(object["sub"], &sub) == nil && sub != "" {
		last := byte('0')
		if sub[len(sub)-1] == last {
			last = '1'
		}
		object["sub"], err = json.Marshal(strings.ToValidUTF8(sub[:len(sub)-1], "") + string(last))
	} else {
		object["tampered"] = negated(object["tampered"])
	}
	if err != nil {
		return "", err
	}
	segments := strings.Split(token, ".")
	segments[1], err = encodeSegment(object)
	return strings.Join(segments, "."), err
}

// negated is true, or false where it was true, so that a token tampered with twice is not the first one.
func negated(raw json.RawMessage) json.RawMessage {
	if string(raw) == "true" {
		return json.RawMessage("false")
	}
	return json.RawMessage("true")
}

// Unsigned is a JWT whose header says alg none and which has no signature (RFC 7515, appendix A.5).
func Unsigned(token string) (string, error) {
	header, _, err := Claims(token)
	if err != nil {
		return "", err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(header, &object); err != nil {
		return "", err
	}
	object["alg"] = json.RawMessage(`"none"`)
	first, err := encodeSegment(object)
	return first + "." + strings.Split(token, ".")[1] + ".", err
}

func encodeSegment(object map[string]json.RawMessage) (string, error) {
	raw, err := json.Marshal(object)
	return base64.RawURLEncoding.EncodeToString(raw), err
}

// claim is the filter: a claim of a JWT with its type.
func claim(token string, arguments []string) (any, error) {
	name := arguments[0]
	_, claims, err := Claims(token)
	if err != nil {
		return nil, err
	}
	raw, ok := member(claims, name)
	if !ok {
		return nil, errors.New("the token has no claim " + strconv.Quote(name))
	}
	return fromJSON(raw)
}

// member is the value at a dotted path of an object. A key may hold dots itself, as claims named by URL do.
func member(object json.RawMessage, path string) (json.RawMessage, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return nil, false
	}
	if raw, ok := members[path]; ok {
		return raw, true
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if inner, ok := members[path[:i]]; ok {
			if raw, ok := member(inner, path[i+1:]); ok {
				return raw, true
			}
		}
	}
	return nil, false
}

// maxMoment is the latest second since 1970 that is taken for a time: far beyond all calendars, and within what
// time.Time can compare.
const maxMoment = 1 << 60

// expiry is the exp of a JWT, in whole seconds. Fractions are legal (RFC 7519, section 2).
func expiry(token string) (at time.Time, ok bool) {
	_, claims, err := Claims(token)
	if err != nil {
		return time.Time{}, false
	}
	var object struct {
		Exp json.Number `json:"exp"`
	}
	if json.Unmarshal(claims, &object) != nil {
		return time.Time{}, false
	}
	whole, _, _ := strings.Cut(object.Exp.String(), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(min(max(n, -maxMoment), maxMoment), 0), true
}
