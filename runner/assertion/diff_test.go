package assertion

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	const have = `{"user":{"name":"Jane","id":7,"roles":["admin","dev"],"price":1.50},"items":[{"id":1},{"id":2}],"next":null}`
	for name, test := range map[string]struct{ query, have, argument, want string }{
		"JSON": {"json @this", have, `{"items":[{"id":1},{"id":3}],"next":null,"user":{"id":7,"name":"Jane","price":1.5,"roles":["admin"]}}`, `--- expected
+++ actual
@@ -4,7 +4,7 @@
       "id": 1
     },
     {
-      "id": 3
+      "id": 2
     }
   ],
   "next": null,
@@ -13,7 +13,8 @@
     "name": "Jane",
     "price": 1.5,
     "roles": [
-      "admin"
+      "admin",
+      "dev"
     ]
   }
 }`},
		"text":            {"text", "one\ntwo\nthree\n", `"one\n2\nthree\n"`, "--- expected\n+++ actual\n@@ -1,3 +1,3 @@\n one\n-2\n+two\n three"},
		"short JSON":      {"json @this", `{"a":1}`, `{"a":2}`, ""},
		"short text":      {"text", "one", `"two"`, ""},
		"of other kinds":  {"json @this", have, `[1,2]`, ""},
		"a string inside": {"json user.name", have, `"Joe"`, ""},
	} {
		v := judge(t, test.have, test.query, "equals", test.argument)
		if v.Passed || v.Diff != test.want {
			t.Errorf("%s:\n%s", name, v.Diff)
		}
	}
	if v := judge(t, have, "json @this", "not", `{"equals":`+have+`}`); v.Passed || v.Diff != "" {
		t.Error(v)
	}
	if v := judge(t, have, "json @this", "equals", have); !v.Passed || v.Diff != "" {
		t.Error(v)
	}
}

func TestLongDiffs(t *testing.T) {
	t.Parallel()
	v := judge(t, "["+strings.Repeat("1,", 500)+"1]", "json @this", "equals", "["+strings.Repeat("2,", 500)+"2]")
	lines := strings.Split(v.Diff, "\n")
	if last := lines[len(lines)-1]; len(lines) != MaxDiffLines || last != "… (968 more lines)" {
		t.Error(len(lines), last)
	}
	for name, have := range map[string]string{
		"long": "[" + strings.Repeat(`"a long text",`, 1<<18) + "1]",
		"deep": strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth),
	} {
		if v := judge(t, have, "json @this", "equals", "[1,2]"); v.Passed || v.Diff != "" || v.Detail == "" {
			t.Errorf("%s: %.100s, %s", name, v.Diff, v.Detail)
		}
	}
}

func FuzzDiff(f *testing.F) {
	f.Add(`{"a":[1,2.0],"b":"c"}`, `{"b":"c","a":[1,2]}`)
	f.Add(`"a\nb"`, `"a\nc\n"`)
	f.Add(`[[[[]]]]`, `[{"":{"a":1e5}}]`)
	f.Fuzz(func(t *testing.T, want, have string) {
		if !json.Valid([]byte(want)) {
			return
		}
		p, err := NewPredicate(split(t, "json @this"), "equals", json.RawMessage(want))
		if err != nil {
			return
		}
		found, err := split(t, "json @this").Find(NewSubject(body(have), nil, time.Time{}))
		if err != nil {
			return
		}
		v := p.Check(found)
		if v.Passed && v.Diff != "" || strings.Count(v.Diff, "\n") >= MaxDiffLines {
			t.Fatal(v.Diff)
		}
	})
}
