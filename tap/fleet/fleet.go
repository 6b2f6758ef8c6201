package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Fleet is what workers share of the passes of a source. Its methods may be called from
// any goroutine.
type Fleet struct {
	name    string
	conn    *nats.Conn
	js      jetstream.JetStream
	queue   jetstream.Stream
	keys    jetstream.KeyValue
	objects jetstream.ObjectStore
}

// ErrNone is wrapped by the error of a fleet of which the server has nothing.
var ErrNone = errors.New("the server knows no fleet of this name: tap-rest submit makes one")

// longestName is how long a name may be, in bytes.
const longestName = 64

// NameOf is the name of the fleet of a source, where nobody says another: servers take
// letters, digits, _ and -.
func NameOf(source string) string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '_'
	}, source)
	return name[:min(len(name), longestName)]
}

// Open opens a fleet. Where create is true, what the server does not have of it is made,
// with so many replicas. The error says which stream or bucket is there with other
// settings, and which.
func Open(ctx context.Context, conn *nats.Conn, name string, create bool, replicas int) (*Fleet, error) {
	if name == "" || NameOf(name) != name {
		return nil, fmt.Errorf("a fleet cannot be named %q: letters, digits, _ and - make a name, 64 at most", name)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	f := &Fleet{name: name, conn: conn, js: js}
	for _, open := range []func(context.Context, bool, int) error{f.openQueue, f.openKeys, f.openObjects} {
		var differs *DiffersError
		switch err := open(ctx, create, replicas); {
		case isLone(err):
			return nil, fmt.Errorf("fleet %s: %d replicas need a cluster of as many NATS servers, and this one is alone: leave --replicas away", name, replicas)
		case errors.Is(err, ErrNone), errors.As(err, &differs):
			return nil, fmt.Errorf("fleet %s: %w", name, err)
		case err != nil:
			return nil, f.because(err)
		}
	}
	return f, nil
}

// Name is the fleet's.
func (f *Fleet) Name() string { return f.name }

// Keys is the bucket of the fleet's keys, of which those under "budget." are free.
func (f *Fleet) Keys() jetstream.KeyValue { return f.keys }

func (f *Fleet) onServer() string { return "tap-rest-" + f.name }

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
func (f *Fleet) because(err error) error {
	server := f.conn.ConnectedUrlRedacted()
	if server == "" {
		server = "(there is no connection now)"
	}
	var api *jetstream.APIError
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		err = fmt.Errorf("the NATS server %s has no JetStream, where a fleet keeps its parts, or does not have it yet after its start: start it with -js (nats-server -js -sd FOLDER), or enable it for the account", server)
	case errors.As(err, &api) && slices.Contains(full, api.ErrorCode):
		err = fmt.Errorf("the NATS server %s has no room left for the fleet %s: its storage is full, or bounded (max_file_store, or the limits of the account): %w", server, f.name, err)
	case errors.Is(err, nats.ErrMaxPayload):
		err = fmt.Errorf("the NATS server %s takes no message as large as a partition of this plan (max_payload %d): raise its max_payload: %w", server, f.conn.MaxPayload(), err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout), errors.Is(err, nats.ErrDisconnected):
		err = fmt.Errorf("the NATS server %s does not answer: %w", server, err)
	default:
		err = fmt.Errorf("fleet %s: %w", f.name, err)
	}
	return &ServerError{err}
}

// queueConfig is how the stream of a fleet is set up.
func (f *Fleet) queueConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: f.onServer(), Description: "Parts of a pass of tap-rest that nobody has read yet",
		Subjects: []string{"tap-rest." + f.name + ".>"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage, Replicas: replicas,
		Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgsPerSubject: 1,
	}
}

func (f *Fleet) openQueue(ctx context.Context, create bool, replicas int) (err error) {
	want := f.queueConfig(replicas)
	f.queue, err = f.js.Stream(ctx, f.onServer())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if !create {
			return ErrNone
		}
		f.queue, err = f.js.CreateStream(ctx, want)
	}
	if err != nil {
		return err
	}
	have := f.queue.CachedInfo().Config
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
			return &DiffersError{"stream " + f.onServer(), other.what, fmt.Sprint(other.have), fmt.Sprint(other.want), "parts could be lost, or read twice"}
		}
	}
	return nil
}

func (f *Fleet) openKeys(ctx context.Context, create bool, replicas int) (err error) {
	f.keys, err = f.js.KeyValue(ctx, f.onServer())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		if !create {
			return ErrNone
		}
		f.keys, err = f.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: f.onServer(), Description: "What became of the parts of a pass of tap-rest", Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	if err != nil {
		return err
	}
	status, err := f.keys.Status(ctx)
	if err == nil && status.TTL() != 0 {
		err = &DiffersError{"bucket " + f.onServer(), "ttl", status.TTL().String(), "none", "what was read would be read again"}
	}
	return err
}

func (f *Fleet) openObjects(ctx context.Context, create bool, replicas int) (err error) {
	f.objects, err = f.js.ObjectStore(ctx, f.onServer())
	if errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		if !create {
			return ErrNone
		}
		f.objects, err = f.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: f.onServer(), Description: "The plan of a pass of tap-rest, and its bookmark", Storage: jetstream.FileStorage, Replicas: replicas,
		})
	}
	return err
}

// read reads the value of a key; revision 0: there is none.
func read[T any](ctx context.Context, f *Fleet, key string, value *T) (revision uint64, err error) {
	entry, err := f.keys.Get(ctx, key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return 0, nil
	case err != nil:
		return 0, f.because(err)
	}
	if err := json.Unmarshal(entry.Value(), value); err != nil {
		return 0, fmt.Errorf("fleet %s: the value of the key %s cannot be read: %w", f.name, key, err)
	}
	return entry.Revision(), nil
}

// change changes the value of a key to what is made of it, also where others change it
// at the same time: then it is made anew, of theirs. An error of make is returned, and
// nothing is written.
func change[T any](ctx context.Context, f *Fleet, key string, make func(*T) error) error {
	for {
		var value T
		revision, err := read(ctx, f, key, &value)
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
		if most := f.conn.MaxPayload(); int64(len(text)) > most {
			return fmt.Errorf("fleet %s: what became of a part takes %d bytes, and the server takes %d at most: raise its max_payload, or make the partitions smaller", f.name, len(text), most)
		}
		if revision == 0 {
			_, err = f.keys.Create(ctx, key, text)
		} else {
			_, err = f.keys.Update(ctx, key, text, revision)
		}
		switch {
		case err == nil:
			return nil
		case !isConflict(err):
			return f.because(err)
		}
	}
}

// isConflict reports whether another one was quicker.
func isConflict(err error) bool {
	var e *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) ||
		errors.As(err, &e) && (e.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || e.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// now is the time as entries write it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
