package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/diag"
)

// keySize is that of AES-256.
const keySize = 32

// seal puts a token into its entry: sealed where there is a keyring, else as it is. A keyring that is there and refuses
// is an error, so that nothing lies open that was thought sealed. The store is locked: two processes would make two keys.
func (s *store) seal(entry *storedToken, t auth.Token) error {
	text := tokenText(t)
	key, err := s.key()
	switch {
	case errors.Is(err, errNoKeychain):
		entry.Token = &text
		return nil
	case err != nil:
		return diag.Diagnostic{
			Message: "the token cannot be stored: " + err.Error(), Hint: "unlock the keyring, or set " + keyringVariable + "=file to do without",
		}
	}
	plain, err := json.Marshal(text)
	if err != nil {
		return err
	}
	aead, data, err := sealer(key, entry.identity)
	if err != nil {
		return err
	}
	entry.Sealed = aead.Seal(nil, nil, plain, data)
	return nil
}

// key is the keyring's, made at first use.
func (s *store) key() ([]byte, error) {
	if s.keys == nil {
		return nil, errNoKeychain
	}
	key, err := s.keys.get()
	if !errors.Is(err, errNoKey) {
		return key, err
	}
	key = make([]byte, keySize)
	rand.Read(key)
	return key, s.keys.set(key)
}

// open takes a token out of its entry.
func (s *store) open(entry storedToken) (auth.Token, error) {
	if entry.Token != nil {
		return auth.Token(*entry.Token), nil
	}
	fail := func(why string) (auth.Token, error) {
		return auth.Token{}, diag.Diagnostic{Message: "the stored token cannot be opened: " + why, Hint: "`postrider login` gets a new one"}
	}
	if s.keys == nil {
		return fail("its key is in the system's keyring, and there is none here")
	}
	key, err := s.keys.get()
	if err != nil {
		return fail(err.Error())
	}
	aead, data, err := sealer(key, entry.identity)
	if err != nil {
		return fail(err.Error())
	}
	plain, err := aead.Open(nil, nil, entry.Sealed, data)
	var text tokenText
	if err != nil || json.Unmarshal(plain, &text) != nil {
		return fail("it was sealed with another key than the keyring has")
	}
	return auth.Token(text), nil
}

// sealer is AES-256-GCM with a random nonce before each text. A token is sealed to its identity, which is data: moved
// below another client or provider in the file, it does not open.
func sealer(key []byte, id identity) (cipher.AEAD, []byte, error) {
	data, err := json.Marshal(id)
	if err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return aead, data, err
}
