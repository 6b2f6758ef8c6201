package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func bytes64(text string) []byte {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}

func number(text string) *big.Int { return new(big.Int).SetBytes(bytes64(text)) }

// rsaOf7515 is the key of RFC 7515, A.2.
func rsaOf7515() *rsa.PrivateKey {
	k := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: number("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"), E: 65537},
		D:         number("Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ"),
		Primes:    []*big.Int{number("4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc"), number("uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc")},
	}
	k.Precompute()
	return k
}

const (
	header256 = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"
	claims    = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
)

// TestVectors proves that tokens are signed as RFC 7515 (A.1 to A.3), RFC 7519 (3.1)
// and RFC 8037 (A.4) have them; where signatures are random, that theirs is taken.
func TestVectors(t *testing.T) {
	ed := ed25519.NewKeyFromSeed(bytes64("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
	for _, test := range []struct {
		name, algorithm, header, claims, want string
		key                                   any
	}{
		{"RFC 7515 A.1, RFC 7519 3.1", "HS256", header256, claims,
			"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
			bytes64("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")},
		{"RFC 7515 A.2", "RS256", `{"alg":"RS256"}`, claims,
			"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
			rsaOf7515()},
		{"RFC 8037 A.4", "EdDSA", `{"alg":"EdDSA"}`, "Example of Ed25519 signing",
			"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg", ed},
	} {
		got, err := signJWT(test.algorithm, []byte(test.header), []byte(test.claims), test.key)
		if err != nil || got != test.want {
			t.Errorf("%s: got %s, %v\nwant %s", test.name, got, err, test.want)
		}
	}

	point := append([]byte{4}, append(bytes64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), bytes64("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")...)...)
	es, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	const a3 = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	if err := jwt.SigningMethodES256.Verify(a3, bytes64("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"), es); err != nil {
		t.Errorf("RFC 7515 A.3: %v", err)
	}
}

// pemText writes a key as PEM text, PKCS#8.
func pemText(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// TestEveryAlgorithm proves that each signs with a key of its kind, however it is
// given, what whoever has the public key takes; and with no other kind.
func TestEveryAlgorithm(t *testing.T) {
	keys := map[string]any{"R": rsaOf7515()}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		keys[name], _ = ecdsa.GenerateKey(curve, rand.Reader)
	}
	_, keys["EdDSA"], _ = ed25519.GenerateKey(rand.Reader)
	for _, algorithm := range strings.Fields("RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA") {
		own := algorithm
		if strings.Contains("RP", algorithm[:1]) {
			own = "R"
		}
		text := pemText(t, keys[own])
		file := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		given := map[string]string{"PEM": text, "with \\n": strings.ReplaceAll(text, "\n", `\n`), "a file": file, "a service account": `{"private_key": "` + strings.ReplaceAll(text, "\n", `\n`) + `"}`}
		given["behind another block"] = string(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte("x")})) + text
		for how, text := range given {
			key, err := signingKey(algorithm, text)
			if err != nil {
				t.Errorf("%s, %s: %v", algorithm, how, err)
				continue
			}
			token, err := signJWT(algorithm, []byte(`{"alg":"`+algorithm+`"}`), []byte(claims), key)
			if err != nil {
				t.Errorf("%s, %s: %v", algorithm, how, err)
				continue
			}
			_, err = jwt.NewParser(jwt.WithValidMethods([]string{algorithm}), jwt.WithoutClaimsValidation()).Parse(token, func(*jwt.Token) (any, error) {
				return publicOf(key), nil
			})
			if err != nil {
				t.Errorf("%s, %s: %v", algorithm, how, err)
			}
		}
		for other, key := range keys {
			if _, err := signingKey(algorithm, pemText(t, key)); (err == nil) != (other == own) {
				t.Errorf("%s with the key of %s: %v", algorithm, other, err)
			}
		}
	}
	for _, algorithm := range []string{"HS256", "HS384", "HS512"} {
		key, err := signingKey(algorithm, "the-secret")
		if err != nil {
			t.Fatal(err)
		}
		token, _ := signJWT(algorithm, []byte(`{"alg":"`+algorithm+`"}`), []byte(claims), key)
		if _, err := jwt.NewParser(jwt.WithoutClaimsValidation()).Parse(token, func(*jwt.Token) (any, error) { return []byte("the-secret"), nil }); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}

func publicOf(key any) crypto.PublicKey { return key.(crypto.Signer).Public() }

// TestKeysThatDoNotSign proves that each says what is wrong with it, and quotes
// nothing of it.
func TestKeysThatDoNotSign(t *testing.T) {
	key := rsaOf7515()
	public, _ := x509.MarshalPKIXPublicKey(key.Public())
	block := func(kind string, der []byte, headers map[string]string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der, Headers: headers}))
	}
	for _, test := range []struct{ name, text, want string }{
		{"a public key", block("PUBLIC KEY", public, nil), "holds a public key, and no private key: give the key that belongs to it"},
		{"a certificate", block("CERTIFICATE", public, nil), "holds a certificate, and no private key"},
		{"with a passphrase", block("ENCRYPTED PRIVATE KEY", public, nil), "is encrypted with a passphrase"},
		{"with an old passphrase", block("RSA PRIVATE KEY", public, map[string]string{"DEK-Info": "AES"}), "is encrypted with a passphrase"},
		{"cut", block("PRIVATE KEY", public[:40], nil), "is it whole?"},
		{"no PEM", "-----BEGIN nothing", "has no private key in it: wants PEM"},
		{"other JSON", `{"client_id":"S3cret"}`, "is JSON without private_key"},
		{"no file", "/nowhere/key.pem", "nor the path of a file that can be read: no such file"},
		{"a short one", "S3cret", "nor the path of a file that can be read"},
		{"another kind", pemText(t, key), "is an RSA key, with which ES256 does not sign"},
	} {
		_, err := signingKey("ES256", test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "S3cret") || strings.Contains(err.Error(), "MII") {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}
