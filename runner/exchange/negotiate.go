package exchange

import (
	"errors"
	"net/http"
	"strings"
)

// maxTries is how often one hop is sent for a [Negotiator]. NTLM needs three
// when the first has no credentials; the fourth is for a nonce that is stale.
const maxTries = 4

// negotiates says whether the server of h is one to authenticate to.
func (s *sending) negotiates(h *hop) bool {
	return s.x.Request.Negotiator != nil && !h.foreign
}

// negotiate sends h until it is not refused, or there is nothing more to say.
func (s *sending) negotiate(h *hop) (*http.Response, *Error) {
	n, target := s.x.Request.Negotiator, h.url.RequestURI()
	authorization, err := n.Authorization(h.method, target, h.body, nil)
	for {
		if err != nil {
			return nil, s.cannotAuthenticate(h, err)
		}
		try, e := h.authorized(authorization)
		if e != nil {
			return nil, e
		}
		resp, e := s.try(try)
		if e != nil || resp.StatusCode != http.StatusUnauthorized || s.x.Tries == maxTries {
			return resp, e
		}
		challenges := resp.Header["Www-Authenticate"]
		if len(challenges) == 0 {
			return resp, nil
		}
		if authorization, err = n.Authorization(h.method, target, h.body, challenges); err == nil && authorization == "" {
			return resp, nil
		}
		s.c.drain(resp)
		s.clock.end()
	}
}

// authorized is h with one Authorization field, or with none.
func (h *hop) authorized(value string) (*hop, *Error) {
	try := *h
	try.header = h.header.without("Authorization")
	if value != "" {
		try.header.Add("Authorization", value)
		if e := checkField(try.header[len(try.header)-1]); e != nil {
			return nil, e
		}
	}
	return &try, nil
}

// without is a copy of h that lacks a field.
func (h Header) without(name string) Header {
	out := make(Header, 0, len(h)+1)
	for _, f := range h {
		if !strings.EqualFold(f.Name, name) {
			out = append(out, f)
		}
	}
	return out
}

// cannotAuthenticate words what the Negotiator did not like.
func (s *sending) cannotAuthenticate(h *hop, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if s.x.Tries == 0 {
		e = unsendable("", "cannot authenticate to %s: %s", h.peer(), plain(err))
	} else {
		e = &Error{Kind: KindTransport, Message: "cannot answer the challenge of " + h.peer() + ": " + plain(err)}
	}
	e.Err = err
	return e
}
