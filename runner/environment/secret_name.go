package environment

import "strings"

// SecretName reports whether a name is that of a credential, in whichever style it is written: access_token,
// clientSecret, X-Api-Key, password, session_id. What is captured, or comes with a callback URL, under such a name is not
// shown. A name that merely tells of a credential (token_type, token_url) is none.
func SecretName(name string) bool {
	name = strings.NewReplacer("-", "_", ".", "_", " ", "_").Replace(strings.ToLower(name))
	for _, word := range [...]string{"token", "secret", "password", "passwd", "api_key", "apikey", "session"} {
		if strings.HasSuffix(name, word) || strings.HasSuffix(name, word+"_id") || strings.HasSuffix(name, word+"id") {
			return true
		}
	}
	for _, word := range [...]string{"passphrase", "private_key", "privatekey", "secret_key", "secretkey", "secret_access_key",
		"secretaccesskey", "credential", "credentials", "authorization"} {
		if strings.HasSuffix(name, word) {
			return true
		}
	}
	return false
}

// secretName reports whether a variable of that name is secret wherever it comes from, which SecretName would say of too
// many: a password in a row of test data may be any word. For callback_url see secretValue.
func secretName(name string) bool {
	switch name {
	case "access_token", "id_token", "refresh_token", "expired_access_token", "client_secret":
		return true
	}
	return false
}

// secretValue is secretName, and callback_url where it really is one: a plain redirect URI is often called so.
func secretValue(name string, value any) bool {
	text, ok := value.(string)
	if name != callbackName || !ok {
		return secretName(name)
	}
	_, err := ParseCallback(text)
	return !isBare(err)
}

// secretParameter reports whether a callback URL's parameter is secret. One that is not known here is if it sounds so.
func secretParameter(name string) bool {
	return name == callbackName || name == "code" || name == "assertion" || SecretName(name)
}

// identifies reports whether a name is that of something long and random which is no secret: an identifier, a digest.
func identifies(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"id", "uuid", "guid", "kid", "sub", "digest", "hash", "checksum", "sha", "sha1", "sha256", "sha384", "sha512",
		"md5", "etag", "commit", "revision", "fingerprint", "thumbprint", "state", "nonce", "challenge", "public_key", "publickey", "cursor"} {
		if strings.HasSuffix(name, word) && !SecretName(name) {
			return true
		}
	}
	return false
}
