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
			o.Log.Info("the NATS server is back", "server", c.ConnectedUrlRedacted())
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
		scheme, _, found := strings.Cut(strings.TrimSpace(one), "://")
		if found && !slices.Contains([]string{"nats", "tls", "ws", "wss"}, scheme) {
			return fmt.Errorf("--nats %s: a NATS server's URL begins with nats:// or tls://, or with ws:// or wss:// where it speaks WebSocket", redactedURL(one))
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

// redactedURL is a URL without its password.
func redactedURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "(which is no URL)"
	}
	if u.User != nil { // a token stands where users do
		u.User = url.User("xxxxx")
	}
	return u.String()
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
