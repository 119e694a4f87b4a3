package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// options are those of postrider.load.
type options struct {
	Environments []string
	Variables    map[string]string
	Data         string
	Files        []string // that the collection names by templates
	Select       runner.Selection
	Seed         *uint64
}

// key tells what was asked for from all else that may be.
func (o *options) key(path string) string {
	text, _ := json.Marshal(o) // nothing in it can fail
	return path + "\x00" + string(text)
}

// object is a JavaScript object as a map. Nothing at all is an empty one.
func object(v sobek.Value, what string) (map[string]any, error) {
	if common.IsNullish(v) {
		return nil, nil
	}
	m, ok := v.Export().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s must be an object, such as { environment: \"staging\" }", what)
	}
	return m, nil
}

func parseOptions(v sobek.Value) (o options, err error) {
	m, err := object(v, "the options of postrider.load()")
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if err != nil {
			break
		}
		switch name {
		case "environment":
			o.Environments, err = texts(name, m[name])
		case "request":
			o.Select.Requests, err = texts(name, m[name])
		case "folder":
			o.Select.Folders, err = texts(name, m[name])
		case "tag":
			o.Select.Tags, err = texts(name, m[name])
		case "skipTag":
			o.Select.SkipTags, err = texts(name, m[name])
		case "data":
			o.Data, err = text(name, m[name])
		case "files":
			o.Files, err = texts(name, m[name])
		case "seed":
			o.Seed, err = seed(m[name])
		case "variables":
			o.Variables, err = variables(m[name])
		default:
			err = unknown("postrider.load()", name, "environment", "variables", "data", "files", "request", "folder", "tag", "skipTag", "seed")
		}
	}
	return o, err
}

// parseRunOptions are those of collection.run: whether a failure is thrown.
func parseRunOptions(v sobek.Value) (throws bool, err error) {
	m, err := object(v, "the options of collection.run()")
	for name, value := range m {
		if name != "throw" {
			return false, unknown("collection.run()", name, "throw")
		}
		var ok bool
		if throws, ok = value.(bool); !ok {
			return false, fmt.Errorf("throw must be true or false, not %v", value)
		}
	}
	return throws, err
}

func unknown(where, name string, legal ...string) error {
	hint := diag.DidYouMean(name, legal)
	if hint == "" {
		hint = diag.OneOf(legal)
	}
	return fmt.Errorf("%s has no option %q: %s", where, name, hint)
}

func text(name string, v any) (string, error) {
	s, ok := v.(string)
	if !ok || s == "" {
		return "", fmt.Errorf("%s must be a string, not %v", name, v)
	}
	return s, nil
}

// texts are one string, or several.
func texts(name string, v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, item := range list {
		s, err := text(name, item)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func seed(v any) (*uint64, error) {
	n, ok := v.(int64)
	if !ok || n < 0 {
		return nil, fmt.Errorf("seed must be a whole number from 0, not %v", v)
	}
	s := uint64(n)
	return &s, nil
}

func variables(v any) (map[string]string, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("variables must be an object, such as { page: 2 }, not %v", v)
	}
	out := make(map[string]string, len(m))
	for name, value := range m {
		switch value := value.(type) {
		case string:
			out[name] = value
		case bool:
			out[name] = strconv.FormatBool(value)
		case int64:
			out[name] = strconv.FormatInt(value, 10)
		case float64:
			if math.IsNaN(value) || math.IsInf(value, 0) {
				return nil, fmt.Errorf("the variable %q has no value: it is %v", name, value)
			}
			out[name] = strconv.FormatFloat(value, 'f', -1, 64)
		default:
			return nil, fmt.Errorf("the variable %q must be a string, a number or a boolean", name)
		}
	}
	return out, nil
}
