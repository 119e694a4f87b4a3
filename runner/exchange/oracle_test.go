package exchange_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"

	"github.com/postrider/postrider/runner/exchange"
)

// stricter are the replies that curl takes and we refuse, each for a reason.
var stricter = map[int]string{
	1122: "gzip as a transfer coding: net/http knows chunked alone, and nobody sends it",
	1482: "chunked twice: RFC 9112, section 6.1, forbids it",
	1493: "identity as a transfer coding: RFC 9112, section 7, took it away",
	1677: "lines of chunks that end without CR: RFC 9112, section 7.1; a way to smuggle",
}

// TestCurlReplies compares our verdict on raw replies with that of curl.
func TestCurlReplies(t *testing.T) {
	t.Parallel()
	const path = "../../../shared/oracle/curl-replies.json"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skip("no oracle here: ", err)
	}
	var cases []struct {
		N                int
		Name, Err, Reply string
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			reply, _ := base64.StdEncoding.DecodeString(c.Reply)
			_, err := do(t, &exchange.Request{URL: say(t, string(reply)).URL})
			if t.Log(err); (err == nil) != (c.Err == "0") && stricter[c.N] == "" {
				t.Errorf("%d: curl exits %s, we say %v", c.N, c.Err, err)
			}
		})
	}
}
