package lint_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/lint"
)

func TestCollection(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		known      lint.Known
		want       []string
	}{
		{"nothing", "[variables]\nhost = 'x'\n[[request]]\nurl = '{{host}}/'\n", lint.Known{}, nil},
		{"unused variable", "[variables]\nhost = 'x'\n[[request]]\nurl = 'http://a/'\n", lint.Known{}, []string{
			`a.toml:2:1: the variable "host" is never used (take it out, or refer to it as {{host}})`,
		}},
		{"used by another variable", "[variables]\na = 'x'\nb = '{{a}}'\n[[request]]\nurl = '{{b}}/'\n", lint.Known{}, nil},
		{"unused capture", "[[request]]\nurl = 'http://a/'\ncapture.id = { json = 'id' }\n", lint.Known{}, []string{
			`a.toml:3:9: the capture "id" is never used (take it out, or refer to it as {{id}})`,
		}},
		{"captured for later", "[[request]]\nurl = 'http://a/'\ncapture.id = { json = 'id' }\n[[request]]\nurl = 'http://a/{{id}}'\n", lint.Known{}, nil},
		{"captured for its own assertion", "[[request]]\nurl = 'http://a/'\ncapture.id = { json = 'id' }\nassert.json.me = '{{id}}'\n", lint.Known{}, nil},
		{"captured too late", "[[request]]\nurl = 'http://a/{{id}}'\n[[request]]\nurl = 'http://a/'\ncapture.id = { json = 'id' }\n", lint.Known{}, []string{
			`a.toml:2:17: "id" is captured only later (move the request that captures it before this one)`,
		}},
		{"captured in setup", "[[request]]\nurl = 'http://a/{{id}}'\n[[setup]]\nurl = 'http://a/'\ncapture.id = { json = 'id' }\n", lint.Known{}, nil},
		{"a name like another", "[variables]\nhost = 'x'\n[[request]]\nurl = '{{hots}}/{{host}}'\n", lint.Known{}, []string{
			`a.toml:4:8: nothing here gives "hots" a value (did you mean "host"?)`,
		}},
		{"a name from elsewhere", "[[request]]\nurl = '{{elsewhere}}/'\n", lint.Known{}, nil},
		{"a name from nowhere", "[[request]]\nurl = '{{elsewhere}}/'\n", lint.Known{Names: []string{"domain"}, Complete: true}, []string{
			`a.toml:2:8: nothing here gives "elsewhere" a value (declare it under [variables], capture it, or give it with --var elsewhere=…)`,
		}},
		{"with a default", "[[request]]\nurl = '{{elsewhere | default \"x\"}}/'\n", lint.Known{Complete: true}, nil},
		{"literal password", "[[request]]\nurl = 'http://a/'\nauth.basic = { username = 'u', password = 'hunter22' }\n", lint.Known{}, []string{
			`a.toml:3:43: "password" is a literal secret, and everybody who has the collection can read it (put it under [secrets] of an environment, and refer to it as {{name}})`,
		}},
		{"literal header", "[[request]]\nurl = 'http://a/'\nheaders.Authorization = 'Bearer abc'\n", lint.Known{}, []string{
			`a.toml:3:25: "Authorization" is a literal secret, and everybody who has the collection can read it (put it under [secrets] of an environment, and refer to it as {{name}})`,
		}},
		{"token in a query", "[[request]]\nurl = 'http://a/'\nquery.q = 'ghp_q8Zr3TnW5xKd0vLb7YcJ1mPs9HfE2uGa4oNi'\n", lint.Known{}, []string{
			`a.toml:3:11: this looks like a GitHub token, and everybody who has the collection can read it (put it under [secrets] of an environment, and refer to it as {{name}})`,
		}},
		{"small method", "[[request]]\nmethod = 'post'\nurl = 'http://a/'\n", lint.Known{}, []string{
			`a.toml:1:3: the method "post" is not POST to a server (write method = "POST")`,
		}},
		{"no parameter", "[[request]]\nurl = 'http://a/:id/:other.json?x=:y'\nparams = { id = 1 }\n", lint.Known{}, []string{
			`a.toml:2:7: nothing fills in :other, so that it is sent as it is (say params = { other = … })`,
		}},
		{"circle", "[variables]\na = '{{b}}'\nb = '{{a}}'\n[[request]]\nurl = 'http://a/{{a}}'\n", lint.Known{}, []string{
			`a.toml:2:1: the variable "a" refers to itself: a → b → a (give one of them a value of its own)`,
			`a.toml:3:1: the variable "b" refers to itself: b → a → b (give one of them a value of its own)`,
		}},
		{"digest", "[[request]]\nurl = 'http://a/'\nassert.sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'\n", lint.Known{}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			col, list := collection.Parse("a.toml", c.text)
			if list.HasErrors() {
				t.Fatal(list)
			}
			var got []string
			for _, d := range lint.Collection(col, c.known) {
				if d.Severity != diag.Warning {
					t.Errorf("not a warning: %v", d)
				}
				got = append(got, d.Error())
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestConceal(t *testing.T) {
	t.Parallel()
	c, _ := collection.Parse("a.toml", "[[request]]\nurl = 'http://a/'\nauth.bearer = 'abcdef'\nquery.q = 'ghp_q8Zr3TnW5xKd0vLb7YcJ1mPs9HfE2uGa4oNi'\n")
	var told []string
	lint.Collection(c, lint.Known{Conceal: func(secret string) { told = append(told, secret) }})
	if got := strings.Join(told, " "); got != "ghp_q8Zr3TnW5xKd0vLb7YcJ1mPs9HfE2uGa4oNi abcdef" {
		t.Errorf("told of %q", got)
	}
}
