package report

import (
	"bytes"
	"testing"
)

func TestColumns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Columns(&out, false, []string{"NAME", "VALUE"}, [][]string{{"a", "1"}, {"漢字", "b\x1b[31m\nc"}}); err != nil {
		t.Fatal(err)
	}
	if want := "NAME  VALUE\na     1\n漢字  b\\x1b[31m\\nc\n"; out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
