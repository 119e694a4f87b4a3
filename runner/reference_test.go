package runner_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// TestReference compiles every example of the reference of collections. A piece of a request is put into one.
func TestReference(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../collections/README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?ms)^```toml\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(examples) < 3 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		example := e[1]
		if !strings.Contains(example, "[[request]]") {
			example = "[[request]]\nurl = \"http://127.0.0.1/\"\n" + example
		}
		c, list := collection.Parse("README.md", example)
		if c != nil {
			_, l := runner.New(c, runner.Options{})
			list = append(list, l...)
		}
		if len(list) > 0 {
			t.Errorf("%v in\n%s", list, example)
		}
	}
}

// TestReferenceIsComplete finds every key of the format in the reference.
func TestReferenceIsComplete(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../collections/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range append(collection.Keys(), collection.RejectKinds()...) {
		if !regexp.MustCompile("`[^`]*\\b" + key + "\\b[^`]*`").Match(text) {
			t.Errorf("the reference does not speak of %q", key)
		}
	}
}
