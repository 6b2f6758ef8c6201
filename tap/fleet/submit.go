package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Submitted is what a submission did.
type Submitted struct {
	Pass   *Pass
	Begun  bool // it is a new pass; false: one goes on
	Queued int  // parts that were put into the queue
}

// atOnce is how many parts are sent to the server before it has answered for the first of
// them.
const atOnce = 1000

// Begin makes a plan the pass of the fleet, and queues its parts. The pass before it must
// be over.
func (f *Fleet) Begin(ctx context.Context, plan io.ReadSeeker, program string, lease time.Duration) (*Submitted, error) {
	l, err := readLines(plan)
	if err != nil {
		return nil, err
	}
	p := &Pass{Source: l.Head.Source, Settings: l.Head.Settings, Program: program, Lease: lease, Submitted: now()}
	p.ID = short(fmt.Appendf(l.text, "%d", time.Now().UnixNano())) // two passes may begin from one state
	for {
		one, _, err := l.next()
		if err != nil {
			return nil, err
		}
		if one == nil {
			break
		}
		p.Parts++
	}
	if _, err := plan.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if _, err := f.server.objects.Put(ctx, jetstream.ObjectMeta{Name: planKey(p.ID)}, plan); err != nil {
		return nil, f.server.because(err)
	}
	before := ""
	err = change(ctx, f.server, passKey, func(now *Pass) error {
		if now.ID != "" && now.ID != p.ID && now.Over == nil {
			return fmt.Errorf("fleet %s: somebody else has begun a pass meanwhile: submit again, and it goes on with that", f.Name())
		}
		if now.ID != p.ID {
			before = now.ID
		}
		*now = *p
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.forget(ctx, before, p.ID)
	s, err := f.GoOn(ctx)
	if s != nil {
		s.Begun = true
	}
	return s, err
}

// forget removes what is there of a pass that is over, whose state the bookmark has, and
// plans of which none became a pass. What stays takes room, and nothing else.
func (f *Fleet) forget(ctx context.Context, before, now string) {
	plans, _ := f.server.objects.List(ctx)
	for _, plan := range plans {
		if plan.Name != stateKey && plan.Name != planKey(now) {
			_ = f.server.objects.Delete(ctx, plan.Name)
		}
	}
	keys, err := f.server.js.Stream(ctx, "KV_"+f.server.onServer())
	if err != nil || before == "" {
		return
	}
	for _, all := range []string{entryKey(before, ">"), countKey + ".>", "clock.>"} { // workers that live look at the clock again
		_ = keys.Purge(ctx, jetstream.WithPurgeSubject("$KV."+f.server.onServer()+"."+all))
	}
}

// GiveUp ends a pass that is under way: what its parts have left is the fleet's bookmark,
// and what it has not read is left to the next pass.
func (f *Fleet) GiveUp(ctx context.Context, p *Pass) error {
	left, err := f.State(ctx, p.ID)
	if err == nil {
		err = f.server.putObject(ctx, stateKey, left.AppendSinger(nil))
	}
	if err != nil {
		return err
	}
	if err := f.server.queue.Purge(ctx); err != nil {
		return f.server.because(err)
	}
	return change(ctx, f.server, passKey, func(there *Pass) error {
		if there.ID == p.ID && there.Over == nil {
			at := now()
			there.Over, there.Why = &at, "it was given up"
		}
		return nil
	})
}

// GoOn queues what of the pass is neither done nor in the queue: what a submission that
// was cut off has not queued, what was given up, and what a server has lost.
func (f *Fleet) GoOn(ctx context.Context) (*Submitted, error) {
	p, err := f.Pass(ctx)
	if err != nil || p == nil {
		return nil, err
	}
	if _, err := f.server.consumer(ctx, p.Lease); err != nil {
		return nil, err
	}
	done := map[string]bool{}
	var failed []string
	err = f.entries(ctx, p.ID, func(e *Entry) error {
		part := partOf(e.Stream, e.Partition)
		switch done[part] = e.Status == Done; {
		case e.Status == Failed:
			failed = append(failed, part)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, part := range failed {
		if err := f.forgive(ctx, p, part); err != nil {
			return nil, err
		}
	}
	p.Round++ // or the server would take what it knows for doubles
	if err := f.savePass(ctx, p); err != nil {
		return nil, err
	}
	n, err := f.queueParts(ctx, p, done)
	if err == nil && (p.Parts == 0 || slices.Contains(failed, rest)) {
		err = f.queueRest(ctx, p)
	}
	if err == nil {
		p.Queued = true
		err = f.savePass(ctx, p)
	}
	return &Submitted{Pass: p, Queued: n}, err
}

// forgive lets a part that was given up begin anew.
func (f *Fleet) forgive(ctx context.Context, p *Pass, part string) error {
	return change(ctx, f.server, entryKey(p.ID, part), func(e *Entry) error {
		if e.Status == Failed {
			e.Status, e.Tries, e.Busy, e.Lost = Waiting, 0, 0, 0
		}
		return nil
	})
}

// savePass saves what submissions change of a pass.
func (f *Fleet) savePass(ctx context.Context, p *Pass) error {
	return change(ctx, f.server, passKey, func(there *Pass) error {
		if there.ID == p.ID {
			there.Queued, there.Round = p.Queued, max(there.Round, p.Round)
		}
		return nil
	})
}

// queueParts queues all parts that are not done: the queue refuses those that it has.
func (f *Fleet) queueParts(ctx context.Context, p *Pass, done map[string]bool) (n int, err error) {
	plan, err := f.server.plan(ctx, p.ID)
	if err != nil {
		return 0, err
	}
	defer plan.Close()
	l, err := readLines(plan)
	if err != nil {
		return 0, err
	}
	q := publisher{server: f.server}
	for {
		one, line, err := l.next()
		if err != nil {
			return q.queued, err
		}
		if one == nil {
			return q.queued, q.wait(ctx)
		}
		part := partOf(one.Stream, one.Partition)
		if done[part] {
			continue
		}
		if err := q.publish(ctx, f.message(p, part, bytes.Clone(line))); err != nil {
			return q.queued, err
		}
	}
}

// message is a part on its way into the queue.
func (f *Fleet) message(p *Pass, part string, body []byte) *nats.Msg {
	return &nats.Msg{Subject: "tap-rest." + f.Name() + "." + p.ID + "." + part, Data: body, Header: nats.Header{
		jetstream.MsgIDHeader: {fmt.Sprintf("%s.%s.%d", p.ID, part, p.Round)},
	}}
}

// queueRest queues the rest of the plan.
func (f *Fleet) queueRest(ctx context.Context, p *Pass) error {
	q := publisher{server: f.server}
	if err := q.publish(ctx, f.message(p, rest, []byte("{}"))); err != nil {
		return err
	}
	return q.wait(ctx)
}

// publisher sends messages, many at once.
type publisher struct {
	server *server
	sent   []jetstream.PubAckFuture
	queued int
}

func (q *publisher) publish(ctx context.Context, m *nats.Msg) error {
	future, err := q.server.js.PublishMsgAsync(m)
	if err != nil {
		return q.server.because(err)
	}
	if q.sent = append(q.sent, future); len(q.sent) < atOnce {
		return nil
	}
	return q.wait(ctx)
}

// wait waits until the server has all.
func (q *publisher) wait(ctx context.Context) error {
	for _, one := range q.sent {
		select {
		case ack := <-one.Ok():
			if !ack.Duplicate {
				q.queued++
			}
		case err := <-one.Err():
			if !liesThere(err) {
				return q.server.because(err)
			}
		case <-ctx.Done():
			return q.server.because(ctx.Err())
		}
	}
	q.sent = q.sent[:0]
	return nil
}

// notStored is the code with which a server refuses a message that a limit of the stream
// has no room for.
const notStored jetstream.ErrorCode = 10077

// liesThere reports whether a message was refused since the queue has it already, and not
// for want of room.
func liesThere(err error) bool {
	var e *jetstream.APIError
	return errors.As(err, &e) && e.ErrorCode == notStored && strings.Contains(e.Description, "per subject")
}
