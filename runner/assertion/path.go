package assertion

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/postrider/postrider/runner/diag"
)

// The bounds of a path; gjson recurses into it.
const (
	maxPath    = 16 << 10
	maxNesting = 100
)

// modifiers are gjson's own (SYNTAX.md, "Modifiers").
func modifiers() []string {
	return []string{
		"@dig", "@flatten", "@fromstr", "@group", "@join", "@keys", "@pretty", "@reverse",
		"@this", "@tostr", "@ugly", "@valid", "@values",
	}
}

// A path is a gjson path that has been checked: gjson itself takes any text, and what it cannot read matches nothing.
type path struct {
	// text is the path as it was written.
	text string
	// steps are evaluated one after the other; between two of them the string that was found is read as JSON. They are
	// the path cut at its @fromstr, whose input must be checked before gjson sees it.
	steps []string
	// lines says that the path begins with "..", which reads JSON lines as an array.
	lines bool
	// unpacks says that there is an @fromstr that could not be cut out, within a query, a multipath or after #.
	unpacks bool
	// digs says that there is an @dig, which takes time in proportion to depth and size.
	digs bool
}

// parsePath checks a gjson path by the rules of gjson 1.20 (SYNTAX.md and the parser). It refuses what gjson would take
// for an odd name and silently not find: `items[0]`, `a..b`, `#(a=='x')`, `@lenght`. Any of these characters may be
// meant, and is then written with a backslash.
func parsePath(text string) (*path, *ArgumentError) {
	if text == "" {
		return nil, &ArgumentError{Message: "the path is empty", Hint: `"@this" is the whole document`}
	}
	if len(text) > maxPath {
		return nil, &ArgumentError{End: len(text), Message: "the path is longer than 16 kB"}
	}
	p := pathParser{text: text, out: path{text: text}}
	start := 0
	if strings.HasPrefix(text, "..") && len(text) > 2 {
		p.out.lines = true
		start = 2
	} else if text[0] == '$' && (len(text) == 1 || text[1] == '.' || text[1] == '[') {
		return nil, &ArgumentError{0, 1, "gjson paths do not begin with $", `leave out "$."; a member of that name is written \$`}
	}
	if err := p.path(start, len(text), !p.out.lines); err != nil {
		return nil, err
	}
	p.out.steps = p.steps(start)
	p.out.unpacks = strings.Count(text, "@fromstr") > len(p.cuts)
	return &p.out, nil
}

type pathParser struct {
	text  string
	depth int
	cuts  [][2]int // of each @fromstr that can be cut out
	out   path
}

// steps cuts the path at each @fromstr and drops the separators beside it.
func (p *pathParser) steps(start int) []string {
	var steps []string
	for _, cut := range p.cuts {
		steps = append(steps, p.text[start:max(start, cut[0]-1)])
		start = min(cut[1]+1, len(p.text))
	}
	return append(steps, p.text[start:])
}

func (p *pathParser) fail(start, end int, message, hint string) *ArgumentError {
	return &ArgumentError{Start: start, End: end, Message: message, Hint: hint}
}

// path checks text[i:end], which gjson would give to Get. At the top, each @fromstr is noted; after `#.` what follows is
// evaluated for each element, so there it cannot be cut out.
func (p *pathParser) path(i, end int, top bool) *ArgumentError {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		return p.fail(i, end, "the path is nested deeper than 100", "")
	}
	first, each := true, false
	for {
		next, err := p.component(i, end, first)
		if err != nil {
			return err
		}
		part := p.text[i:next]
		if top && !each && (part == "@fromstr" || strings.HasPrefix(part, "@fromstr:")) {
			p.cuts = append(p.cuts, [2]int{i, next})
		}
		if next == end {
			return nil
		}
		separator := p.text[next]
		first = separator == '|'
		each = !first && (each || part == "#" || strings.HasPrefix(part, "#") && strings.HasSuffix(part, ")#") ||
			strings.HasPrefix(part, "#") && strings.HasSuffix(part, "]#"))
		if i = next + 1; i == end {
			return p.fail(next, end, "the path ends in "+quote(string(separator)), "leave it out")
		}
	}
}

// component checks what begins at i and gives where it ends: at a separator or at the end. gjson reads a literal only
// where a path begins and after a pipe, which is what first says.
func (p *pathParser) component(i, end int, first bool) (int, *ArgumentError) {
	switch c := p.text[i]; c {
	case '.', '|':
		return 0, p.fail(i, i+1, "a name is missing before "+quote(string(c)), "")
	case '@':
		return p.modifier(i, end)
	case '[', '{':
		return p.multipath(i, end)
	case '"':
		return 0, p.fail(i, i+1, "names in a path have no quotes", `write a dot in a name as "\."`)
	case ')', ']', '}':
		return 0, p.fail(i, i+1, quote(string(c))+" was not opened", "")
	case '#':
		if i+1 < end && (p.text[i+1] == '(' || p.text[i+1] == '[') {
			return p.query(i, end)
		}
	case '!':
		if first {
			return p.literal(i, end)
		}
	}
	return p.name(i, end)
}

