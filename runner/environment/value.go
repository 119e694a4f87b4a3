package environment

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// textOf is a value as it stands in a text.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", errNull
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		if v {
			return "true", nil
		}
		return "false", nil
	}
	return jsonOf(v)
}

// jsonOf is a value as compact JSON. Nothing is escaped for HTML's sake.
func jsonOf(v any) (string, error) {
	var b bytes.Buffer
	if raw, ok := v.(json.RawMessage); ok {
		if err := json.Compact(&b, raw); err != nil {
			return "", errors.New("it is not JSON")
		}
		return b.String(), nil
	}
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "", errors.New("it has no form in JSON")
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// fromJSON is JSON text as a value: scalars as such, arrays and objects as they were received.
func fromJSON(raw json.RawMessage) (any, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		return raw, nil
	}
	var v any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err := decoder.Decode(&v)
	return v, err
}

// leaves calls visit with every text and number in a value.
func leaves(v any, visit func(string)) {
	switch v := v.(type) {
	case string:
		visit(v)
	case json.Number:
		visit(v.String())
	case []any:
		for _, item := range v {
			leaves(item, visit)
		}
	case map[string]any:
		for _, item := range v {
			leaves(item, visit)
		}
	case json.RawMessage:
		var decoded any
		decoder := json.NewDecoder(bytes.NewReader(v))
		decoder.UseNumber()
		if decoder.Decode(&decoded) == nil {
			leaves(decoded, visit)
		}
		visit(string(v))
	}
}
