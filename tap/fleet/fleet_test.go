package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/fleet"
	"github.com/tap-rest/tap-rest/tap/fleet/natstest"
)

// begun is the state of a stream whose pass has begun, with windows that are done: one for
// each day.
func begun(days ...int) string {
	month := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	resume := &state.Resume{Version: state.Version, AsOf: month.AddDate(0, 1, 0), Shape: "s"}
	for _, day := range days {
		resume.Done = append(resume.Done, state.Done{Windows: []state.Window{{Start: month.AddDate(0, 0, 2*day), End: month.AddDate(0, 0, 2*day+1)}}})
	}
	s := &state.State{}
	s.Set("orders", &state.Bookmark{Pass: &state.Pass{ID: "p1", AsOf: resume.AsOf}, Resume: resume})
	return string(s.AppendSinger(nil))
}

// days are those that are done in a state.
func days(t *testing.T, s *state.State) (n int) {
	t.Helper()
	b, err := s.Bookmark("", "orders", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range b.Resume.Done {
		n += len(d.Windows)
	}
	return n
}

// planOf is a plan of so many days.
func planOf(days int) *strings.Reader {
	var b strings.Builder
	fmt.Fprintf(&b, `{"plan":1,"program":"v1","source":"shop","settings":{},"shapes":{"orders":"s"},"state":%s}`+"\n", begun())
	for day := range days {
		fmt.Fprintf(&b, `{"stream":"orders","partition":"d%02d","way":"new","pages":0,"calls":1}`+"\n", day+1)
	}
	b.WriteString(`{"stream":"lines","way":"children","parents":["orders"],"pages":0,"calls":0}` + "\n")
	fmt.Fprintf(&b, `{"end":%d}`+"\n", days+1)
	return strings.NewReader(b.String())
}

func open(t *testing.T, conn *nats.Conn) *fleet.Fleet {
	t.Helper()
	f, err := fleet.Open(t.Context(), conn, "shop", true, 1)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func begin(t *testing.T, f *fleet.Fleet, days int, lease time.Duration) *fleet.Submitted {
	t.Helper()
	s, err := f.Begin(t.Context(), planOf(days), "v1", lease)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// take takes the next part that is there.
func take(t *testing.T, w *fleet.Worker) *fleet.Part {
	t.Helper()
	for range 200 {
		p, err := w.Take(t.Context())
		var idle *fleet.Idle
		if err != nil && !errors.As(err, &idle) {
			t.Fatal(err)
		}
		if p != nil {
			return p
		}
	}
	t.Fatal("no part comes")
	return nil
}

func TestMain(m *testing.M) {
	fleet.SetIdle(200 * time.Millisecond)
	m.Run()
}

// read reads a part whole.
func read(t *testing.T, p *fleet.Part) {
	t.Helper()
	day, _ := strconv.Atoi(strings.TrimPrefix(p.Partition, "d"))
	confirmed := begun(day)
	if p.Rest {
		s, err := p.Begins(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		confirmed = string(s.AppendSinger(nil))
	}
	if err := p.Keep([]byte(confirmed)); err != nil {
		t.Fatal(err)
	}
	if err := p.Done(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, f *fleet.Fleet) *fleet.Report {
	t.Helper()
	r, err := f.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPass: each part is taken once, then the rest, whose state is the bookmark; then
// the next pass may begin.
func TestPass(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	if s := begin(t, f, 7, time.Minute); s.Queued != 7 || s.Pass.Parts != 7 || !s.Begun {
		t.Fatalf("submitted: %+v", s)
	}
	for range 2 { // a second submission, and a third, queue nothing twice
		if s, err := f.GoOn(t.Context()); err != nil || s.Queued != 0 {
			t.Fatalf("submitted again: %+v, %v", s, err)
		}
	}
	w := f.NewWorker("w1")
	var got []string
	for range 7 {
		p := take(t, w)
		if got = append(got, p.Partition); report(t, f).Working != 1 {
			t.Errorf("not under way: %+v", report(t, f))
		}
		read(t, p)
	}
	slices.Sort(got)
	if want := "d01 d02 d03 d04 d05 d06 d07"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	p := take(t, w)
	if !p.Rest {
		t.Fatalf("after all parts came %+v", p)
	}
	read(t, p)
	r := report(t, f)
	if r.Done != 7 || r.Waiting != 0 || r.Rest != fleet.Done || r.Pass.Over == nil {
		t.Errorf("the end: %+v", r)
	}
	s, err := f.Bookmark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if days(t, s) != 7 {
		t.Errorf("the bookmark: %s", s.AppendSinger(nil))
	}
	if _, err := w.Take(t.Context()); !errors.As(err, new(*fleet.Idle)) {
		t.Errorf("after the end: %v", err)
	}
	if s := begin(t, f, 0, time.Minute); s.Pass.Parts != 0 {
		t.Errorf("the next pass: %+v", s)
	}
	if p := take(t, w); !p.Rest {
		t.Errorf("a pass without parts has its end alone: %+v", p)
	}
}

// TestLost: a worker that says nothing loses its part, another one takes it with what was
// kept, and what both keep is kept.
func TestLost(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	begin(t, f, 1, time.Second)
	cut := server.Connect()
	lost := take(t, open(t, cut).NewWorker("lost"))
	if err := lost.Keep([]byte(begun(11))); err != nil {
		t.Fatal(err)
	}
	cut.Close()
	p := take(t, f.NewWorker("other"))
	s, err := p.Begins(t.Context())
	if err != nil || s == nil || days(t, s) != 1 {
		t.Errorf("begins with %v, %v", s, err)
	}
	<-lost.Lost()
	read(t, p)
	if s, err := f.State(t.Context(), p.Pass.ID); err != nil || days(t, s) != 2 {
		t.Errorf("kept: %v, %v", s, err)
	}
}

// TestCostsWorkers: a part that costs ten workers, one after the other, is given up, and
// holds up nothing; one of which a worker has kept something is not.
func TestCostsWorkers(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	begin(t, f, 1, time.Minute)
	w := f.NewWorker("w")
	first := take(t, w)
	first.Lose(t)
	for lost := 1; ; lost++ {
		p, err := w.Take(t.Context())
		if p == nil && err == nil { // it was given up
			if lost != 10+5 {
				t.Errorf("it is given up after %d workers", lost)
			}
			break
		}
		if err != nil || p.Partition != first.Partition {
			t.Fatalf("took %s, %v", p.Partition, err)
		}
		if lost == 5 {
			if err := p.Keep([]byte(begun(11))); err != nil {
				t.Fatal(err)
			}
		}
		p.Lose(t)
	}
	if r := report(t, f); r.Failed != 1 || !strings.Contains(r.Entries[0].Why, "10 workers were lost while they read it, one after the other, the last of them w: ") {
		t.Errorf("the report: %+v", r)
	}
	if p := take(t, w); !p.Rest {
		t.Errorf("the end is held up by %s", p.Partition)
	}
	if s, err := f.GoOn(t.Context()); err != nil || s.Queued != 1 {
		t.Errorf("submitted again: %+v, %v", s, err)
	}
}

// TestHeld: a part is held as long as its worker lives, whatever it takes.
func TestHeld(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	begin(t, f, 1, time.Second)
	p := take(t, f.NewWorker("slow"))
	other := f.NewWorker("other")
	for range 15 { // three leases
		if got, err := other.Take(t.Context()); got != nil {
			t.Fatalf("another one got %+v, %v", got, err)
		}
	}
	read(t, p)
}

// TestFailed: a part that fails comes again, then is given up, and a submission brings it
// back.
func TestFailed(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	begin(t, f, 2, time.Minute)
	w := f.NewWorker("w")
	one, two := take(t, w), take(t, w)
	read(t, one)
	if again, err := two.Failed(t.Context(), "no such shop", false); err != nil || again != 0 {
		t.Fatalf("got %v, %v", again, err)
	}
	r := report(t, f)
	if r.Failed != 1 || len(r.Entries) != 1 || r.Entries[0].Why != "no such shop" || r.Entries[0].Tries != 1 {
		t.Errorf("the report: %+v", r)
	}
	if p := take(t, w); !p.Rest {
		t.Errorf("the end is held up by a part that is given up: got %+v", p)
	}
	s, err := f.GoOn(t.Context())
	if err != nil || s.Queued != 1 {
		t.Fatalf("submitted again: %+v, %v", s, err)
	}
	p := take(t, w)
	if p.Partition != two.Partition {
		t.Errorf("got %+v", p)
	}
	if again, err := p.Failed(t.Context(), "503", true); err != nil || again != 10*time.Second {
		t.Errorf("the first failure after that: %v, %v", again, err)
	}
	if r := report(t, f); r.Owed != 1 || r.Failed != 0 {
		t.Errorf("the report: %+v", r)
	}
}

// TestReturned: a part that is given back is there at once.
func TestReturned(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	begin(t, f, 1, time.Minute)
	w := f.NewWorker("w")
	if err := take(t, w).Return(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if r := report(t, f); r.Waiting != 1 {
		t.Errorf("the report: %+v", r)
	}
	read(t, take(t, w))
}

// TestServerKilled: what was kept and queued is there after a restart; what is kept
// meanwhile waits for it.
func TestServerKilled(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	begin(t, f, 3, time.Minute)
	w := f.NewWorker("w")
	p := take(t, w)
	server.Stop()
	kept := make(chan error)
	go func() { kept <- p.Keep([]byte(begun(1))) }()
	if _, err := w.Take(t.Context()); !errors.As(err, new(*fleet.ServerError)) {
		t.Errorf("without a server: %v", err)
	}
	server.Start()
	if err := <-kept; err != nil {
		t.Fatal(err)
	}
	if err := p.Done(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		read(t, take(t, w))
	}
	if p := take(t, w); !p.Rest {
		t.Errorf("got %+v", p)
	}
}

// TestCutSubmission: a submission that was cut off is made good by the next one.
func TestCutSubmission(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	ctx, cancel := context.WithCancel(t.Context())
	plan := planOf(500)
	queue, err := jetstream.New(server.Connect())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := queue.Stream(t.Context(), "tap-rest-shop")
	if err != nil {
		t.Fatal(err)
	}
	begin(t, f, 500, time.Minute)
	if err := stream.Purge(t.Context(), jetstream.WithPurgeKeep(200)); err != nil { // as if 300 had not been queued
		t.Fatal(err)
	}
	cancel()
	if _, err := f.Begin(ctx, plan, "v1", time.Minute); err == nil {
		t.Fatal("it was not cut off")
	}
	forgetQueued(t, queue)
	s, err := f.GoOn(t.Context())
	if err != nil || s.Pass.Parts != 500 {
		t.Fatalf("got %+v, %v", s, err)
	}
	info, err := stream.Info(t.Context())
	if err != nil || info.State.Msgs != 500 {
		t.Errorf("%d are queued, %v", info.State.Msgs, err)
	}
}

// forgetQueued makes the pass one of which not all parts were queued.
func forgetQueued(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	kv, err := js.KeyValue(t.Context(), "tap-rest-shop")
	if err != nil {
		t.Fatal(err)
	}
	e, err := kv.Get(t.Context(), "pass")
	if err == nil {
		_, err = kv.Put(t.Context(), "pass", []byte(strings.Replace(strings.Replace(string(e.Value()), `"queued":true`, `"queued":false`, 1), `"round":0`, `"round":1`, 1)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestDiffers: a stream or bucket that is there for something else is refused.
func TestDiffers(t *testing.T) {
	for _, c := range []struct {
		name, want string
		make       func(js jetstream.JetStream) error
	}{
		{"retention", "stream tap-rest-shop is there with other settings: its retention is Limits, and WorkQueue is needed", func(js jetstream.JetStream) error {
			_, err := js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "tap-rest-shop", Subjects: []string{"tap-rest.shop.>"}})
			return err
		}},
		{"ttl", "bucket tap-rest-shop is there with other settings: its ttl is 1h0m0s, and none is needed", func(js jetstream.JetStream) error {
			_, err := js.CreateKeyValue(context.Background(), jetstream.KeyValueConfig{Bucket: "tap-rest-shop", TTL: time.Hour})
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := natstest.Start(t).Connect()
			js, err := jetstream.New(conn)
			if err == nil {
				err = c.make(js)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fleet.Open(t.Context(), conn, "shop", true, 1); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := fleet.Open(t.Context(), natstest.Start(t).Connect(), "shop", false, 1); !errors.Is(err, fleet.ErrNone) {
		t.Errorf("no fleet: got %v", err)
	}
	if _, err := fleet.Open(t.Context(), natstest.Start(t).Connect(), "my.shop", true, 1); err == nil || !strings.Contains(err.Error(), "letters, digits") {
		t.Errorf("a bad name: got %v", err)
	}
}

// TestPassBegunMeanwhile: a worker that waits while one pass ends and the next begins
// takes no part of the new one from the queue for good.
func TestPassBegunMeanwhile(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	begin(t, f, 0, time.Minute)
	w := f.NewWorker("w")
	end := take(t, w)
	taken := make(chan *fleet.Part, 1)
	undo := fleet.SetIdle(30 * time.Second)
	idler := f.NewWorker("idler")
	undo()
	go func() {
		p, _ := idler.Take(t.Context())
		taken <- p
	}()
	for i := 0; ; i++ {
		if n := f.Waiting(t); n > 0 {
			break
		}
		if i > 1000 {
			t.Fatal("the other worker does not wait")
		}
	}
	read(t, end)
	if s := begin(t, f, 1, time.Minute); s.Queued != 1 {
		t.Fatalf("submitted: %+v", s)
	}
	if p := <-taken; p != nil {
		t.Fatalf("it knows only the pass before: %+v", p)
	}
	if p := take(t, w); p.Partition != "d01" {
		t.Errorf("got %+v", p)
	}
}

// TestEndIsMadeGood: where whoever read the rest of the plan is lost before the pass is
// over, the next worker says so.
func TestEndIsMadeGood(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	begin(t, f, 0, time.Second)
	cut := server.Connect()
	lost := take(t, open(t, cut).NewWorker("lost"))
	s, err := lost.Begins(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := lost.Keep(s.AppendSinger(nil)); err != nil {
		t.Fatal(err)
	}
	lost.SayDone(t)
	cut.Close()
	w := f.NewWorker("other")
	for range 200 {
		if p, err := w.Take(t.Context()); p != nil {
			t.Fatalf("got %+v, %v", p, err)
		}
		if report(t, f).Pass.Over != nil {
			return
		}
	}
	t.Errorf("the pass does not end: %+v", report(t, f))
}

// TestLostStore: a worker that comes back after the server has lost all that it had takes
// no part of the new pass from the queue.
func TestLostStore(t *testing.T) {
	server := natstest.Start(t)
	conn := server.Connect()
	f := open(t, conn)
	begin(t, f, 1, time.Minute)
	old := take(t, f.NewWorker("old"))
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, stream := range []string{"tap-rest-shop", "KV_tap-rest-shop", "OBJ_tap-rest-shop"} {
		if err := js.DeleteStream(t.Context(), stream); err != nil {
			t.Fatal(err)
		}
	}
	f = open(t, conn)
	begin(t, f, 1, time.Minute)
	held := take(t, f.NewWorker("new"))
	if err := old.Done(t.Context(), ""); err == nil {
		t.Error("a part of another pass was done")
	}
	if err := held.Return(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if p := take(t, f.NewWorker("third")); p.Partition != "d01" {
		t.Errorf("got %+v", p)
	}
}

// TestGivenUp: a pass that is given up leaves what was read of it, and lets the next one
// begin.
func TestGivenUp(t *testing.T) {
	server := natstest.Start(t)
	f := open(t, server.Connect())
	s := begin(t, f, 3, time.Minute)
	w := f.NewWorker("w")
	read(t, take(t, w))
	held := take(t, w)
	if err := f.GiveUp(t.Context(), s.Pass); err != nil {
		t.Fatal(err)
	}
	left, err := f.Bookmark(t.Context())
	if err != nil || days(t, left) != 1 {
		t.Errorf("it left %v, %v", left, err)
	}
	if err := held.Done(t.Context(), ""); err == nil {
		t.Error("a part of a pass that was given up was done")
	}
	if s := begin(t, f, 2, time.Minute); s.Queued != 2 {
		t.Errorf("the next pass: %+v", s)
	}
}

// TestFullQueue: a queue that has no room for all parts says so, and never that they lie
// there.
func TestFullQueue(t *testing.T) {
	server := natstest.Start(t)
	conn := server.Connect()
	f := open(t, conn)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	queue, err := js.Stream(t.Context(), "tap-rest-shop")
	if err == nil {
		config := queue.CachedInfo().Config
		config.MaxMsgs = 2
		_, err = js.UpdateStream(t.Context(), config)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s, err := f.Begin(t.Context(), planOf(3), "v1", time.Minute); err == nil || !strings.Contains(err.Error(), "no room left") {
		t.Errorf("submitted: %+v, %v", s, err)
	}
}
