package environment

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// LoadGlobals reads the variables that come after all others: a TOML file with a table [variables], or the file that
// Postman exports its globals to ({"values": [{"key": …, "value": …, "enabled": true}]}). Those that are not enabled
// are left out, and of two with one name the last is taken, as Postman does.
func LoadGlobals(name string) (*Layer, diag.List) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, diag.List{{Message: "cannot read " + strconv.Quote(name) + ": " + reason(err)}}
	}
	layer := &Layer{Rank: RankGlobals, Name: "globals " + strconv.Quote(name)}
	if strings.HasSuffix(strings.ToLower(name), ".json") {
		if layer.Values, err = postmanValues(text); err != nil {
			return nil, diag.List{{
				Message: "cannot read " + strconv.Quote(name) + " as Postman's globals: " + err.Error(), Hint: `expected {"values": [{"key": "…", "value": "…"}]}`,
			}}
		}
		return layer, nil
	}
	root, list := tomlnode.Parse(diag.NewSource(name, string(text)))
	if root == nil || list.HasErrors() {
		return nil, list
	}
	for _, e := range root.Entries {
		if e.Key != "variables" || e.Node.Kind != tomlnode.Table {
			list.Add(e.Span, "globals have a table [variables] and nothing else", "write [variables] above them")
			return nil, list
		}
		var l diag.List
		layer.Variables, l = CompileVariables(e.Node)
		list = append(list, l...)
	}
	return layer, list
}

// postmanValues reads the list of values that Postman exports.
func postmanValues(text []byte) (map[string]any, error) {
	var file struct {
		Values *[]struct {
			Key     string
			Value   any
			Enabled *bool
		}
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		return nil, errNotPostman
	}
	if file.Values == nil {
		return nil, errNotPostman
	}
	values := map[string]any{}
	for _, v := range *file.Values {
		if v.Key != "" && (v.Enabled == nil || *v.Enabled) {
			values[v.Key] = v.Value
		}
	}
	return values, nil
}

type notPostman struct{}

func (notPostman) Error() string { return "it has no list of values" }

var errNotPostman = notPostman{}
