package cognito

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
)

const keyBits = 2048 // [O] every captured key set

// keyring holds the two keys of a pool: one signs ID tokens, the other access tokens. [D] using-the-access-token
// They are made when first needed, for making them takes longer than all else that the pool does.
type keyring struct {
	once   sync.Once
	id     signingKey
	access signingKey
	err    error
}

type signingKey struct {
	kid    string
	public jose.JSONWebKey
	signer jose.OpaqueSigner
}

// ready makes the keys, once.
func (k *keyring) ready() error {
	k.once.Do(func() {
		var idErr, accessErr error
		var wg sync.WaitGroup
		wg.Go(func() { k.id, idErr = newSigningKey() })
		k.access, accessErr = newSigningKey()
		wg.Wait()
		k.err = errors.Join(idErr, accessErr)
	})
	return k.err
}

// byID returns the key with the given kid, and the token_use that it signs for.
func (k *keyring) byID(kid string) (key *signingKey, use string, ok bool) {
	switch kid {
	case k.id.kid:
		return &k.id, useID, true
	case k.access.kid:
		return &k.access, useAccess, true
	}
	return nil, "", false
}

func newSigningKey() (signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return signingKey{}, fmt.Errorf("make a signing key: %w", err)
	}
	public := jose.JSONWebKey{Key: private.Public(), Algorithm: string(jose.RS256), Use: "sig"}
	// Cognito's kid is the standard base64 of 32 bytes [O]. What they are is not known [?]; the thumbprint of
	// RFC 7638 has that length.
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return signingKey{}, fmt.Errorf("make a key id: %w", err)
	}
	public.KeyID = base64.StdEncoding.EncodeToString(thumbprint)
	return signingKey{kid: public.KeyID, public: public, signer: cryptosigner.Opaque(private)}, nil
}

// sign makes a JWS in the compact serialization (RFC 7515 section 7.1) with RS256.
//
// go-jose's own Signer writes header members by name, alg before kid. Cognito writes kid, alg and no typ [O], so the
// header is written here, and go-jose signs the finished signing input.
func (k *signingKey) sign(claims object) (string, error) {
	header, err := object{{"kid", k.kid}, {"alg", string(jose.RS256)}}.MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("write token header: %w", err)
	}
	payload, err := claims.MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("write token claims: %w", err)
	}
	input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := k.signer.SignPayload([]byte(input), jose.RS256)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
