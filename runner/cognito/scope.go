package cognito

import (
	"slices"
	"strings"
)

const (
	scopeAdmin   = "aws.cognito.signin.user.admin"
	scopePhone   = "phone"
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
)

// standardScopes are in the order in which every captured scope claim has them, whatever was asked for. [O]
var standardScopes = []string{scopeAdmin, scopePhone, scopeOpenID, scopeProfile, scopeEmail}

// sortScopes returns the scopes without duplicates in the order of the scope claim: the standard ones, then custom
// ones by name. A custom scope was seen after openid; where it stands to profile and email is not known. [O][?]
func sortScopes(scopes []string) []string {
	var standard, custom []string
	for _, scope := range standardScopes {
		if slices.Contains(scopes, scope) {
			standard = append(standard, scope)
		}
	}
	for _, scope := range scopes {
		if !slices.Contains(standardScopes, scope) {
			custom = append(custom, scope)
		}
	}
	slices.Sort(custom)
	return append(standard, slices.Compact(custom)...)
}

// grantScopes answers a scope parameter: all scopes of the client when it is absent, else exactly what was asked
// for. ok is false when a scope is not the client's, or when profile, email or phone comes without openid. [D]
func (c Client) grantScopes(parameter string) (scopes []string, ok bool) {
	asked := strings.Fields(parameter)
	if len(asked) == 0 {
		return sortScopes(c.Scopes), true
	}
	for _, scope := range asked {
		if !slices.Contains(c.Scopes, scope) {
			return nil, false
		}
		if needsOpenID(scope) && !slices.Contains(asked, scopeOpenID) {
			return nil, false
		}
	}
	return sortScopes(asked), true
}

func needsOpenID(scope string) bool {
	return scope == scopeProfile || scope == scopeEmail || scope == scopePhone
}
