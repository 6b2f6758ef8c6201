package workers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

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

// open opens the fleet of a source. Where create is true, what is missing of it is made.
func (f *fleetFlags) open(rt *program.Runtime, o *tap.Options, as string, create bool, replicas int) (*fleet.Fleet, func(), error) {
	conn, err := (&fleet.Address{URL: f.NATS, Creds: f.Creds, CA: f.CA}).Connect(o.Log, as)
	if err != nil {
		return nil, nil, refused(err)
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
		return nil, nil, refused(err)
	}
	return opened, conn.Close, nil
}

// refused is an error of opening a fleet: what is not the server's is one of the flags.
func refused(err error) error {
	var server *fleet.ServerError
	if errors.As(err, &server) {
		return err
	}
	return &tap.InputError{Err: err}
}

// workerName is a name for people.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d", fleet.NameOf(host), os.Getpid())
}
