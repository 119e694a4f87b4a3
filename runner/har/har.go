// Package har reads and writes HTTP Archives, HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), one entry at a
// time, and answers requests from them.
//
// A [Writer] is given entries as they come, a [Reader] gives them as it finds them, and neither keeps any. A [Replay] keeps
// where each entry stands in its file, and reads it again when it is asked for.
package har

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// TimeFormat is how moments are written, for [time.Time.Format]: ISO 8601, to the microsecond.
const TimeFormat = "2006-01-02T15:04:05.000000Z07:00"

// Log is what a HAR says of itself.
type Log struct {
	Version string  `json:"version"`
	Creator Creator `json:"creator"`
	About   *About  `json:"_postrider,omitempty"`
}

// About is what is said of a run that was recorded.
type About struct {
	// Seed is what dynamic variables were drawn from, so that those of a replay are the same.
	Seed *uint64 `json:"seed,string,omitempty"`
}

// Creator is the program that wrote a HAR.
type Creator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Page groups entries: those whose Pageref is its ID.
type Page struct {
	Started     string      `json:"startedDateTime"`
	ID          string      `json:"id"`
	Title       string      `json:"title"`
	PageTimings PageTimings `json:"pageTimings"`
}

// PageTimings are of pages that a browser loads.
type PageTimings struct{}

// Entry is a request and its answer.
type Entry struct {
	Pageref  string   `json:"pageref,omitempty"`
	Started  string   `json:"startedDateTime"`
	Time     float64  `json:"time"` // in milliseconds
	Request  Request  `json:"request"`
	Response Response `json:"response"`
	Cache    Cache    `json:"cache"`
	Timings  Timings  `json:"timings"`
	Comment  string   `json:"comment,omitempty"`
	Origin   *Origin  `json:"_postrider,omitempty"`
}

// Origin says which request of which collection an entry is of.
type Origin struct {
	Collection string   `json:"collection,omitempty"`
	Folder     []string `json:"folder,omitempty"`
	Name       string   `json:"name"`
	Case       string   `json:"case,omitempty"`
	Stage      string   `json:"stage,omitempty"`
	Iteration  int      `json:"iteration,omitempty"`
	Verdict    string   `json:"verdict,omitempty"`
	File       string   `json:"file,omitempty"`
	Line       int      `json:"line,omitempty"`
}

// Cache says that nothing came from a cache.
type Cache struct{}

// Request is what was sent.
type Request struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"` // without fragment
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []Cookie  `json:"cookies"`
	Headers     []Pair    `json:"headers"`
	QueryString []Pair    `json:"queryString"`
	PostData    *PostData `json:"postData,omitempty"`
	HeadersSize Size      `json:"headersSize"`
	BodySize    Size      `json:"bodySize"`
}

// Pair is a header field or a parameter.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Cookie is one that was sent or set.
type Cookie struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Path     string `json:"path,omitempty"`
	Domain   string `json:"domain,omitempty"`
	Expires  string `json:"expires,omitempty"`
	HTTPOnly bool   `json:"httpOnly,omitempty"`
	Secure   bool   `json:"secure,omitempty"`
	SameSite string `json:"sameSite,omitempty"`
}

// PostData is the body of a request. Text stands beside Params, as in what browsers write, for a form has more than one
// spelling.
type PostData struct {
	MimeType string  `json:"mimeType"`
	Params   []Param `json:"params,omitempty"`
	Text     string  `json:"text"`
	// Encoding is "base64" for a Text that is that. HAR has no such member for requests.
	Encoding string `json:"_encoding,omitempty"`
}

// Param is a field of a form, or a file in it.
type Param struct {
	Name        string `json:"name"`
	Value       string `json:"value,omitempty"`
	FileName    string `json:"fileName,omitempty"`
	ContentType string `json:"contentType,omitempty"`
}

// Response is the answer. Its status is 0 where there was none.
type Response struct {
	Status      int      `json:"status"`
	StatusText  string   `json:"statusText"`
	HTTPVersion string   `json:"httpVersion"`
	Cookies     []Cookie `json:"cookies"`
	Headers     []Pair   `json:"headers"`
	Content     Content  `json:"content"`
	RedirectURL string   `json:"redirectURL"`
	HeadersSize Size     `json:"headersSize"`
	BodySize    Size     `json:"bodySize"` // as transferred; -1 if that is not known
	Error       string   `json:"_error,omitempty"`
}

// Content is the body of an answer, decoded.
type Content struct {
	Size     Size   `json:"size"` // in bytes
	MimeType string `json:"mimeType"`
	// Text is nil where the body was not kept.
	Text     *string `json:"text,omitempty"`
	Encoding string  `json:"encoding,omitempty"` // "base64", or ""
	// Clipped says that Text is the start of the body alone.
	Clipped bool   `json:"_clipped,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// Timings say where the time of an entry went, in milliseconds, -1 where a phase does not apply. SSL is a part of Connect,
// and the others add up to the time of the entry.
type Timings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	SSL     float64 `json:"ssl"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

// Size is a number of bytes, -1 where it is not known. Some programs write it as null or with a fraction.
type Size int64

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Size) UnmarshalJSON(text []byte) error {
	var n *float64
	if err := json.Unmarshal(text, &n); err != nil {
		return err
	}
	*s = -1
	if n != nil && *n >= 0 && *n < 1<<53 {
		*s = Size(*n)
	}
	return nil
}

// Encode is a body as a HAR holds it: as it is, or in base64 where it is no text.
func Encode(body string) (text, encoding string) {
	if utf8.ValidString(body) {
		return body, ""
	}
	return base64.StdEncoding.EncodeToString([]byte(body)), "base64"
}

// Decode is the reverse of [Encode].
func Decode(text, encoding string) (string, error) {
	switch encoding {
	case "":
		return text, nil
	case "base64":
		body, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", fmt.Errorf("its text is not base64")
		}
		return string(body), nil
	}
	return "", fmt.Errorf("its encoding is %.40q: expected \"base64\"", encoding)
}
