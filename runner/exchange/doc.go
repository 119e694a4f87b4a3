// Package exchange sends one HTTP request and keeps what was really sent and
// received.
//
// A [Client] holds the connections and is shared by everyone; a [Jar] holds the
// cookies of one virtual user; a [Request] says what to send, ready and encoded;
// [Client.Do] gives back an [Exchange]: the fields as they went out, each
// redirect on the way, every Set-Cookie, the decoded body, the state of TLS and
// the times.
//
//	client := exchange.NewClient(exchange.Options{})
//	defer client.Close()
//	x, err := client.Do(ctx, exchange.NewJar(), &exchange.Request{
//		Method: "GET",
//		URL:    "http://127.0.0.1:8080/users/7",
//	})
//
// The package follows redirects by itself, because what may cross from one
// origin to another is a promise of ours and not of net/http: no credential
// ever does. It decodes gzip, deflate, brotli and zstd by itself, because a limit on
// the body has to hold for the decoded bytes. It reads bodies whole, and a body that was cut short
// is an error, never an answer.
//
// A [Route] says how to get to a server: through which proxy, with which
// certificates, to which address. Requests of one route and version of HTTP
// share their connections, which are made when the first of them is sent. What
// a route has of us, a client certificate, does not cross origins either.
//
// Nothing here reads the environment of the operating system: no proxy is used
// that the caller did not ask for in a Route or through [Options.Transport].
package exchange
