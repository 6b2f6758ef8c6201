package fetch_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testrig"
)

// issued is a certificate with its key.
type issued struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// issue makes a certificate that by signed; nil: an authority of its own.
func issue(t testing.TB, name string, by *issued, ends time.Time, client bool) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: ends.Add(-48 * time.Hour), NotAfter: ends, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if client {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	signer := &issued{c, key}
	if by == nil {
		c.IsCA, c.KeyUsage, c.ExtKeyUsage = true, x509.KeyUsageCertSign, nil
	} else {
		signer = by
	}
	der, err := x509.CreateCertificate(rand.Reader, c, signer.cert, key.Public(), signer.key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return &issued{c, key}
}

func (i *issued) certPEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw}))
}

func (i *issued) keyPEM(t testing.TB) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func (i *issued) pkcs12(t testing.TB, password string) []byte {
	t.Helper()
	data, err := pkcs12.Modern.Encode(i.key, i.cert, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// authorities are what the tests of tls are made with.
type authorities struct {
	ca, other, server, late   *issued // late: a server's certificate that has run out
	client, stranger, expired *issued // of a client: stranger's is of the other authority
	file                      func(name, text string) string
}

func newAuthorities(t testing.TB) *authorities {
	soon, gone := time.Now().Add(24*time.Hour), time.Now().Add(-time.Hour)
	a := &authorities{ca: issue(t, "ca", nil, soon, false), other: issue(t, "other", nil, soon, false)}
	a.server, a.late = issue(t, "server", a.ca, soon, false), issue(t, "server", a.ca, gone, false)
	a.client, a.stranger, a.expired = issue(t, "me", a.ca, soon, true), issue(t, "me", a.other, soon, true), issue(t, "me", a.ca, gone, true)
	a.file = func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		testrig.Write(t, path, text)
		return path
	}
	return a
}

// serve is an API that wants a client certificate, and says whose it saw.
func (a *authorities) serve(t testing.TB, with *issued, change func(*tls.Config)) string {
	return a.handle(t, with, change, func(w http.ResponseWriter, r *http.Request) {
		name := ""
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		fmt.Fprintf(w, `{"data":[{"id":%q}]}`, name)
	})
}

// handle is an API that wants a client certificate.
func (a *authorities) handle(t testing.TB, with *issued, change func(*tls.Config), f http.HandlerFunc) string {
	trusted := x509.NewCertPool()
	trusted.AddCert(a.ca.cert)
	api := httptest.NewUnstartedServer(f)
	api.Config.ErrorLog = log.New(io.Discard, "", 0)
	api.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{with.cert.Raw}, PrivateKey: with.key}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: trusted,
	}
	if change != nil {
		change(api.TLS)
	}
	api.StartTLS()
	t.Cleanup(api.Close)
	return api.URL
}

