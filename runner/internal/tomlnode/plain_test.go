package tomlnode

import (
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	tomltest "github.com/toml-lang/toml-test/v2"

	"github.com/postrider/postrider/runner/diag"
)

// TestPlain: what is plain, and what has to be decoded.
func TestPlain(t *testing.T) {
	t.Parallel()
	for text, plain := range map[string]bool{
		"# é\nname = 'n' # \"\n[variables]\na = -1\nb = 0\n\n[[request]]\nname = \"x\"\nurl = \"{{domain}}/é?a=b#c\"\nheaders.X-A = \"\ta\"\nheaders.'X.B' = ''\n" +
			"assert.json.a = [\n  1, # one\n  'two', { three = true, four=false},\n] \n\t[request.body.form]\r\n\ta = \"\"\r\n[[request.case]]\n[[request.case]]\n[request.case.a.b]\n[[request]]\n": true,
		"": true, "a = {}": true, "a . b = []": true, "[a]\nb.c = 1\nb.d.e = 2": true, "'a' = 1": true, "\"\" = 1.50": true, "'ä' = -0.5": true,
		"a = '''x'''": true, "a = \"\"\"\n{}\n\"\"\"\"\"": true, "a = \"\"\"\"\"\"": true, "a = '\\n'": true, "\"a\" = 1\nb.\"c.d\" = 2": true,

		"a = '''x\r\ny'''": true, "a = \"\"\"x\r\ny\n\"\"\"": true, "a = \"\"\"\r\"\"\"": false,
		"a = 01": false, "a = -01": false, "a = 0.": false, "a = .5": false, "a = -": false, "a = 00.5": false, "a = -0": true, "a = -0.0": true,
		"\ufeffa = 1": false, "ä = 1": false, `a = "\n"`: false, `"\n" = 1`: false, "a = '''\r\nx'''": true, "a = \"\"\"\\\n  x\"\"\"": false,
		"a = +1": false, "a = 1_0": false, "a = 0x1": false, "a = 1234567890123456789": false, "a = 1e5": false, "a = 1.5e5": false, "a = inf": false,
		"a = 1979-05-27": false, "a = {\nb = 1}": false, "a = { b = 1, }": false, "a = 'é\xff'": false, "# \x01": false, "a = 1\r": false,
		"[a.b]\n[a]": false, "a.b = 1\n[a.c]": false, "[a]\nb.c = 1\n[[a.b.d]]": false, "[[a]]\n[a]": false,
	} {
		b := newBuilder(diag.NewSource("a.toml", text), plainText(text))
		if err := b.build(); b.plain != plain && err == nil {
			t.Errorf("%q is plain: %v", text, !plain)
		}
		likeDecoder(t, text)
	}
}

// TestCorpus holds that toml-test's documents are accepted and refused as the decoder does, and have the same trees
// whether what is plain is decoded or not.
func TestCorpus(t *testing.T) {
	t.Parallel()
	seen := 0
	corpus := tomltest.TestCases()
	err := fs.WalkDir(corpus, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".toml") {
			return err
		}
		data, err := fs.ReadFile(corpus, path)
		if err != nil {
			return err
		}
		seen++
		t.Run(path, func(t *testing.T) { likeDecoder(t, string(data)) })
		return nil
	})
	if err != nil || seen < 700 {
		t.Errorf("%d documents: %v", seen, err)
	}
}

// likeDecoder holds that what the decoder accepts has a tree with the same keys in it, each at its place, and that what it
// refuses is refused.
func likeDecoder(t *testing.T, text string) {
	var want map[string]any
	_, err := toml.Decode(text, &want)
	n, list := Parse(diag.NewSource("a.toml", text))
	if err != nil {
		if n != nil || !list.HasErrors() {
			t.Fatalf("%q is accepted, but: %v", text, err)
		}
	} else if n != nil {
		check(t, n, want)
	}
	inPieces(t, text)
}

// TestCombinations has the same few keys in headers, dotted keys and braces over and over: what may follow what is
// decided as the decoder does.
func TestCombinations(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	key := func() string {
		k := pick("a", "b", "c", "r", "r", `"a"`, "'b'", `"\u0061"`)
		for random.IntN(3) == 0 {
			k += "." + pick("a", "b", "c", "'a.b'")
		}
		return k
	}
	value := func() string {
		return pick("1", "'x'", "true", "[]", "{}", "1.50", "0x1", "{ "+key()+" = 1 }", "{ "+key()+" = 1, "+key()+" = 'y' }", "[{ a = 1 }]", "[1, 'x']", `"é\t"`)
	}
	for range 5000 {
		var text strings.Builder
		for range 1 + random.IntN(7) {
			switch random.IntN(3) {
			case 0:
				text.WriteString("[" + key() + "]\n")
			case 1:
				text.WriteString("[[" + key() + "]]\n")
			default:
				text.WriteString(key() + " = " + value() + "\n")
			}
		}
		likeDecoder(t, text.String())
	}
}
