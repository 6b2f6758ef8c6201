package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// server is where a fleet lies: its queue, its keys and its objects on a NATS server. It
// knows how they are set up and what the errors of the server mean, and nothing of passes.
type server struct {
	fleet   string // its name
	conn    *nats.Conn
	js      jetstream.JetStream
	queue   jetstream.Stream
	keys    jetstream.KeyValue
	objects jetstream.ObjectStore
}

// openServer opens what the server has of a fleet, as [Open] does.
func openServer(ctx context.Context, conn *nats.Conn, fleet string, create bool, replicas int) (*server, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	s := &server{fleet: fleet, conn: conn, js: js}
	for _, open := range []func(context.Context, bool, int) error{s.openQueue, s.openKeys, s.openObjects} {
		var differs *DiffersError
		switch err := open(ctx, create, replicas); {
		case isLone(err):
			return nil, fmt.Errorf("fleet %s: %d replicas need a cluster of as many NATS servers, and this one is alone: leave --replicas away", fleet, replicas)
		case errors.Is(err, ErrNone), errors.As(err, &differs):
			return nil, fmt.Errorf("fleet %s: %w", fleet, err)
		case err != nil:
			return nil, s.because(err)
		}
	}
	return s, nil
}

func (s *server) onServer() string { return "tap-rest-" + s.fleet }

// DiffersError says that a stream or bucket is there that is set up for something else.
type DiffersError struct{ what, setting, have, need, otherwise string }

// Error says what differs, and the way out.
func (e *DiffersError) Error() string {
	return fmt.Sprintf("the %s is there with other settings: its %s is %s, and %s is needed, or %s; name another fleet (--fleet NAME), or delete it on the server",
		e.what, e.setting, e.have, e.need, e.otherwise)
}

// ServerError is an error of the NATS server, or of the way there. Most pass.
type ServerError struct{ error }

// Unwrap returns what went wrong.
func (e *ServerError) Unwrap() error { return e.error }

// isLone reports whether a server has no cluster for replicas.
func isLone(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == 10074 || api.ErrorCode == 10052 && strings.Contains(api.Description, "replicas"))
}

// full are the codes of a server that has no room: for a stream, for its account, for
// what is sent.
var full = []jetstream.ErrorCode{10023, 10028, 10047, notStored}

// because explains an error of the server: it is a *ServerError.
func (s *server) because(err error) error {
	server := s.conn.ConnectedUrlRedacted()
	if server == "" {
		server = "(there is no connection now)"
	}
	var api *jetstream.APIError
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		err = fmt.Errorf("the NATS server %s has no JetStream, where a fleet keeps its parts, or does not have it yet after its start: start it with -js (nats-server -js -sd FOLDER), or enable it for the account", server)
	case errors.As(err, &api) && slices.Contains(full, api.ErrorCode):
		err = fmt.Errorf("the NATS server %s has no room left for the fleet %s: its storage is full, or bounded (max_file_store, or the limits of the account): %w", server, s.fleet, err)
	case errors.Is(err, nats.ErrMaxPayload):
		err = fmt.Errorf("the NATS server %s takes no message as large as a partition of this plan (max_payload %d): raise its max_payload: %w", server, s.conn.MaxPayload(), err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout), errors.Is(err, nats.ErrDisconnected):
		err = fmt.Errorf("the NATS server %s does not answer: %w", server, err)
	default:
		err = fmt.Errorf("fleet %s: %w", s.fleet, err)
	}
	return &ServerError{err}
}

// queueConfig is how the stream of a fleet is set up.
func (s *server) queueConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: s.onServer(), Description: "Parts of a pass of tap-rest that nobody has read yet",
		Subjects: []string{"tap-rest." + s.fleet + ".>"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage, Replicas: replicas,
		Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgsPerSubject: 1,
	}
}

func (s *server) openQueue(ctx context.Context, create bool, replicas int) (err error) {
	want := s.queueConfig(replicas)
	s.queue, err = s.js.Stream(ctx, s.onServer())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if !create {
			return ErrNone
		}
		s.queue, err = s.js.CreateStream(ctx, want)
	}
	if err != nil {
		return err
	}
	have := s.queue.CachedInfo().Config
	for _, other := range []struct {
		what       string
		have, want any
		same       bool
	}{
		{"retention", have.Retention, want.Retention, have.Retention == want.Retention},
		{"subjects", have.Subjects, want.Subjects, slices.Equal(have.Subjects, want.Subjects)},
		{"discard", have.Discard, want.Discard, have.Discard == want.Discard},
		{"discard_new_per_subject", have.DiscardNewPerSubject, true, have.DiscardNewPerSubject},
		{"max_msgs_per_subject", have.MaxMsgsPerSubject, want.MaxMsgsPerSubject, have.MaxMsgsPerSubject == want.MaxMsgsPerSubject},
		{"max_age", have.MaxAge, want.MaxAge, have.MaxAge == want.MaxAge},
	} {
		if !other.same {
			return &DiffersError{"stream " + s.onServer(), other.what, fmt.Sprint(other.have), fmt.Sprint(other.want), "parts could be lost, or read twice"}
		}
	}
	return nil
}

