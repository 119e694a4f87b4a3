package auth

import (
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// FieldError is why a declared way to authenticate cannot be used. Key is the one of the collection that is meant, as it is
// written there ("signature_method"), so that a diagnostic can point at it; it is empty where no single key is to blame.
// Message and Hint are for people; neither holds a secret.
type FieldError struct {
	Key     string
	Message string // the algorithm "HS265" is not known
	Hint    string // did you mean "HS256"? May be empty
}

// Error gives the message without the hint.
func (e *FieldError) Error() string { return e.Message }

// missing says that the value of a key is empty.
func missing(key, hint string) *FieldError {
	return &FieldError{Key: key, Message: key + " is empty", Hint: hint}
}

// filled gives an error for the first key without a value. Keys and values take turns.
func filled(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return missing(pairs[i], "")
		}
	}
	return nil
}

// unknown says that the value of a key is none of those that it may have, and which may have been meant.
func unknown(key, found string, known []string) *FieldError {
	e := &FieldError{
		Key:     key,
		Message: key + " " + strconv.Quote(oneLine(found)) + " is not known",
		Hint:    "expected " + list(known),
	}
	nearest, distance := "", 3
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(found), strings.ToLower(k)); d < distance {
			nearest, distance = k, d
		}
	}
	if nearest != "" {
		e.Hint = "did you mean " + strconv.Quote(nearest) + "?"
	}
	return e
}

// list words alternatives: "a", "b" or "c".
func list(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	last := len(quoted) - 1
	if last < 1 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
