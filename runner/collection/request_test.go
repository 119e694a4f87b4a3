package collection_test

import (
	"testing"

	"github.com/postrider/postrider/runner/collection"
)

func TestPath(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://example.com":             "/",
		"https://example.com?x=/":         "/",
		"https://example.com/a/:id?x=1#y": "/a/:id",
		"http://{{host}}/a":               "/a",
		"{{base}}/a?b":                    "/v1/a",
		"{{ users }}/7":                   "/v1/users/7",
		"{{unknown}}":                     "{{unknown}}",
		"{{loop}}/x":                      "/x",
		"example.com/a":                   "example.com/a",
	} {
		c, list := collection.Parse("a.toml", "[variables]\nbase = 'https://x/v1'\nusers = '{{base}}/users'\nloop = '{{loop}}'\n[[request]]\nurl = '"+url+"'\n")
		if list != nil {
			t.Fatal(list)
		}
		c.Requests(func(r *collection.Request, path []*collection.Folder) {
			if got := r.Path(path...); got != want {
				t.Errorf("%s: %s, not %s", url, got, want)
			}
		})
	}
}
