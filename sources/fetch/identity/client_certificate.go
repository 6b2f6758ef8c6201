package identity

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/pemtext"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Texts are those of a client's tls, by the names of their keys.
type Texts map[string]string

// Read evaluates a definition's tls.
func Read(spec *sources.TLS, vars expr.Vars) (Texts, error) {
	id := Texts{}
	for _, p := range spec.Parts() {
		v, err := p.Template.Eval(vars)
		if err != nil {
			return id, fmt.Errorf("tls.%s: %w", p.Key, err)
		}
		text := v.Text()
		if p.Key != "password" {
			text = strings.TrimSpace(text)
		}
		if v.Missing() || text == "" && p.Key != "password" {
			return id, fmt.Errorf("tls.%s: %s is empty: give the setting that it is made of", p.Key, p.Template.Source())
		}
		id[p.Key] = text
	}
	return id, nil
}

// Secrets are those of the texts that nobody else may read.
func (id Texts) Secrets() (list secret.List) {
	for _, key := range []string{"key", "pkcs12", "password"} {
		if text := id[key]; text != "" && (key != "pkcs12" || !isPath(text)) && (key != "key" || pemtext.Is(text)) {
			list = append(list, secret.New("tls."+key, text))
		}
	}
	return list
}

// Config makes what a definition's tls says; nil where it says nothing. Its errors
// name the key of the definition, and show nothing of what stands there: file names
// and secrets may be mistaken for each other.
func (id Texts) Config(spec *sources.TLS) (*tls.Config, error) {
	if spec == nil {
		return nil, nil
	}
	config := &tls.Config{MinVersion: spec.MinVersion}
	cert, err := id.certificate()
	if err != nil {
		return nil, err
	}
	if cert != nil {
		config.Certificates = []tls.Certificate{*cert}
	}
	if id["ca"] == "" {
		return config, nil
	}
	text, err := id.pem("ca")
	if err != nil {
		return nil, err
	}
	if _, err := pemtext.Certificate(text); err != nil {
		return nil, fmt.Errorf("tls.ca: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return nil, errors.New("tls.ca: holds no certificate that can be read")
	}
	return config, nil
}

// certificate is that of the client, with its key; nil: it has none.
func (id Texts) certificate() (*tls.Certificate, error) {
	if id["pkcs12"] != "" {
		return id.fromPKCS12()
	}
	if id["cert"] == "" {
		return nil, nil
	}
	cert, err := id.pem("cert")
	if err != nil {
		return nil, err
	}
	if block, err := pemtext.Certificate(cert); err != nil {
		return nil, fmt.Errorf("tls.cert: %w", err)
	} else if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return nil, fmt.Errorf("tls.cert: is no certificate: %w", err)
	}
	key, err := id.pem("key")
	if err != nil {
		return nil, err
	}
	if _, err := pemtext.PrivateKey(key); err != nil {
		return nil, fmt.Errorf("tls.key: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil && strings.Contains(err.Error(), "does not match") {
		return nil, errors.New("tls.key: does not belong to the first certificate of tls.cert: the client's own comes first, its key is the one that it was asked for with")
	}
	if err != nil {
		return nil, fmt.Errorf("tls.key: is no private key that can be used: %w", err)
	}
	return &pair, nil
}

// fromPKCS12 reads certificate and key out of one file.
func (id Texts) fromPKCS12() (*tls.Certificate, error) {
	data, err := readPKCS12(id["pkcs12"])
	if err != nil {
		return nil, fmt.Errorf("tls.pkcs12: %w", err)
	}
	key, own, above, err := pkcs12.DecodeChain(data, id["password"])
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		return nil, errors.New("tls.password: is not that of tls.pkcs12")
	}
	if err != nil {
		return nil, fmt.Errorf("tls.pkcs12: is no PKCS#12 that can be read: %w", err)
	}
	cert := &tls.Certificate{Certificate: [][]byte{own.Raw}, PrivateKey: key, Leaf: own}
	for _, c := range above {
		cert.Certificate = append(cert.Certificate, c.Raw)
	}
	return cert, nil
}

// readPKCS12 reads a file, or base64.
func readPKCS12(text string) ([]byte, error) {
	if isPath(text) {
		return pemtext.ReadFile(text)
	}
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
}

// isPath reports whether what should be PKCS#12 is no base64 of it, which begins
// with a long ASN.1 sequence.
func isPath(text string) bool {
	_, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return err != nil || !strings.HasPrefix(text, "MI")
}

// pem is PEM, as it stands there or in a file.
func (id Texts) pem(key string) ([]byte, error) {
	data, err := pemtext.Read(id[key])
	if err != nil {
		return nil, fmt.Errorf("tls.%s: %w", key, err)
	}
	return data, nil
}
