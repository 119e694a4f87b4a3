package exchange

// Kind says what went wrong, for those who must tell failures apart.
type Kind string

// The kinds of [Error].
const (
	KindRequest   Kind = "request"   // what cannot be sent: method, URL, a field, a body that cannot be read, a route that makes no sense
	KindTransport Kind = "transport" // no connection, no TLS, or an answer that is cut short or not HTTP
	KindTimeout   Kind = "timeout"   // Request.Timeout, or the deadline of the context, has passed
	KindLimit     Kind = "limit"     // too many redirects, too large a header or body
	KindCanceled  Kind = "canceled"  // the context was canceled
)

// Error is why there is no answer. Message and Hint are for people: lower case,
// what was expected and what came.
type Error struct {
	Kind    Kind
	Message string // connection refused by 127.0.0.1:9
	Hint    string // is the server up? May be empty
	Err     error  // the cause, if there is one; its text is not for people
}

// Error gives the message without the hint.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