func (p *pathParser) name(i, end int) (int, *ArgumentError) {
	for start := i; i < end; i++ {
		switch p.text[i] {
		case '\\':
			if i++; i == end {
				return 0, p.fail(i-1, i, "the path ends in a backslash", "write two for one in a name")
			}
		case '.', '|':
			return i, nil
		case '[':
			hint := `write \[ for one in a name`
			if index, rest, ok := strings.Cut(p.text[i+1:end], "]"); ok && index != "" && strings.Trim(index, "0123456789") == "" {
				hint = "did you mean " + quote(p.text[start:i]+"."+index+rest) + "? " + hint
			} else if ok && (index == "*" || index == "") {
				hint = "did you mean " + quote(p.text[start:i]+".#"+rest) + "? " + hint
			}
			return 0, p.fail(i, i+1, "gjson has no brackets after a name", hint)
		case ']':
			return 0, p.fail(i, i+1, `"]" was not opened`, `write \] for one in a name`)
		}
	}
	return end, nil
}

// ends says whether a component may end at i, which is where its last bracket closed.
func (p *pathParser) ends(i, end int) (int, *ArgumentError) {
	if i == end || p.text[i] == '.' || p.text[i] == '|' {
		return i, nil
	}
	return 0, p.fail(i, i+1, "a dot or a pipe is missing before "+describe(p.text[i:end]), "")
}

func (p *pathParser) modifier(i, end int) (int, *ArgumentError) {
	j := i
	for j < end && !strings.ContainsRune(":.|", rune(p.text[j])) {
		j++
	}
	name := p.text[i:j]
	if !gjson.ModifierExists(name[1:], nil) {
		hint := `a member of that name is written \` + name
		if near := diag.DidYouMean(name, modifiers()); near != "" {
			hint = near + " " + hint
		}
		return 0, p.fail(i, j, "gjson has no modifier "+quote(name), hint)
	}
	p.out.digs = p.out.digs || name == "@dig"
	if j == end || p.text[j] != ':' {
		if name == "@dig" {
			return 0, p.fail(i, j, "@dig needs a name to look for", `write "@dig:name"`)
		}
		return j, nil
	}
	argument, err := p.argument(j+1, end)
	if err != nil {
		return 0, err
	}
	if name == "@dig" && argument > j+1 {
		if err := p.path(j+1, argument, false); err != nil {
			return 0, err
		}
	}
	return p.ends(argument, end)
}

// argument gives the end of a modifier's argument: JSON, or text up to the next pipe outside brackets.
func (p *pathParser) argument(i, end int) (int, *ArgumentError) {
	for start := i; i < end; i++ {
		switch c := p.text[i]; c {
		case '|':
			return i, nil
		case '{', '[', '"', '(':
			j, err := p.balanced(i, end)
			if err != nil {
				return 0, err
			}
			if i == start && c != '(' {
				if !gjson.Valid(p.text[i:j]) {
					return 0, p.fail(i, j, "the argument of the modifier is not JSON", "")
				}
				return j, nil
			}
			i = j - 1
		}
	}
	return end, nil
}

// balanced gives the end of the brackets or the string that begin at i.
func (p *pathParser) balanced(i, end int) (int, *ArgumentError) {
	if p.text[i] == '"' {
		return p.quoted(i, end)
	}
	depth := 0
	for j := i; j < end; j++ {
		switch p.text[j] {
		case '\\':
			j++
		case '"':
			next, err := p.quoted(j, end)
			if err != nil {
				return 0, err
			}
			j = next - 1
		case '[', '(', '{':
			depth++
		case ']', ')', '}':
			if depth--; depth == 0 {
				return j + 1, nil
			}
		}
	}
	return 0, p.fail(i, end, quote(p.text[i:i+1])+" is never closed", "")
}

func (p *pathParser) quoted(i, end int) (int, *ArgumentError) {
	for j := i + 1; j < end; j++ {
		switch p.text[j] {
		case '\\':
			j++
		case '"':
			return j + 1, nil
		}
	}
	return 0, p.fail(i, end, "the quote is never closed", "")
}

// literal checks !"text", !true and the like; anything else after ! is a name.
func (p *pathParser) literal(i, end int) (int, *ArgumentError) {
	if i+1 < end && strings.IndexByte(`{["`, p.text[i+1]) >= 0 {
		j, err := p.balanced(i+1, end)
		if err != nil {
			return 0, err
		}
		return p.ends(j, end)
	}
	return p.name(i, end)
}