func (s *server) openKeys(ctx context.Context, create bool, replicas int) (err error) {
	s.keys, err = s.js.KeyValue(ctx, s.onServer())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		if !create {
			return ErrNone
		}
		s.keys, err = s.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: s.onServer(), Description: "What became of the parts of a pass of tap-rest", Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	if err != nil {
		return err
	}
	status, err := s.keys.Status(ctx)
	if err == nil && status.TTL() != 0 {
		err = &DiffersError{"bucket " + s.onServer(), "ttl", status.TTL().String(), "none", "what was read would be read again"}
	}
	return err
}

func (s *server) openObjects(ctx context.Context, create bool, replicas int) (err error) {
	s.objects, err = s.js.ObjectStore(ctx, s.onServer())
	if errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		if !create {
			return ErrNone
		}
		s.objects, err = s.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: s.onServer(), Description: "The plan of a pass of tap-rest, and its bookmark", Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	return err
}

// read reads the value of a key; revision 0: there is none.
func read[T any](ctx context.Context, s *server, key string, value *T) (revision uint64, err error) {
	entry, err := s.keys.Get(ctx, key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return 0, nil
	case err != nil:
		return 0, s.because(err)
	}
	if err := json.Unmarshal(entry.Value(), value); err != nil {
		return 0, fmt.Errorf("fleet %s: the value of the key %s cannot be read: %w", s.fleet, key, err)
	}
	return entry.Revision(), nil
}

// change changes the value of a key to what is made of it, also where others change it
// at the same time: then it is made anew, of theirs. An error of make is returned, and
// nothing is written.
func change[T any](ctx context.Context, s *server, key string, make func(*T) error) error {
	for {
		var value T
		revision, err := read(ctx, s, key, &value)
		if err == nil {
			err = make(&value)
		}
		if err != nil {
			return err
		}
		text, err := json.Marshal(&value)
		if err != nil {
			return err
		}
		if most := s.conn.MaxPayload(); int64(len(text)) > most {
			return fmt.Errorf("fleet %s: what became of a part takes %d bytes, and the server takes %d at most: raise its max_payload, or make the partitions smaller", s.fleet, len(text), most)
		}
		if revision == 0 {
			_, err = s.keys.Create(ctx, key, text)
		} else {
			_, err = s.keys.Update(ctx, key, text, revision)
		}
		switch {
		case err == nil:
			return nil
		case !isConflict(err):
			return s.because(err)
		}
	}
}

// isConflict reports whether another one was quicker.
func isConflict(err error) bool {
	var e *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) ||
		errors.As(err, &e) && (e.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || e.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// consumer is what hands parts out to all workers.
func (s *server) consumer(ctx context.Context, lease time.Duration) (jetstream.Consumer, error) {
	c, err := s.queue.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "workers", AckPolicy: jetstream.AckExplicitPolicy, AckWait: lease, MaxDeliver: -1, MaxAckPending: -1, MaxWaiting: manyWait,
	})
	if err != nil {
		return nil, s.because(err)
	}
	return c, nil
}

// acknowledge takes a message from the queue, for good.
func (s *server) acknowledge(ctx context.Context, m jetstream.Msg) error {
	if err := m.DoubleAck(ctx); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		return s.because(err)
	}
	return nil
}

// plan opens the plan of a pass.
func (s *server) plan(ctx context.Context, pass string) (io.ReadCloser, error) {
	plan, err := s.objects.Get(ctx, planKey(pass))
	if err != nil {
		return nil, s.because(fmt.Errorf("the plan of the pass %s: %w", pass, err))
	}
	return plan, nil
}

// object is an object; nil: there is none.
func (s *server) object(ctx context.Context, key string) ([]byte, error) {
	text, err := s.objects.GetBytes(ctx, key)
	switch {
	case errors.Is(err, jetstream.ErrObjectNotFound):
		return nil, nil
	case err != nil:
		return nil, s.because(err)
	}
	return text, nil
}

// putObject puts an object in the place of another.
func (s *server) putObject(ctx context.Context, key string, text []byte) error {
	if _, err := s.objects.PutBytes(ctx, key, text); err != nil {
		return s.because(err)
	}
	return nil
}
