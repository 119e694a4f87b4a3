package exchange

import (
	"crypto/tls"
	"io"
	"net/http"
	"time"
)

// DefaultMaxBody is how many bytes of a decoded body are accepted when
// [Request.MaxBody] is zero: 64 MiB.
const DefaultMaxBody = 64 << 20

// MaxHeader is how many bytes the header section of a response may have: 1 MiB.
const MaxHeader = 1 << 20

// Request is what to send, after variables: nothing in it is a template.
// A Request is only read and may be sent many times at once.
type Request struct {
	// Method is any token of RFC 9110, section 5.6.2. It is sent as spelled;
	// methods are case-sensitive (section 9.1). Empty means GET.
	Method string

	// URL is absolute, http or https, and encoded. Userinfo in it becomes a
	// Basic Authorization field unless Header has one, and a fragment is kept
	// to be inherited by redirects; neither is sent as part of the target.
	//
	// unix:///run/docker.sock:/v1.41/info goes to a Unix socket, whose path ends
	// at the first colon (%3A is one inside of it), with localhost for a Host and
	// without the proxy of the route. http://unix:/run/docker.sock:/v1.41/info is
	// the same, and https://unix:… is with TLS. No redirect leads to a socket.
	URL string

	// Header is sent in addition to the defaults: User-Agent, Accept,
	// Accept-Encoding (gzip, deflate, br, zstd, or identity beside a Range), and Content-Length
	// when there is a body. A field given here replaces its default; User-Agent,
	// Accept or Accept-Encoding with an empty value sends none. Host replaces
	// the authority of the URL. Cookie comes before the cookies of the jar, in
	// one field. Content-Length, Transfer-Encoding and Trailer are decided by
	// the body, whatever is said here.
	Header Header

	// Body is sent with a Content-Length. Nil or empty is no body, which POST,
	// PUT and PATCH announce with a Content-Length of 0 (RFC 9110, section 8.6).
	Body []byte

	// Open, if not nil, opens a body that is sent in the place of Body: anew for
	// each time that it is sent. Length is how many bytes it gives, below zero
	// when that is not known, and then they are sent in chunks. Another number
	// of bytes, or an error, is an error of [KindRequest] with the message of it.
	Open   func() (io.ReadCloser, error)
	Length int64

	// Route is how to get to the server. The zero Route is that of the client.
	Route Route

	// Version of HTTP: "1.1", "2" or "3"; "" is what TLS negotiates, of 1.1 and
	// 2. A server that does not speak it is an error. 2 without TLS is by prior
	// knowledge (RFC 9113, section 3.3), and 3 neither goes through a proxy nor
	// over a Unix socket.
	Version string

	// Negotiator answers a refusal (401) with another try, if it is not nil; there
	// are 4 tries at most. Its Authorization takes the place of that in Header
	// and URL. It is asked for every hop until redirects leave the origin.
	Negotiator Negotiator

	// Secret names the fields, in any case, that hold a credential beyond
	// Authorization, Proxy-Authorization and Cookie. They do not follow a
	// redirect to another origin.
	Secret []string

	// SecretBody says that the body holds a credential. A redirect that would
	// carry it to another origin is an error.
	SecretBody bool

	// Timeout bounds everything together: connecting, redirects, headers and
	// bodies. Zero is no bound but that of the context.
	Timeout time.Duration

	// MaxRedirects is how many redirects are followed. Zero makes the first
	// answer the answer.
	MaxRedirects int

	// MaxBody is how many bytes the body may have after decoding. Zero means
	// [DefaultMaxBody].
	MaxBody int64

	// NoCookies leaves the jar alone: nothing is taken from it and nothing is
	// stored. Cookies in Header are sent all the same.
	NoCookies bool
}

