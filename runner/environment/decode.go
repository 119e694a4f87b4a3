package environment

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/joho/godotenv"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// overlay lays files over each other, the widest first.
func (l *loader) overlay(files []*file) *overlay {
	o := &overlay{name: files[len(files)-1].environment, variables: map[string]*Variable{}, env: l.env(files)}
	for _, f := range files {
		l.decode(f, o)
	}
	// What a pool's secrets are worth is known when all files have been read.
	if o.pool == nil {
		for _, f := range files {
			l.checkLiterals(f)
		}
	}
	return o
}

// env makes the function that {{env.NAME}} and { env = "NAME" } read: the OS environment, then the dotenv files.
func (l *loader) env(files []*file) func(string) *envVariable {
	dotenv := map[string]string{}
	for _, f := range files {
		l.dotenv(f, dotenv)
	}
	var names []string
	for name := range dotenv {
		names = append(names, name)
	}
	slices.Sort(names)
	return func(name string) *envVariable {
		if l.options.Getenv != nil {
			if value, ok := l.options.Getenv(name); ok {
				return &envVariable{value: value, set: true}
			}
		}
		if value, ok := dotenv[name]; ok {
			return &envVariable{value: value, set: true}
		}
		return &envVariable{nearest: diag.Nearest(name, names)}
	}
}

// dotenv reads the file that an environment names. Its errors repeat what it holds, and are not passed on.
func (l *loader) dotenv(f *file, into map[string]string) {
	e, ok := f.root.Get("dotenv")
	if !ok {
		return
	}
	name, ok := e.Node.Text()
	if !ok || name == "" {
		l.list.Add(e.Node.Span, "dotenv must be the path of a file, not "+described(e.Node), "")
		return
	}
	disk, err := l.path(f, name)
	var text []byte
	if err == nil {
		text, err = os.ReadFile(disk)
	}
	if err != nil {
		l.list.Add(e.Node.Span, "the dotenv file "+strconv.Quote(name)+" cannot be read: "+reason(err), "paths are relative to the environment file")
		return
	}
	values, err := godotenv.UnmarshalBytes(text)
	if err != nil {
		l.list.Add(e.Node.Span, "line "+strconv.Itoa(badLine(string(text)))+" of the dotenv file "+strconv.Quote(name)+" is not NAME=value", "")
	}
	for name, value := range values {
		into[name] = value
	}
}

// badLine is the first line of a dotenv file that cannot be read. A value in quotes may go on over several lines.
func badLine(text string) int {
	const most = 1000 // lines of one value
	lines := strings.SplitAfter(text, "\n")
	for first := 0; first < len(lines); {
		read := 0
		for n := 1; n <= most && first+n <= len(lines) && read == 0; n++ {
			statement := strings.Join(lines[first:first+n], "")
			if _, err := godotenv.Unmarshal(statement); err == nil {
				read = n
			} else if !strings.ContainsAny(lines[first], "'\"") {
				break
			}
		}
		if read == 0 {
			return first + 1
		}
		first += read
	}
	return 1
}

// path is a path in an environment file: of the home folder after a "~", else relative to the file.
func (l *loader) path(f *file, name string) (string, error) {
	if name == "~" || strings.HasPrefix(name, "~/") {
		if l.options.Home == "" {
			return "", errNoHome
		}
		return filepath.Join(l.options.Home, filepath.FromSlash(strings.TrimPrefix(name[1:], "/"))), nil
	}
	if name = filepath.FromSlash(name); filepath.IsAbs(name) {
		return name, nil
	}
	return filepath.Join(f.folder, name), nil
}

// keys are what an environment file may say.
func keys() []string {
	return []string{"extends", "dotenv", callbackName, "state", "variables", "secrets", "cognito"}
}

// decode lays one file over what came before it.
func (l *loader) decode(f *file, o *overlay) {
	for _, e := range f.root.Entries {
		switch e.Key {
		case "extends":
			if f.private {
				l.list.Add(e.Span, "a private file cannot extend an environment", "it is laid over "+f.environment+suffix+" as it is: write extends there")
			}
		case "dotenv": // env has read it
		case callbackName:
			o.callback = l.text(e, o, true)
		case "state":
			if o.state = l.text(e, o, false); o.state != nil {
				o.variables["state"] = o.state
			}
		case "variables":
			if l.table(e, `name = "value"`) {
				l.merge(compileVariables(e.Node, o.env, &l.list), o)
				if state, ok := o.variables["state"]; ok {
					o.state = state // it says the same there
				}
			}
		case "secrets":
			if l.table(e, `name = { env = "NAME" }`) {
				l.checkTwice(f, e.Node)
				l.merge(l.secrets(f, e.Node, o), o)
			}
		case "cognito":
			if l.table(e, `region = "us-east-1"`) {
				o.pool = &poolTable{entry: e, env: o.env}
				decodePool(o.pool, nil, &l.list)
			}
		default:
			l.unknown(e)
		}
	}
}

// merge lays variables over those there are. What was secret once stays so, whichever table overrides it.
func (l *loader) merge(variables map[string]*Variable, o *overlay) {
	for name, v := range variables {
		if old, ok := o.variables[name]; ok && old.Secret {
			v.Secret = true
		}
		o.variables[name] = v
	}
}

// unknown reports a key that an environment file does not have.
func (l *loader) unknown(e tomlnode.Entry) {
	hint := diag.DidYouMean(e.Key, keys())
	if hint == "" {
		hint = "variables stand under [variables]; else there is " + strings.TrimPrefix(diag.OneOf(keys()), "one of ")
	}
	l.list.Add(e.Span, "unknown key "+strconv.Quote(e.Key)+" in an environment", hint)
}

// text compiles an entry that must be a text.
func (l *loader) text(e tomlnode.Entry, o *overlay, secret bool) *Variable {
	if _, ok := e.Node.Text(); !ok {
		l.list.Add(e.Node.Span, e.Key+" must be a string, not "+e.Node.Kind.String(), "")
		return nil
	}
	t := compileNode(e.Node, o.env, &l.list)
	if t == nil {
		return nil
	}
	return &Variable{Span: e.Node.Span, Secret: secret, tree: t}
}

// table reports whether an entry is a table, and if not that it must be.
func (l *loader) table(e tomlnode.Entry, example string) bool {
	if e.Node.Kind != tomlnode.Table {
		l.list.Add(e.Node.Span, e.Key+" must be a table, not "+e.Node.Kind.String(), "write ["+e.Key+"] and below it "+example)
		return false
	}
	return true
}

// checkTwice reports names that one file declares as a variable and as a secret.
func (l *loader) checkTwice(f *file, secrets *tomlnode.Node) {
	variables, ok := f.root.Get("variables")
	if !ok {
		return
	}
	for _, e := range secrets.Entries {
		if _, twice := variables.Node.Get(e.Key); twice {
			l.list.Add(e.Span, strconv.Quote(e.Key)+" is both a variable and a secret", "keep it under [secrets]")
		}
	}
}

// described is a value for a message: its type, or that it is empty.
func described(n *tomlnode.Node) string {
	if n.Kind == tomlnode.String {
		return "an empty string"
	}
	return n.Kind.String()
}
