package environment

import (
	"encoding/base64"
	"math"
	"strings"
	"unicode/utf8"
)

const (
	// minRandom is the least length of a text that is taken for a secret because it looks random alone.
	minRandom = 32
	// minEntropy is the least entropy of such a text, in bits for each character. 32 random letters of base64 have 4.6.
	minEntropy = 4.0
	// minHexEntropy is that of hexadecimal digits, of which 32 random ones have 3.6.
	minHexEntropy = 3.0
	// longRandom is what such a text is called.
	longRandom = "a long random text"
)

// LooksSecret reports whether a text has the shape of a credential, and of which: "a JWT", "an AWS access key", "a GitHub
// token", "a private key", "basic credentials". It is for warnings, and says nothing of templates and placeholders. A
// text that is merely long and random is "a long random text"; where the text has a name, [LooksSecretAs] knows better.
func LooksSecret(text string) (what string, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) < 16 || strings.Contains(text, "{{") || isPlaceholder(text) {
		return "", false
	}
	if strings.Contains(text, "-----BEGIN ") && strings.Contains(text, "PRIVATE KEY") {
		return "a private key", true
	}
	if scheme, value, found := strings.Cut(text, " "); found {
		return inHeader(scheme, strings.TrimSpace(value))
	}
	if isJWT(text) {
		return "a JWT", true
	}
	for _, shape := range tokenShapes() {
		if rest, found := strings.CutPrefix(text, shape.prefix); found && len(rest) >= shape.least &&
			(shape.most == 0 || len(rest) <= shape.most) && tokenPart(strings.ReplaceAll(rest, ".", "")) == len(strings.ReplaceAll(rest, ".", "")) {
			return shape.what, true
		}
	}
	if isRandom(text) {
		return longRandom, true
	}
	return "", false
}

// LooksSecretAs is LooksSecret for a text under a name: what is an identifier or a digest by its name is none for being
// long and random.
func LooksSecretAs(name, text string) (what string, ok bool) {
	what, ok = LooksSecret(text)
	if what == longRandom && identifies(name) {
		return "", false
	}
	return what, ok
}

// A tokenShape is how the tokens of one issuer begin, and how many letters follow; most 0 is any number.
type tokenShape struct {
	prefix      string
	least, most int
	what        string
}

// tokenShapes are from the issuers' own pages: AWS IAM identifiers, GitHub's token formats, Slack's token types, Stripe's
// API keys, Google Cloud's API keys, GitLab's and npm's tokens, Postman's API keys.
func tokenShapes() []tokenShape {
	return []tokenShape{
		{"AKIA", 16, 16, "an AWS access key"}, {"ASIA", 16, 16, "an AWS access key"},
		{"ghp_", 36, 0, "a GitHub token"}, {"gho_", 36, 0, "a GitHub token"}, {"ghu_", 36, 0, "a GitHub token"},
		{"ghs_", 36, 0, "a GitHub token"}, {"ghr_", 36, 0, "a GitHub token"}, {"github_pat_", 36, 0, "a GitHub token"},
		{"xoxb-", 16, 0, "a Slack token"}, {"xoxp-", 16, 0, "a Slack token"}, {"xoxa-", 16, 0, "a Slack token"},
		{"xoxr-", 16, 0, "a Slack token"}, {"xoxs-", 16, 0, "a Slack token"}, {"xoxe-", 16, 0, "a Slack token"}, {"xapp-", 16, 0, "a Slack token"},
		{"sk_live_", 16, 0, "a Stripe key"}, {"rk_live_", 16, 0, "a Stripe key"},
		{"AIza", 35, 35, "a Google API key"}, {"ya29.", 20, 0, "a Google access token"},
		{"glpat-", 20, 0, "a GitLab token"}, {"npm_", 36, 36, "an npm token"}, {"PMAK-", 40, 0, "a Postman API key"},
		{"sk-", 32, 0, "an API key"}, {"SG.", 40, 0, "a SendGrid key"},
	}
}

// inHeader is what the value of an Authorization field is.
func inHeader(scheme, value string) (what string, ok bool) {
	switch {
	case strings.EqualFold(scheme, "bearer"):
		if what, ok := LooksSecret(value); ok && what != longRandom {
			return what, true
		}
		if len(value) >= 20 && !strings.ContainsAny(value, " \t") {
			return "a bearer token", true
		}
	case strings.EqualFold(scheme, "basic"):
		raw, err := base64.StdEncoding.DecodeString(value)
		user, password, pair := strings.Cut(string(raw), ":")
		if err == nil && pair && user+password != "" && utf8.Valid(raw) && !isPlaceholder(string(raw)) && !strings.Contains(string(raw), "{{") {
			return "basic credentials", true
		}
	}
	return "", false
}

// isJWT reports whether a text is a JWT, signed or encrypted.
func isJWT(text string) bool {
	parts := strings.Split(text, ".")
	if !strings.HasPrefix(text, tokenStart) || len(parts) != 3 && len(parts) != 5 {
		return false
	}
	for _, part := range parts {
		if tokenPart(part) != len(part) {
			return false
		}
	}
	_, err := segment(parts[0], "header")
	return err == nil
}

// isPlaceholder reports whether somebody is to put something else in the place of a text.
func isPlaceholder(text string) bool {
	lower := strings.ToLower(text)
	for _, word := range [...]string{"…", "...", "xxx", "example", "your", "changeme", "change_me", "change-me", "placeholder", "replace",
		"dummy", "<", ">", "***", "012345678", "123456789", "abcdefgh"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// isRandom reports whether a text is long, and its letters are in no order. Words change between upper and lower case and
// digits seldom, random letters all the time; and paths have more punctuation.
func isRandom(text string) bool {
	letters := strings.TrimRight(text, "=")
	if len(letters) < minRandom || len(text)-len(letters) > 2 || strings.HasPrefix(strings.ToLower(letters), "sha") {
		return false
	}
	hexadecimal := true
	var lower, upper, digits, others, changes int
	for i := range len(letters) {
		c := letters[i]
		if !isBase64(c) {
			return false
		}
		hexadecimal = hexadecimal && isHex(c)
		switch letterClass(c) {
		case 'a':
			lower++
		case 'A':
			upper++
		case '0':
			digits++
		default:
			others++
		}
		if i > 0 && letterClass(c) != letterClass(letters[i-1]) {
			changes++
		}
	}
	if hexadecimal {
		return digits > 0 && lower+upper > 0 && (lower == 0 || upper == 0) && !isBareUUID(letters) && entropy(letters) >= minHexEntropy
	}
	return lower > 0 && upper > 0 && digits >= 2 && 8*others <= len(letters) && 5*changes >= 2*len(letters) && entropy(letters) >= minEntropy
}

func letterClass(c byte) byte {
	switch {
	case c >= 'a' && c <= 'z':
		return 'a'
	case c >= 'A' && c <= 'Z':
		return 'A'
	case c >= '0' && c <= '9':
		return '0'
	}
	return '-'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// isBareUUID reports whether hexadecimal digits are a UUID without its hyphens (RFC 9562, section 4).
func isBareUUID(digits string) bool {
	return len(digits) == 32 && digits[12] >= '1' && digits[12] <= '8' && strings.IndexByte("89abAB", digits[16]) >= 0
}

// entropy is Shannon's, in bits for each byte.
func entropy(text string) float64 {
	var counts [256]int
	for i := range len(text) {
		counts[text[i]]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(text))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
