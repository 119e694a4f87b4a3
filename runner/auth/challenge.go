package auth

import (
	"strings"
)

// A challenge is one of those that a WWW-Authenticate field holds (RFC 9110, section 11.6.1).
type challenge struct {
	scheme string            // as spelled
	token  string            // token68, as of NTLM; or
	params map[string]string // names in lower case, values without quotes
}

// is compares the scheme, whose case does not matter.
func (c challenge) is(scheme string) bool { return strings.EqualFold(c.scheme, scheme) }

// parseChallenges reads the challenges of all fields. A comma may stand between two challenges or between two parameters
// of one; what is neither is passed over, for the other challenges may be good.
func parseChallenges(fields []string) []challenge {
	var all []challenge
	for _, field := range fields {
		var current *challenge
		p := parser{field}
		for {
			p.skip(" \t,")
			if p.rest == "" {
				break
			}
			name := p.token()
			if name == "" {
				p.rest = p.rest[1:]
				continue
			}
			if value, ok := p.parameter(); ok && current != nil {
				if _, twice := current.params[strings.ToLower(name)]; !twice {
					current.params[strings.ToLower(name)] = value
				}
				continue
			}
			all = append(all, challenge{scheme: name, token: p.token68(), params: map[string]string{}})
			current = &all[len(all)-1]
		}
	}
	return all
}

// A parser holds what is left of a field.
type parser struct{ rest string }

func (p *parser) skip(set string) { p.rest = strings.TrimLeft(p.rest, set) }

// token takes a token (RFC 9110, section 5.6.2), which may be empty.
func (p *parser) token() string {
	end := 0
	for end < len(p.rest) && isTokenByte(p.rest[end]) {
		end++
	}
	token := p.rest[:end]
	p.rest = p.rest[end:]
	return token
}

func isTokenByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
}

// parameter takes = and a value after a name. Blanks around = are bad but must be taken.
func (p *parser) parameter() (string, bool) {
	after, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \t"), "=")
	if !ok {
		return "", false
	}
	p.rest = strings.TrimLeft(after, " \t")
	if quoted, ok := strings.CutPrefix(p.rest, `"`); ok {
		p.rest = quoted
		return p.quoted(), true
	}
	value, _, _ := strings.Cut(p.rest, ",")
	p.rest = p.rest[len(value):]
	return strings.TrimRight(value, " \t"), true
}

// quoted takes a quoted-string after its first quote; one that does not end goes to the end.
func (p *parser) quoted() string {
	var out strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch b := p.rest[i]; {
		case b == '"':
			p.rest = p.rest[i+1:]
			return out.String()
		case b == '\\' && i+1 < len(p.rest):
			i++
			out.WriteByte(p.rest[i])
		default:
			out.WriteByte(b)
		}
	}
	p.rest = ""
	return out.String()
}

// token68 takes what NTLM and Negotiate have after the scheme; it ends at a comma or with the field.
func (p *parser) token68() string {
	text := strings.TrimLeft(p.rest, " \t")
	word, _, _ := strings.Cut(text, ",")
	word = strings.TrimRight(word, " \t")
	body := strings.TrimRight(word, "=")
	for i := range len(body) {
		if b := body[i]; !isTokenByte(b) && b != '/' || strings.IndexByte("!#$%&'*^`|", b) >= 0 {
			return ""
		}
	}
	if body == "" {
		return ""
	}
	p.rest = text[len(word):]
	return word
}

// quote makes a quoted-string (RFC 9110, section 5.6.4).
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