// Route is how to get to a server. It may be compared: requests of equal routes
// share connections.
type Route struct {
	// Proxy is "http://host:port", "https://…", "socks5://…" or "socks5h://…",
	// with user and password, encoded, if it wants them; "" is none. socks5 looks
	// names up here, the others leave that to the proxy. A Proxy-Authorization
	// field goes to a proxy and not through its tunnel. TLS to the proxy trusts
	// what the route trusts. Nothing is taken from the operating system's
	// variables.
	Proxy string

	// CA is one or more certificates in PEM to trust in the place of the
	// system's; Cert and Key are the client's own, in PEM, the certificate first
	// and then its chain. Key may be empty if Cert has the key too. Cert, Key and
	// ServerName do not follow a redirect to another origin.
	CA, Cert, Key string

	ServerName string // in the place of the URL's host, for TLS
	MinVersion string // of TLS: "1.0" to "1.3"; "" is 1.2
	Insecure   bool   // accept any certificate

	// Resolve has a line "host:port address", or "host address" for any port, for
	// each name that is not to be looked up. The address, an IP address or another
	// name, has a port of its own or keeps that of the URL. What a proxy looks up
	// is not resolved here, but the proxy itself is.
	Resolve string
}

// A Negotiator authenticates in answer to a challenge, as Digest (RFC 7616) and
// NTLM do. One serves one request and its tries.
type Negotiator interface {
	// Authorization is the value of the field for the first try and, given the
	// WWW-Authenticate values of a 401, for the next. An empty one sends none
	// the first time, and later takes the refusal for the answer. Target is
	// what stands in the request line, without the scheme and host that an http
	// proxy gets. Body is nil for one that [Request.Open] gives. An error ends
	// the exchange with its message, or as it is if it is an *[Error].
	Authorization(method, target string, body []byte, challenges []string) (string, error)

	// OneConnection says that all tries must use the same connection. It is one
	// of HTTP/1.1 that nobody else uses, and it is closed with the exchange.
	OneConnection() bool
}

// Response is the last answer.
type Response struct {
	Status   int    // 200
	Reason   string // "OK"; may be empty, as HTTP/2 has none
	Protocol string // "HTTP/1.1", "HTTP/2", "HTTP/3"

	// Header has the fields as received, sorted by name, the values of a name
	// in the order received. Names are in canonical form ("Content-Type"),
	// for net/http does not keep the spelling.
	Header Header

	// Body is whole and decoded from gzip and deflate (RFC 9110, section 8.4.1),
	// br (RFC 7932) and zstd (RFC 8878), up to three on each other; Header still
	// has the Content-Encoding and the Content-Length of what was transferred.
	// Another coding, or a part of a document (206), is left as it came. Nil when
	// there was none: HEAD, 1xx, 204, 304 and length zero.
	Body []byte
}

// Timing says where the time of an [Exchange] went. DNS, Connect and TLS are
// sums over all hops and zero where a connection was reused; they may overlap
// when several addresses are tried at once (RFC 8305).
type Timing struct {
	DNS     time.Duration // looking up the name
	Connect time.Duration // TCP
	TLS     time.Duration // the handshake; all of QUIC's

	// FirstByte is from the moment the last hop had its connection to the
	// first byte of its final answer: sending the request and waiting for the
	// server. An informational answer (1xx) is not the answer.
	FirstByte time.Duration

	// Download is from the first byte of the last hop's answer to the end of
	// its body, decoding included.
	Download time.Duration

	// Total is from [Exchange.Started] to the end, redirects included.
	Total time.Duration
}

// Hop is one redirect that was followed.
type Hop struct {
	Method   string // as sent
	URL      string // as sent, with its fragment, without userinfo
	Status   int
	Location string // as received

	Sent     Header   // as in [Exchange.Sent]
	Response Response // without its body, which nobody looks at
	Started  time.Time
	Took     time.Duration // to the end of the header section
}

// Exchange is one request and all that came of it.
type Exchange struct {
	Request *Request // as asked for

	Method string // of the last hop: where the redirects ended
	URL    string // of the last hop, with the fragment it inherited, without userinfo

	// Sent has the fields of the last hop as they went out on HTTP/1.1: Host,
	// User-Agent, Content-Length, then the others by name. HTTP/2 sends the
	// same with names in lower case and Host as :authority.
	Sent Header

	// Tries is how many times the last hop was sent: more than 1 when a
	// [Negotiator] answered a refusal.
	Tries int

	// TLS is of the connection of the last hop, with version, cipher suite and
	// the certificates of the server; nil without TLS.
	TLS *tls.ConnectionState

	Redirects []Hop          // in order
	Cookies   []*http.Cookie // every Set-Cookie of every hop, in order
	Response  Response
	Timing    Timing
	Started   time.Time

	// Err is what [Client.Do] gives with it: why there is no answer, or no whole one.
	Err *Error
}