// ask walks an API with a client of such tls. It returns whom the API saw, and what
// was said and logged.
func askTLS(t testing.TB, url, spec string, settings ...string) (ids []string, said string, err error) {
	t.Helper()
	d, err := definition.Parse("test.yaml", []byte(`{version: 1, name: test, settings: {additionalProperties: true}, client: {base_url: "`+url+`", retry: {attempts: 2, min_wait: 1ms, max_wait: 1ms}, tls: {`+spec+`}}, streams: [{name: s0, records: data, path: /orders}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := d.Streams[0]
	r := newRig(t, s, nil, settings...)
	var log bytes.Buffer
	r.client = fetch.NewClient(s.Client, fetch.Options{
		UserAgent: "test", Gate: r.gate, Log: slog.New(slog.NewTextHandler(&log, nil)), Secrets: r.client.Secrets,
	}, r.vars)
	defer r.client.Close()
	got := r.run(s, paging.Position{})
	said = log.String()
	if check := r.client.Check(r.vars); check != nil {
		said += check.Error()
	}
	if got.err != nil {
		said += got.err.Error()
	}
	return got.ids, said, got.err
}

// TestClientCertificates proves that an API which demands a client certificate, and
// whose own is of a private authority, sees the one that tls names, however it is
// given.
func TestClientCertificates(t *testing.T) {
	a := newAuthorities(t)
	url := a.serve(t, a.server, nil)
	cert, key, ca := a.client.certPEM(), a.client.keyPEM(t), a.ca.certPEM()
	p12 := a.client.pkcs12(t, "p12-Passw0rd")
	line := func(text string) string { return strings.ReplaceAll(text, "\n", `\n`) }
	for _, test := range []struct {
		name, spec string
		settings   []string
	}{
		{"text", `cert: "{{ config.cert }}", key: "{{ config.key }}", ca: "{{ config.ca }}"`, []string{"cert", cert, "key", key, "ca", ca}},
		{"text in one line", `cert: "{{ config.cert }}", key: "{{ config.key }}", ca: "{{ config.ca }}"`, []string{"cert", line(cert), "key", line(key), "ca", line(ca)}},
		{"files", fmt.Sprintf(`cert: %q, key: %q, ca: %q`, a.file("c.pem", cert), a.file("k.pem", key), a.file("ca.pem", ca)), nil},
		{"one file for both", fmt.Sprintf(`cert: %[1]q, key: %[1]q, ca: %[2]q`, a.file("both.pem", key+cert), a.file("ca.pem", ca)), nil},
		{"a file of PKCS#12", fmt.Sprintf(`pkcs12: %q, password: "{{ config.p }}", ca: "{{ config.ca }}"`, a.file("c.p12", string(p12))), []string{"p", "p12-Passw0rd", "ca", ca}},
		{"PKCS#12 in base64", `pkcs12: "{{ config.p12 }}", password: "{{ config.p }}", ca: "{{ config.ca }}", min_version: 1.3`, []string{"p", "p12-Passw0rd", "ca", ca, "p12", base64.StdEncoding.EncodeToString(p12)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ids, _, err := askTLS(t, url, test.spec, test.settings...)
			if err != nil || len(ids) != 1 || ids[0] != `"me"` {
				t.Errorf("the API saw %v: %v", ids, err)
			}
		})
	}
}

// TestConnectionsRefused proves that each side's refusal of the other says what to
// do, and is asked for no more than once.
func TestConnectionsRefused(t *testing.T) {
	a := newAuthorities(t)
	url := a.serve(t, a.server, nil)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	own := func(i *issued) string {
		return fmt.Sprintf(`cert: %q, key: %q, `, a.file("c.pem", i.certPEM()), a.file("k.pem", i.keyPEM(t)))
	}
	ca := func(i *issued) string { return fmt.Sprintf(`ca: %q`, a.file("ca.pem", i.certPEM())) }
	old := func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }
	for _, test := range []struct{ name, url, spec, want string }{
		{"an unknown authority", url, own(a.client) + ca(a.other), "signed by nobody who is known here"},
		{"the authorities of the machine", url, strings.TrimSuffix(own(a.client), ", "), "give its certificate as tls: {ca: …}"},
		{"a server's certificate that has run out", a.serve(t, a.late, nil), own(a.client) + ca(a.ca), "it has run out, or the clock of this machine is wrong"},
		{"another host", strings.Replace(url, "127.0.0.1", "localhost", 1), own(a.client) + ca(a.ca), "is for another host"},
		{"no client certificate", url, ca(a.ca), "the API asks for a client certificate: give it as tls: {cert: …, key: …}"},
		{"no client certificate, in TLS 1.2", a.serve(t, a.server, old), ca(a.ca), "client certificate"},
		{"a client certificate of another authority", url, own(a.stranger) + ca(a.ca), "client certificate"},
		{"a client certificate that has run out", url, own(a.expired) + ca(a.ca), "the API no longer takes the client certificate"},
		{"too old a version", a.serve(t, a.server, old), own(a.client) + ca(a.ca) + ", min_version: 1.3", "another version of TLS: see tls.min_version"},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), ca(a.ca), "is the scheme of base_url right"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ids, _, err := askTLS(t, test.url, test.spec)
			e := failure(t, err)
			if e.Class != fetch.Permanent || !strings.Contains(e.Error(), test.want) || len(ids) > 0 {
				t.Errorf("got %v: %v, want %q", e.Class, e, test.want)
			}
		})
	}
}

// TestIdentitiesThatAreNone proves that what tls cannot be made of is said before the
// first request, by the key of the definition, without anything of its value.
func TestIdentitiesThatAreNone(t *testing.T) {
	a := newAuthorities(t)
	cert, key := a.client.certPEM(), a.client.keyPEM(t)
	broken := strings.Replace(key, "M", "!", 3)
	p12 := base64.StdEncoding.EncodeToString(a.client.pkcs12(t, "p12-Passw0rd"))
	const pair, both = `cert: "{{ config.cert }}", key: "{{ config.key }}"`, `pkcs12: "{{ config.p12 }}", password: "{{ config.p }}"`
	for _, test := range []struct {
		name, spec, want string
		settings         []string
	}{
		{"a key that does not parse", pair, "tls.key: ", []string{"cert", cert, "key", broken}},
		{"a key of nothing", pair, "tls.key: is no private key that can be used", []string{"cert", cert, "key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("S3cret-Key-0123456789")}))}},
		{"a key of another certificate", pair, "tls.key: does not belong to the first certificate of tls.cert", []string{"cert", cert, "key", a.stranger.keyPEM(t)}},
		{"an encrypted key", pair, "tls.key: is encrypted", []string{"cert", cert, "key", strings.ReplaceAll(key, "PRIVATE", "ENCRYPTED PRIVATE")}},
		{"exchanged", pair, "tls.cert: has no certificate in it", []string{"cert", key, "key", cert}},
		{"a certificate as the key", pair, "tls.key: holds a certificate, and no private key: give the key that belongs to it; are the two exchanged?", []string{"cert", cert, "key", cert}},
		{"a secret as a path", pair, "tls.key: is neither the text itself nor the path of a file that can be read: no such file", []string{"cert", cert, "key", "S3cret-Key-0123456789"}},
		{"empty", pair, "tls.key: {{ config.key }} is empty", []string{"cert", cert}},
		{"no certificate", pair, "tls.cert: is no certificate", []string{"cert", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})), "key", key}},
		{"an authority that is none", `ca: "{{ config.key }}"`, "tls.ca: has no certificate in it", []string{"key", key}},
		{"a wrong password", both, "tls.password: is not that of tls.pkcs12", []string{"p12", p12, "p", "Wr0ng-Password"}},
		{"broken PKCS#12", both, "tls.pkcs12: is no PKCS#12 that can be read", []string{"p12", p12[:400], "p", "p12-Passw0rd"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ids, said, err := askTLS(t, "https://127.0.0.1:1", test.spec, test.settings...)
			e := failure(t, err)
			if e.Class != fetch.Permanent || strings.Count(said, test.want) != 2 || len(ids) > 0 {
				t.Errorf("got %v: %s, want %q twice", e.Class, said, test.want)
			}
			for i := 1; i < len(test.settings); i += 2 {
				lines := strings.Split(test.settings[i], "\n")
				if text := lines[min(1, len(lines)-1)]; strings.Contains(said, text[:min(len(text), 12)]) {
					t.Errorf("%s shows %s", said, text)
				}
			}
		})
	}
}
