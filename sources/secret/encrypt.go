package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
)

func joined(all List) string {
	var b strings.Builder
	for _, s := range all {
		if s.text != "" {
			fmt.Fprintf(&b, "%d:%s,", len(s.text), s.text)
		}
	}
	return b.String()
}

// keyOf makes a key of secrets, once it is asked for.
func keyOf(secrets string) func() []byte {
	return sync.OnceValue(func() []byte {
		// Slow on purpose: who has the state shall not try out passwords.
		const rounds, size = 1 << 16, 32
		key, err := pbkdf2.Key(sha256.New, secrets, []byte("tap-rest: sealed text"), rounds, size)
		if err != nil {
			panic("sources: PBKDF2: " + err.Error()) // its parameters are well
		}
		return key
	})
}

// Key returns a key for a purpose, the same for all runs to which the same secrets were
// given. Nobody learns those by it. Where none was given, anybody can make the key. It
// takes long to make one of secrets: memo returns what make did for the same id before.
func (h *Hider) Key(purpose string, memo func(id [sha256.Size]byte, make func() []byte) []byte) []byte {
	secrets := make([]byte, sha256.Size)
	if h != nil && h.sealer != nil && h.sealer.lasting {
		secrets = memo(h.sealer.id, h.sealer.key)
	}
	key, err := hkdf.Expand(sha256.New, secrets, purpose, sha256.Size)
	if err != nil {
		panic("sources: HKDF: " + err.Error()) // its parameters are well
	}
	return key
}

// encrypt makes a text that can be opened as long as the secrets are the same.
// The same text comes out the same: walks compare what names their next pages.
func encrypt(text string, key []byte) string {
	gcm := newGCM(key)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	nonce := mac.Sum(nil)[:gcm.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(nonce, nonce, []byte(text), nil))
}

// decrypt opens an encrypted mark.
func (s *sealer) decrypt(mark string) (string, bool) {
	sealed, key := strings.TrimSuffix(strings.TrimPrefix(mark, encryptedMark), "}"), s.key
	if id, text, found := strings.Cut(sealed, "."); found {
		d, _ := s.derivedFrom(marked{mark: derivedMark + id + "}"})
		sealed, key = text, d.key
	}
	if key == nil {
		return "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	gcm := newGCM(key())
	if err != nil || len(raw) < gcm.NonceSize() {
		return "", false
	}
	text, err := gcm.Open(nil, raw[:gcm.NonceSize()], raw[gcm.NonceSize():], nil)
	return string(text), err == nil
}

func newGCM(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("sources: AES: " + err.Error()) // the key has 32 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("sources: GCM: " + err.Error())
	}
	return gcm
}
