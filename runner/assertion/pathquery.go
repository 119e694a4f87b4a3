package assertion

import "strings"

// query checks `#(path op value)`, with or without a # behind it. The end and the operator are found as gjson's
// parseQuery finds them.
func (p *pathParser) query(i, end int) (int, *ArgumentError) {
	open, depth, operator := i+2, 1, 0
	j := open
	for ; j < end && depth > 0; j++ {
		c := p.text[j]
		if depth == 1 && operator == 0 && strings.IndexByte("!=<>%", c) >= 0 {
			operator = j
			continue
		}
		switch c {
		case '\\':
			j++
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case '"':
			next, err := p.quoted(j, end)
			if err != nil {
				return 0, err
			}
			j = next - 1
		}
	}
	if depth > 0 || j > end {
		return 0, p.fail(i, end, quote(p.text[i:open])+" is never closed", "")
	}
	inside := j - 1
	left := inside
	if operator > 0 {
		left = operator
		if err := p.comparison(operator, inside); err != nil {
			return 0, err
		}
	}
	if start, stop := p.trim(open, left); start < stop {
		if err := p.path(start, stop, false); err != nil {
			return 0, err
		}
	} else if operator == 0 {
		return 0, p.fail(i, j, "the query is empty", `as in #(name=="Jane")`)
	}
	if j < end && p.text[j] == '#' {
		j++
	}
	return p.ends(j, end)
}

func (p *pathParser) trim(start, end int) (int, int) {
	for start < end && p.text[start] <= ' ' {
		start++
	}
	for start < end && p.text[end-1] <= ' ' {
		end--
	}
	return start, end
}

// comparison checks an operator and its value.
func (p *pathParser) comparison(start, end int) *ArgumentError {
	i := start
	for i < end && strings.IndexByte("!=<>%", p.text[i]) >= 0 {
		i++
	}
	switch operator := p.text[start:i]; operator {
	case "=", "==", "!=", "<", "<=", ">", ">=", "%", "!%":
	default:
		return p.fail(start, i, "gjson has no operator "+quote(operator), "one of == != < <= > >= % !%")
	}
	i, end = p.trim(i, end)
	if i == end {
		return p.fail(start, end, "there is nothing to compare with", `the empty string is ""`)
	}
	value := p.text[i:end]
	switch {
	case value[0] == '"':
		j, err := p.quoted(i, end)
		if err == nil && j < end {
			err = p.fail(j, end, "there is something behind the value", `chain queries, as in #(a==1)#|#(b==2)`)
		}
		return err
	case value[0] == '\'':
		return p.fail(i, end, "gjson takes single quotes for part of the value", "write double quotes")
	case value[0] == '~':
		switch value {
		case "~true", "~false", "~null", "~*":
			return nil
		}
		return p.fail(i, end, "gjson has no "+quote(value), "one of ~true ~false ~null ~*")
	case strings.Contains(value, "&&"), strings.Contains(value, "||"):
		return p.fail(i, end, "gjson has no && and no ||", "chain queries, as in #(a==1)#|#(b==2)")
	}
	return nil
}

// multipath checks `[path,path]` and `{"name":path}`. The selectors are found as gjson's parseSubSelectors finds them.
func (p *pathParser) multipath(i, end int) (int, *ArgumentError) {
	start, colon, depth, modifier := i+1, 0, 1, false
	selector := func(stop int) *ArgumentError {
		from := start
		if colon > 0 {
			from = colon + 1
		}
		defer func() { start, colon, modifier = stop+1, 0, false }()
		return p.selector(start, from, stop)
	}
	for j := start; j < end; j++ {
		switch c := p.text[j]; c {
		case '\\':
			j++
		case '@':
			modifier = modifier || p.text[j-1] == '.' || p.text[j-1] == '|'
		case ':':
			if depth == 1 && colon == 0 && !modifier {
				colon = j
			}
		case ',':
			if depth == 1 {
				if err := selector(j); err != nil {
					return 0, err
				}
			}
		case '"':
			next, err := p.quoted(j, end)
			if err != nil {
				return 0, err
			}
			j = next - 1
		case '[', '(', '{':
			depth++
		case ']', ')', '}':
			if depth--; depth > 0 {
				continue
			}
			if err := selector(j); err != nil {
				return 0, err
			}
			return p.ends(j+1, end)
		}
	}
	return 0, p.fail(i, end, quote(p.text[i:i+1])+" is never closed", "")
}

// selector checks one path of a multipath; its name, if any, is text[name:path-1].
func (p *pathParser) selector(name, path, end int) *ArgumentError {
	switch {
	case name < path && p.text[name] == '@':
		return p.fail(name, path-1, "gjson takes "+quote(p.text[name:path-1])+" for a name here", `write "@this|" before it`)
	case path == end:
		return p.fail(max(name-1, 0), end, "a path is missing", "")
	case p.text[path] <= ' ':
		return p.fail(path, path+1, "gjson takes the blank for part of the name", "leave it out")
	}
	return p.path(path, end, false)
}
