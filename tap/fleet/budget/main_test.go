package budget_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tap-rest/tap-rest/tap/fleet/natstest"
	"github.com/tap-rest/tap-rest/testrig"
)

// natsServer is a NATS server of a test, which can be stopped and started again.
type natsServer struct {
	*natstest.Server
	t *testing.T
}

func startNATS(t *testing.T) *natsServer {
	t.Helper()
	return &natsServer{natstest.Start(t), t}
}

// bucket connects to the server, as a worker does.
func (n *natsServer) bucket() jetstream.KeyValue {
	n.t.Helper()
	js, err := jetstream.New(n.Connect())
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(n.t.Context(), 10*time.Second)
	defer cancel()
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "budget"})
	if err != nil {
		n.t.Fatal(err)
	}
	return kv
}

// lines are a log that is written and read by many.
type lines struct{ testrig.Output }

func (l *lines) count(text string) int { return strings.Count(l.String(), text) }

func newLog() (*slog.Logger, *lines) {
	l := &lines{}
	return slog.New(slog.NewTextHandler(l, nil)), l
}

// until waits for something, looking again at each tick.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick, end := time.NewTicker(5*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("after 30 s: %s", what)
		}
	}
}
