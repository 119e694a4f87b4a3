package auth

import "github.com/postrider/postrider/runner/exchange"

// FixCnonce makes a digest negotiator predictable, so that the examples of the RFCs can be tried.
func FixCnonce(n exchange.Negotiator, cnonce string) {
	n.(*digestNegotiator).cnonce = func() string { return cnonce }
}

// BaseString is what OAuth 1.0 signs of r, with the parameters of the protocol as they are given: names and values in turns.
func BaseString(r *exchange.Request, pairs ...string) (string, error) {
	t, err := newTarget(r)
	if err != nil {
		return "", err
	}
	all, err := OAuth1{}.otherParameters(t, r, nil)
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, parameter{name: pairs[i], value: pairs[i+1]})
	}
	return baseString(t, all), err
}

// SignBaseString signs what BaseString gives.
func (o OAuth1) SignBaseString(base string) (string, error) { return o.sign(base) }
