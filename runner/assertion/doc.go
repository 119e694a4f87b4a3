// Package assertion asks an exchange questions and judges the answers.
//
// Once, when a collection is loaded: [NewQuery] compiles what is looked at ("status", a header, a gjson path) and
// [NewPredicate] what must hold of it ("equals", "lt", "matches"). For each exchange: [NewSubject] wraps what was
// received, [Query.Find] gives what the query finds there and [Predicate.Check] the [Verdict]:
//
//	q, err := assertion.NewQuery("json", "user.email")
//	p, err := assertion.NewPredicate(q, "ends_with", "@example.com")
//	…
//	found, err := q.Find(assertion.NewSubject(x, variables.Lookup, time.Now()))
//	verdict := p.Check(found)
//
// A capture uses the same queries, and [Found.Value]. The signature of a JWT is judged elsewhere: see [Query.JWT].
//
// # Values
//
// Arguments, variables and what is found are an any that holds nil, a bool, a json.Number (digits as written, or "inf"
// and "nan" from TOML), a string (dates too), a []any, a map[string]any or a json.RawMessage (an array or object as
// received). int, int64, float64 and time.Duration are taken as well.
//
// # Rules
//
// Numbers compare as the decimals written and never as floats. Types must be equal to be equal: "200" is not 200.
// A member's name that comes twice in an object counts the first time. What matches nothing fails every predicate but
// `exists = false`, and `not` as well. Of several values of a header field one that fits is enough; `every` wants all.
package assertion
