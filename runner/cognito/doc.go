// Package cognito is an Amazon Cognito user pool that lives in the process: the hosted sign-in page, the OAuth 2.0
// endpoints and the key set of one pool, on a free port of the loopback interface, for as long as a run needs it.
//
// [NewServer] starts it, as httptest.NewServer does; [Server.Close] ends it and waits. [Config.Validate] says what
// AWS would refuse, in AWS's own words where they are known. [Server.CallbackURL] and [Server.ExpiredAccessToken]
// hand out tokens without a browser; [Server.GlobalSignOut] and [Server.DisableUser] take them away. Everything that
// expires does so by Config.Now, so a test that turns that clock sees codes, sessions and tokens of all kinds end.
//
// The pool behaves as the real one was seen to on the wire, not as the OAuth specifications would have it: no aud
// in access tokens, string booleans in userInfo, WWW-Authenticate without a scheme, a redirect to /error. Where a
// rule is stated, its evidence is tagged:
//
//	[D] documented by AWS        [O] observed in a public trace, thread or token
//	[I] inferred                 [?] looked for and not found; the choice is ours
//
// It is no place for real credentials: passwords are kept in memory as given, and all of it is gone with Close.
package cognito
