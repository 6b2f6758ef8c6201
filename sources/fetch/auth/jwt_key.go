package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tap-rest/tap-rest/sources/fetch/pemtext"
)

// signingKey returns the key that an algorithm signs with. Its error quotes nothing
// of it.
func signingKey(algorithm, text string) (any, error) {
	if strings.HasPrefix(algorithm, "HS") {
		return []byte(text), nil
	}
	data, err := pemtext.Read(text)
	if err != nil {
		return nil, err
	}
	key, err := privateKey(data)
	if err != nil {
		return nil, err
	}
	return key, fits(algorithm, key)
}

// privateKey reads a key. The file of a service account has it as private_key.
func privateKey(text []byte) (any, error) {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		var account struct {
			Key string `json:"private_key"`
		}
		if json.Unmarshal(text, &account) != nil || account.Key == "" {
			return nil, errors.New("is JSON without private_key, and no PEM text")
		}
		text = []byte(account.Key)
	}
	block, err := pemtext.PrivateKey(text)
	if err != nil {
		return nil, err
	}
	for _, parse := range []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey,
		func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) },
		func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },
	} {
		if key, err := parse(block.Bytes); err == nil {
			return key, nil
		}
	}
	return nil, fmt.Errorf("is PEM text, but its %s cannot be read: is it whole?", block.Type)
}

// fits says why an algorithm does not sign with a key, nil where it does.
func fits(algorithm string, key any) error {
	kind, good := "", false
	switch k := key.(type) {
	case *rsa.PrivateKey:
		kind, good = "an RSA key", strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")
	case *ecdsa.PrivateKey:
		name := k.Curve.Params().Name
		kind = "a key of the curve " + name
		m, _ := jwt.GetSigningMethod(algorithm).(*jwt.SigningMethodECDSA)
		good = m != nil && m.CurveBits == k.Curve.Params().BitSize
	case ed25519.PrivateKey:
		kind, good = "an Ed25519 key", algorithm == "EdDSA"
	case crypto.PrivateKey:
		kind = fmt.Sprintf("a key of the kind %T", k)
	}
	if !good {
		return fmt.Errorf("is %s, with which %s does not sign", kind, algorithm)
	}
	return nil
}
