// Package environment gives names their values: environment files, scopes and their precedence, {{templates}},
// callback URLs, secrets and their redaction.
//
// [Load] reads environment files into an [Environment], whose [Layer] values go with those of the collection into a
// [Scopes], one for each virtual user. [ParseTemplate] compiles a text once; [Template.Expand] fills it in as often as
// needed:
//
//	env, problems := environment.Load(environment.Options{Names: []string{"local"}, Getenv: getenv})
//	if err := problems.Err(); err != nil {
//		return err
//	}
//	scopes := environment.NewScopes(env.Layers()...)
//	scopes.Redactor = environment.NewRedactor()
//	env.Feed(scopes.Redactor)
//	url, err := template.Expand(scopes)
//
// A value is nil, a bool, a [encoding/json.Number], a string, a []any, a map[string]any, or a [encoding/json.RawMessage]
// that holds a JSON array or object as it was received. Numbers keep the digits that they were written with.
//
// Substitution is one pass. A value that came from outside (a response, a data row, the command line) is inserted as
// it is, whatever braces it holds; only variables declared in TOML may use templates themselves. The environment of
// the operating system can be read from environment files alone, through the function in [Options].
package environment
