package cognito

import (
	"maps"
	"slices"
	"strings"
)

// profileAttributes are what the profile scope shows, besides custom attributes. [D] userinfo-endpoint
var profileAttributes = []string{
	"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
	"gender", "birthdate", "zoneinfo", "locale", "updated_at",
}

// attributesFor returns what the scopes let a client see of the user, without sub: everything for openid alone,
// else what profile, email and phone open. aws.cognito.signin.user.admin and custom scopes change nothing.
// [D] userinfo-endpoint; that the ID token follows the same table [D] authorization-endpoint, custom scopes [I]
func (u *user) attributesFor(scopes []string) map[string]string {
	seen := map[string]string{}
	if !slices.Contains(scopes, scopeOpenID) {
		return seen
	}
	all := !slices.ContainsFunc(scopes, needsOpenID)
	for name, value := range u.attributes {
		if all || slices.ContainsFunc(scopes, func(scope string) bool { return shows(scope, name) }) {
			seen[name] = value
		}
	}
	return seen
}

func shows(scope, attribute string) bool {
	switch scope {
	case scopeEmail:
		return attribute == "email" || attribute == "email_verified"
	case scopePhone:
		return attribute == "phone_number" || attribute == "phone_number_verified"
	case scopeProfile:
		return strings.HasPrefix(attribute, "custom:") || slices.Contains(profileAttributes, attribute)
	}
	return false
}

// take removes the named attributes from those seen and returns them as members, in the order given.
func take(seen map[string]string, value func(string) any, names ...string) object {
	var o object
	for _, name := range names {
		if v, ok := seen[name]; ok {
			o = append(o, member{name, value(v)})
			delete(seen, name)
		}
	}
	return o
}

// sortedNames are the names seen that begin with the prefix.
func sortedNames(seen map[string]string, prefix string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(seen)), func(name string) bool { return !strings.HasPrefix(name, prefix) })
}

func asString(v string) any { return v }
func asBool(v string) any   { return v == "true" }
