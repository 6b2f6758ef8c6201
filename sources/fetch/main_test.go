package fetch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"
	"go.uber.org/goleak"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/tap/render/pages"
	"github.com/tap-rest/tap-rest/testrig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gate is a pace.Gate that counts what it lets through.
type gate struct {
	closed  chan struct{}
	once    sync.Once
	entered atomic.Int64
	spent   atomic.Int64
}

func newGate() *gate { return &gate{closed: make(chan struct{})} }

func (g *gate) Enter(cost sources.Cost) error {
	select {
	case <-g.closed:
		return fetch.ErrStopped
	default:
		g.entered.Add(1)
		g.Spend(cost)
		return nil
	}
}

func (g *gate) Spend(more sources.Cost) { g.spent.Add(int64(more)) }
func (g *gate) Closed() <-chan struct{} { return g.closed }
func (g *gate) shut()                   { g.once.Do(func() { close(g.closed) }) }

// newSplitter returns what finds the records of bodies in the program, too.
func newSplitter(t testing.TB, r sources.Records) *pages.Splitter {
	t.Helper()
	s, err := pages.NewSplitter(r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// define parses a definition with one stream for each text, in YAML's flow
// style without the braces. Their records are data, unless they say other, and
// one request is in flight at a time, unless client says how many: most APIs here
// answer by a script.
func define(t testing.TB, client string, streams ...string) []*sources.Stream {
	t.Helper()
	if !strings.Contains(client, "max_in_flight") {
		client = strings.TrimPrefix(client+", max_in_flight: 1", ", ")
	}
	text := "{version: 1, name: test, settings: {additionalProperties: true}, client: {base_url: \"http://api.test\", " + client + "}, defaults: {records: data}, streams: ["
	for i, s := range streams {
		text += fmt.Sprintf("{name: s%d, %s}, ", i, s)
	}
	d, err := definition.Parse("test.yaml", []byte(text+"]}"))
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return d.Streams
}

// rig is a client and what it takes to walk with it.
type rig struct {
	t        testing.TB
	client   *fetch.Client
	gate     *gate
	counters fetch.Counters
	vars     expr.Vars
	log      bytes.Buffer
}

// newRig returns a rig for the client of s. Secrets are settings by their
// names.
func newRig(t testing.TB, s *sources.Stream, transport http.RoundTripper, secrets ...string) *rig {
	t.Helper()
	r := &rig{t: t, gate: newGate(), vars: make(expr.Vars, sources.VarCount)}
	o := fetch.Options{Transport: transport, UserAgent: "test", Gate: r.gate, Log: slog.New(slog.NewTextHandler(&r.log, nil))}
	var names []string
	var given secret.List
	var values []expr.Value
	for i := 0; i < len(secrets); i += 2 {
		names, values = append(names, secrets[i]), append(values, expr.String(secrets[i+1]))
		given = append(given, secret.New("/"+secrets[i], secrets[i+1]))
	}
	o.Secrets = secret.NewHider(given)
	r.vars[sources.VarConfig] = expr.Dict(names, values)
	r.client = fetch.NewClient(s.Client, o, r.vars)
	return r
}

func (r *rig) walk(s *sources.Stream, at paging.Position) *fetch.Walk {
	r.t.Helper()
	return r.client.NewWalk(s, newSplitter(r.t, s.Records), r.vars, at, &r.counters)
}

// seen is what a walk gave.
type seen struct {
	partly  int // pages that a rule took though they have errors
	remarks []string
	ids     []string
	nexts   []paging.Position // of each page but the last
	upTo    []int             // records until there
	last    *fetch.Page       // released
	err     error             // nil at the end
}

// run walks to the end, or to an error.
func (r *rig) run(s *sources.Stream, at paging.Position) seen {
	r.t.Helper()
	return drain(r.t, r.walk(s, at))
}

func drain(t testing.TB, w *fetch.Walk) (got seen) {
	t.Helper()
	for range 10_000 {
		page, err := w.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			got.err = err
			if _, again := w.Next(context.Background()); again != err {
				t.Errorf("after the error %v the walk goes on with %v", err, again)
			}
			return got
		}
		got.take(t, page, w)
		got.remarks = append(got.remarks, page.Remarks...)
		if page.Partly {
			got.partly++
		}
		if !page.Last {
			got.nexts, got.upTo = append(got.nexts, page.Next), append(got.upTo, len(got.ids))
		} else if page.Next.Pages != 0 {
			t.Errorf("the last page goes on at %+v", page.Next)
		}
		got.last = page
		page.Release()
	}
	t.Fatal("the walk does not end")
	return got
}

// take notes the ids of a page, which may be long.
func (s *seen) take(t testing.TB, page *fetch.Page, w *fetch.Walk) {
	t.Helper()
	if page.Long() {
		err := page.Pieces(w.Splitter(), func(p *fetch.Page) error {
			s.take(t, p, w)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return
	}
	for i := page.Repeated; i < page.Records.Len(); i++ {
		s.ids = append(s.ids, gjson.GetBytes(page.Records.Record(i), "id").Raw)
	}
}

// kept is a position as a state keeps it.
func kept(t testing.TB, p paging.Position) (q paging.Position, text string) {
	t.Helper()
	b, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(b, &q)
	}
	if err != nil {
		t.Fatal(err)
	}
	return q, string(b)
}

// failure returns the *fetch.Error that err has to be.
func failure(t testing.TB, err error) *fetch.Error {
	t.Helper()
	var e *fetch.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e
}

// orders is a collection of n records, 10 on a page.
func orders(n int, change func(*apitest.Collection)) apitest.Collection {
	c := apitest.Orders(n)
	c.Size, c.Style, c.Total, c.Form.HasMore = 10, apitest.Cursor, false, false
	if change != nil {
		change(&c)
	}
	return c
}

// upTo are the ids of the first n orders.
func upTo(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(i + 1)
	}
	return ids
}

func wantIDs(t testing.TB, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got records %v, want %v", got, want)
	}
}

// transport is a function as an http.RoundTripper.
type transport = testrig.API

// script is an API that gives these answers, one after the other, and then the
// last one again and again. It keeps the requests.
type script struct {
	answers  []answer
	requests []*http.Request
}

type answer struct {
	status int
	body   string
	header http.Header
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	a := s.answers[min(len(s.requests), len(s.answers)-1)]
	s.requests = append(s.requests, r)
	return a.response(r), nil
}

func (a answer) response(r *http.Request) *http.Response {
	response := testrig.Answer(r, a.status, a.body)
	maps.Copy(response.Header, a.header.Clone())
	return response
}

func marshal(p paging.Position) string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return string(b)
}
