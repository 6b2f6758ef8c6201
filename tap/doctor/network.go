package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Network looks at what leads to the network: proxies, and whom the machine believes.
// Passwords of proxies are left out.
func Network(getenv func(string) string) (all []Finding) {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"} {
		value := cmp.Or(getenv(name), getenv(strings.ToLower(name)))
		if value == "" {
			continue
		}
		f := found("proxy", OK, "%s=%s", name, withoutUser(value))
		if u, err := url.Parse(value); name != "NO_PROXY" && strings.Contains(value, "://") && (err != nil || u.Host == "") {
			f = found("proxy", Failure, "%s is no URL: write it as http://HOST:PORT", name)
		}
		all = append(all, f)
	}
	if all == nil {
		all = append(all, found("proxy", OK, "none is set: HTTPS_PROXY, HTTP_PROXY and NO_PROXY are empty"))
	}
	return append(all, authorities(getenv))
}

// withoutUser returns the text of a URL without who asks.
func withoutUser(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		scheme, rest = "", text
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "***@" + rest[at+1:]
	}
	if !found {
		return rest
	}
	return scheme + "://" + rest
}

// authorities looks for the certificates of those whom the machine believes.
func authorities(getenv func(string) string) Finding {
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		for _, path := range strings.Split(getenv(name), string(os.PathListSeparator)) {
			if _, err := os.Stat(path); path != "" && err != nil {
				return found("authorities", Failure, "%s: %v", name, err)
			}
		}
	}
	pool, err := x509.SystemCertPool()
	switch {
	case err != nil:
		return found("authorities", Failure, "whom this machine believes cannot be read: %v", err)
	case pool.Equal(x509.NewCertPool()):
		return found("authorities", Failure, "this machine believes nobody: no certificate of an authority was found, and https fails; install ca-certificates, or name a file in SSL_CERT_FILE")
	}
	return found("authorities", OK, "the certificates of this machine%s", fromFile(getenv("SSL_CERT_FILE")))
}

func fromFile(name string) string {
	if name == "" {
		return ""
	}
	return ", of " + name
}

// Clocks differ by more than these when they are told of: a bookmark is kept that far
// behind, and one a day ahead ends runs.
const (
	slowClock  = time.Minute
	wrongClock = 24 * time.Hour
)

// Clock asks a server once, without a credential, and compares its clock with ours.
func Clock(ctx context.Context, client *http.Client, address string) Finding {
	ask, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return found("clock", Failure, "base_url is no URL: %v", withoutURL(err))
	}
	begun := time.Now()
	answer, err := client.Do(ask)
	if err != nil {
		var unknown *tls.CertificateVerificationError
		if errors.As(err, &unknown) {
			return found("clock", Warning, "the certificate of %s is not believed here: %v (what the definition says in tls was not looked at)", ask.URL.Host, unknown.Err)
		}
		return found("clock", Failure, "%s does not answer: %v", ask.URL.Host, withoutURL(err))
	}
	answer.Body.Close()
	took := time.Since(begun)
	theirs, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return found("clock", OK, "%s answers within %s, and does not say what time it is", ask.URL.Host, took.Round(time.Millisecond))
	}
	return compare(ask.URL.Host, begun.Add(took/2).Sub(theirs).Round(time.Second), took)
}

// compare says by how much our clock is ahead of a server's.
func compare(host string, ahead, took time.Duration) Finding {
	off, way := ahead, "ahead of"
	if ahead < 0 {
		off, way = -ahead, "behind"
	}
	text := fmt.Sprintf("this machine's clock is %s %s that of %s", off, way, host)
	switch {
	case off >= wrongClock:
		return found("clock", Failure, "%s: one of the two is wrong, and bookmarks are not taken", text)
	case off > slowClock:
		return found("clock", Warning, "%s: signed requests and windows up to now may fail; set it by NTP", text)
	}
	return found("clock", OK, "%s answers within %s, and its clock is ours", host, took.Round(time.Millisecond))
}

// withoutURL returns an error of the HTTP client without the URL, which may hold a secret.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
