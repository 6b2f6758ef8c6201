package fleet

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Address says where a NATS server is, and who asks it, as flags do. No error has a name, a
// password or a token of it.
type Address struct {
	URL   string // of --nats: several have commas between them
	Creds string // of --nats-creds: a file
	CA    string // of --nats-ca: likewise
}

// Connect connects to the server, and goes on to do so whenever the connection is lost. Its
// error is a *[ServerError] where no server answers; any other is one of the address.
func (a *Address) Connect(log *slog.Logger, as string) (*nats.Conn, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	options := []nats.Option{
		nats.Name("tap-rest " + as), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second), nats.Timeout(10 * time.Second),
		nats.DisconnectErrHandler(func(c *nats.Conn, err error) {
			if err != nil {
				log.Warn("the connection to the NATS server is lost: it is tried again each second, and what is under way goes on as long as the lease of its part", "why", err.Error())
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			log.Info("the NATS server is back", "server", redactedURL(c.ConnectedUrl()))
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("the NATS server refuses something", "why", err.Error())
		}),
	}
	if a.Creds != "" {
		options = append(options, nats.UserCredentials(a.Creds))
	}
	if a.CA != "" {
		options = append(options, nats.RootCAs(a.CA))
	}
	conn, err := nats.Connect(a.URL, options...)
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return nil, fmt.Errorf("--nats %s: the server does not let this user in: give NAME:PASSWORD@ before the host, or --nats-creds FILE", redactedURL(a.URL))
	case err != nil:
		return nil, &ServerError{fmt.Errorf("--nats %s: no NATS server can be spoken with there: %w: is it up, and does it speak TLS if, and only if, the URL begins with tls://?", redactedURL(a.URL), err)}
	}
	return conn, nil
}

// Check checks what can be checked without the server.
func (a *Address) Check() error {
	for one := range strings.SplitSeq(a.URL, ",") {
		if err := checkURL(strings.TrimSpace(one)); err != nil {
			return err
		}
	}
	for flag, file := range map[string]string{"--nats-creds": a.Creds, "--nats-ca": a.CA} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
	}
	return nil
}

// checkURL checks the URL of a server as package nats reads it. Why a URL cannot be read is
// not in the error: the reason of package url has pieces of a password in it.
func checkURL(text string) error {
	scheme, user, host := cutURL(text)
	if !slices.Contains([]string{"", "nats://", "tls://", "ws://", "wss://"}, scheme) {
		return fmt.Errorf("--nats %s: a NATS server's URL begins with nats:// or tls://, or with ws:// or wss:// where it speaks WebSocket", redacted(text))
	}
	if scheme == "" {
		scheme = "nats://"
	}
	if _, err := url.Parse(scheme + user + host); err == nil && !strings.ContainsAny(user, "/?#") {
		return nil
	}
	return fmt.Errorf("--nats %s: this cannot be read as NAME:PASSWORD@HOST:PORT: in the name and the password write / as %%2F, ? as %%3F, # as %%23, a comma as %%2C and %% as %%25", redacted(text))
}

// cutURL cuts a URL, which may be none, into its scheme with ://, which may be left out, who
// asks, with the @, and the host with what follows. A password may have any sign in it.
func cutURL(text string) (scheme, user, host string) {
	name, rest, found := strings.Cut(text, "://")
	if !found || strings.ContainsFunc(name, func(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' }) {
		name, rest = "", text
	} else {
		name += "://"
	}
	at := strings.LastIndexByte(rest, '@') + 1
	return name, rest[:at], rest[at:]
}

// redactedURL is a URL, or several with commas between them, without names, passwords and
// tokens.
func redactedURL(text string) string {
	var all []string
	for one := range strings.SplitSeq(text, ",") {
		all = append(all, redacted(strings.TrimSpace(one)))
	}
	return strings.Join(all, ",")
}

// redacted is one URL without who asks: a token stands where users do.
func redacted(text string) string {
	scheme, user, host := cutURL(text)
	if user != "" {
		return scheme + "xxxxx@" + host
	}
	if _, err := url.Parse("nats://" + host); err != nil { // it may be a password up to a comma
		return "(which is no URL)"
	}
	return scheme + host
}
