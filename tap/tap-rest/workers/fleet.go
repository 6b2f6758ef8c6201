package workers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/fleet"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// fleetFlags say where the workers of a source meet.
type fleetFlags struct {
	NATS  string `name:"nats" required:"" env:"NATS_URL" placeholder:"URL" help:"The NATS server, with JetStream: nats://HOST:4222, or tls://…. Several: with commas between them."`
	Creds string `name:"nats-creds" env:"NATS_CREDS" placeholder:"FILE" help:"Credentials for it, as nsc writes them."`
	CA    string `name:"nats-ca" env:"NATS_CA" placeholder:"FILE" help:"Certificates of those who sign the server's, as PEM."`
	Fleet string `placeholder:"NAME" help:"Which fleet of workers it is. Without it: the source's name."`
}

// answering is how long the server may take for what a person waits for.
const answering = 30 * time.Second

// connect connects to the server, and goes on to do so whenever the connection is lost.
func (f *fleetFlags) connect(o *tap.Options, as string) (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name("tap-rest " + as), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second), nats.Timeout(10 * time.Second),
		nats.DisconnectErrHandler(func(c *nats.Conn, err error) {
			if err != nil {
				o.Log.Warn("the connection to the NATS server is lost: it is tried again each second, and what is under way goes on as long as the lease of its part", "why", err.Error())
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			o.Log.Info("the NATS server is back", "server", redactedURL(c.ConnectedUrl()))
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			o.Log.Warn("the NATS server refuses something", "why", err.Error())
		}),
	}
	if err := f.check(); err != nil {
		return nil, &tap.InputError{Err: err}
	}
	if f.Creds != "" {
		options = append(options, nats.UserCredentials(f.Creds))
	}
	if f.CA != "" {
		options = append(options, nats.RootCAs(f.CA))
	}
	conn, err := nats.Connect(f.NATS, options...)
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return nil, &tap.InputError{Err: fmt.Errorf("--nats %s: the server does not let this user in: give NAME:PASSWORD@ before the host, or --nats-creds FILE", redactedURL(f.NATS))}
	case err != nil:
		return nil, &program.AwayError{Err: fmt.Errorf("--nats %s: no NATS server can be spoken with there: %w: is it up, and does it speak TLS if, and only if, the URL begins with tls://?", redactedURL(f.NATS), err)}
	}
	return conn, nil
}

// check checks what can be checked without the server.
func (f *fleetFlags) check() error {
	for one := range strings.SplitSeq(f.NATS, ",") {
		if err := checkURL(strings.TrimSpace(one)); err != nil {
			return err
		}
	}
	for flag, file := range map[string]string{"--nats-creds": f.Creds, "--nats-ca": f.CA} {
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

// open opens the fleet of a source. Where create is true, what is missing of it is made.
func (f *fleetFlags) open(rt *program.Runtime, o *tap.Options, as string, create bool, replicas int) (*fleet.Fleet, func(), error) {
	conn, err := f.connect(o, as)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(rt.Stop, answering)
	defer cancel()
	name := f.Fleet
	if name == "" {
		name = fleet.NameOf(o.Definition.Name)
	}
	opened, err := fleet.Open(ctx, conn, name, create, replicas)
	if err != nil {
		conn.Close()
		var server *fleet.ServerError
		if !errors.As(err, &server) {
			err = &tap.InputError{Err: err}
		}
		return nil, nil, err
	}
	return opened, conn.Close, nil
}

// workerName is a name for people.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d", fleet.NameOf(host), os.Getpid())
}
