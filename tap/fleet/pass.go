package fleet

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// Pass is a plan that the workers of a fleet read.
type Pass struct {
	ID        string        `json:"id"`
	Source    string        `json:"source"`    // name of the definition
	Program   string        `json:"program"`   // version that made the plan
	Parts     int           `json:"parts"`     // that are read alone; the rest of the plan comes after them
	Queued    bool          `json:"queued"`    // all of them were put into the queue
	Round     int           `json:"round"`     // how often parts that were given up were put there again
	Lease     time.Duration `json:"lease"`     // after which a worker that says nothing has lost its part
	Submitted time.Time     `json:"submitted"` // UTC
	Over      *time.Time    `json:"over"`      // UTC; nil: it is under way
	Why       string        `json:"why"`       // what of it failed for good, once it is over; "": nothing
	// Settings are digests of those that are no secrets, with which it was planned: the
	// bookmark that it leaves is that of no other ones.
	Settings map[string]string `json:"settings"`
}

const (
	passKey  = "pass"
	stateKey = "state"
	rest     = "rest" // stands for the rest of a plan, where others have their partition's key
)

// Pass is the latest pass; nil: there was none yet.
func (f *Fleet) Pass(ctx context.Context) (*Pass, error) {
	var p Pass
	if revision, err := read(ctx, f.server, passKey, &p); err != nil || revision == 0 {
		return nil, err
	}
	return &p, nil
}

// Bookmark is the state that the last pass has left; nil: none has ended yet.
func (f *Fleet) Bookmark(ctx context.Context) (*state.State, error) {
	text, err := f.server.object(ctx, stateKey)
	if err != nil || text == nil {
		return nil, err
	}
	return state.ParseSinger("of the fleet "+f.Name(), text)
}

func planKey(pass string) string { return "plan." + pass }

// restKey is where targets' states of the rest of a plan lie: those of all its contexts
// may be more than the value of a key takes.
func restKey(pass string) string { return "rest." + pass }

// lines reads a plan, a line at a time, without the last one.
type lines struct {
	scan *bufio.Scanner
	Head planfile.Head
	text []byte // the first line
}

func readLines(plan io.Reader) (*lines, error) {
	l := &lines{scan: bufio.NewScanner(plan)}
	l.scan.Buffer(nil, 256<<20)
	if !l.scan.Scan() {
		return nil, fmt.Errorf("the plan is empty: %w", errOr(l.scan.Err(), io.ErrUnexpectedEOF))
	}
	l.text = bytes.Clone(l.scan.Bytes())
	return l, json.Unmarshal(l.text, &l.Head)
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// next is the next partition that may be read alone, and its line, which is valid until
// the next call; nil: there is none.
func (l *lines) next() (*planfile.Planned, []byte, error) {
	for l.scan.Scan() {
		var p planfile.Planned
		if err := json.Unmarshal(l.scan.Bytes(), &p); err != nil {
			return nil, nil, fmt.Errorf("the plan: %w", err)
		}
		if l.Head.InParts(&p) {
			return &p, l.scan.Bytes(), nil
		}
	}
	return nil, nil, l.scan.Err()
}

// short names something by what it is made of.
func short(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Head is the first line of the plan of a pass.
func (f *Fleet) Head(ctx context.Context, pass string) ([]byte, error) {
	plan, err := f.server.plan(ctx, pass)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	l, err := readLines(plan)
	if err != nil {
		return nil, err
	}
	return l.text, nil
}

// State is what all parts of a pass say together that are there, with what the plan began
// from.
func (f *Fleet) State(ctx context.Context, pass string) (*state.State, error) {
	head, err := f.Head(ctx, pass)
	if err != nil {
		return nil, err
	}
	l, err := readLines(bytes.NewReader(head))
	if err != nil {
		return nil, err
	}
	merged := progress.NewMerger("of the fleet " + f.Name())
	add := func(of string, text []byte) error {
		if len(text) == 0 {
			return nil
		}
		one, err := state.ParseSinger(of, text)
		if err != nil {
			return err
		}
		return merged.Add(one)
	}
	err = add("of the plan", l.Head.State)
	if err == nil {
		err = f.entries(ctx, pass, func(e *Entry) error {
			return add(fmt.Sprintf("of the part %s of %s", e.Partition, e.Stream), e.State)
		})
	}
	if err != nil {
		return nil, err
	}
	left, err := f.server.object(ctx, restKey(pass))
	if err == nil {
		err = add("of the rest of the plan", left)
	}
	if err != nil {
		return nil, err
	}
	return merged.State()
}
