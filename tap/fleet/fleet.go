package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Fleet is what workers share of the passes of a source. Its methods may be called from
// any goroutine.
type Fleet struct{ server *server }

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
	s, err := openServer(ctx, conn, name, create, replicas)
	if err != nil {
		return nil, err
	}
	return &Fleet{server: s}, nil
}

// Name is the fleet's.
func (f *Fleet) Name() string { return f.server.fleet }

// Keys is the bucket of the fleet's keys, of which those under "budget." are free.
func (f *Fleet) Keys() jetstream.KeyValue { return f.server.keys }

// now is the time as entries write it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
