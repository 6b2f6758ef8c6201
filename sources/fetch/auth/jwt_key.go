package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// signingKey returns the key that an algorithm signs with. Its error quotes nothing
// of it.
func signingKey(algorithm, text string) (any, error) {
	if strings.HasPrefix(algorithm, "HS") {
		return []byte(text), nil
	}
	if !isKeyText(text) {
		data, err := os.ReadFile(text)
		if err != nil {
			return nil, fmt.Errorf("is neither PEM text (-----BEGIN PRIVATE KEY-----) nor a file that can be read: %w", errors.Unwrap(err))
		}
		text = string(data)
	}
	key, err := privateKey(text)
	if err != nil {
		return nil, err
	}
	return key, fits(algorithm, key)
}

// isKeyText reports whether a text is a key itself, rather than the name of its file.
func isKeyText(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "-----BEGIN") || strings.HasPrefix(text, "{") || strings.ContainsAny(text, "\n\r")
}

// privateKey reads a key. Variables of the environment often have \n for its line
// breaks, and the file of a service account has it as private_key.
func privateKey(text string) (any, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		var account struct {
			Key string `json:"private_key"`
		}
		if json.Unmarshal([]byte(text), &account) != nil || account.Key == "" {
			return nil, errors.New("is JSON without private_key, and no PEM text")
		}
		text = account.Key
	}
	block, _ := pem.Decode(bytes.TrimSpace([]byte(strings.ReplaceAll(text, `\n`, "\n"))))
	switch {
	case block == nil:
		return nil, errors.New("is no PEM text: it begins with -----BEGIN PRIVATE KEY-----, has lines of base64, and an END line")
	case strings.Contains(block.Type, "PUBLIC KEY") || block.Type == "CERTIFICATE":
		return nil, fmt.Errorf("is a %s: give the private key that belongs to it", strings.ToLower(block.Type))
	case strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "":
		return nil, errors.New("is encrypted with a passphrase: give it without one (openssl pkey -in KEY -out PLAIN)")
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
