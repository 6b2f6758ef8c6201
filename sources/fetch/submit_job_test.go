package fetch_test

import (
	"errors"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// keyedExports is an API of jobs that knows a submission again by its key, and loses
// answers to submissions.
type keyedExports struct {
	exports
	keys  []string // of the submissions
	loses int      // answers, the first ones
	how   int      // the status in place of one; 0: the connection is cut
	dials bool     // nothing is sent
}

func (e *keyedExports) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return e.exports.RoundTrip(r)
	}
	key := r.Header.Get("Idempotency-Key")
	known := key != "" && len(e.keys) > 0 && e.keys[len(e.keys)-1] == key
	e.keys = append(e.keys, key)
	lost := e.loses > 0
	e.loses--
	if lost && e.dials {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}
	if known {
		e.jobs-- // the same job again
	}
	a, err := e.exports.RoundTrip(r)
	switch {
	case !lost:
		return a, err
	case e.how > 0:
		return answer{status: e.how, body: "{"}.response(r), nil
	}
	return nil, errors.New("connection reset by peer")
}

var exportedByKey = strings.Replace(exported, "path: /exports,", `path: /exports, headers: {Idempotency-Key: "{{ job_key }}"},`, 1)

// TestJobIsAskedForByKey proves that a submission whose answer was lost is made again by
// the same key, in the same run and in the next, and another one by another key.
func TestJobIsAskedForByKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &keyedExports{exports: exports{files: 3}, loses: 2}
		stream := define(t, "retry: {attempts: 2, cool_down: 0s}", exportedByKey)[0]
		dir := t.TempDir()
		j := openJournal(t, dir)
		now := time.Now()
		walk := func() seen {
			r := newRig(t, stream, api)
			r.vars[sources.VarNow] = expr.Time(now)
			w := r.walk(stream, paging.Position{})
			record(t, w, j)
			return drain(t, w)
		}
		if got := walk(); got.err == nil { // both attempts
			t.Fatal("the first run is whole")
		}
		j = reopened(t, dir, j)
		if got := walk(); got.err != nil || len(got.ids) != 6 || api.jobs != 1 {
			t.Fatalf("%d records of %d jobs, and %v", len(got.ids), api.jobs, got.err)
		}
		seen := map[string]int{}
		for _, key := range api.keys {
			seen[key]++
		}
		if len(seen) != 1 || len(api.keys) != 3 {
			t.Errorf("asked by %q", api.keys)
		}
		uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		for _, name := range []string{"restarted", "another pass", "another window"} {
			r := newRig(t, stream, api)
			r.vars[sources.VarNow] = expr.Time(now)
			switch name {
			case "another pass":
				r.vars[sources.VarNow] = expr.Time(now.Add(time.Microsecond))
			case "another window":
				r.vars[sources.VarWindow] = expr.Dict([]string{"start"}, []expr.Value{expr.Int(1)})
			}
			w := r.walk(stream, paging.Position{})
			if name == "restarted" {
				w.Is("all", 1)
			}
			if got := drain(t, w); got.err != nil {
				t.Fatal(got.err)
			}
			key := api.keys[len(api.keys)-1]
			if seen[key]++; seen[key] > 1 || !uuid.MatchString(key) {
				t.Errorf("%s: asked by %q", name, api.keys)
			}
		}
	})
}

// TestLostJobIsTold proves that a second job which may be made is warned of, in the same
// run and in the next, where no key goes with the submission, and only there.
func TestLostJobIsTold(t *testing.T) {
	const says = "may do a second one"
	for _, tt := range []struct {
		name, stream string
		api          keyedExports
		first, next  bool // the run warns
		noted        bool // the next run goes on with what the first one noted
	}{
		{"cut", exported, keyedExports{loses: 1}, true, true, true},
		{"a gateway", exported, keyedExports{loses: 1, how: 504}, true, true, true},
		{"an answer that is none", exported, keyedExports{loses: 1, how: 200}, true, true, true},
		{"refused", exported, keyedExports{loses: 1, how: 500}, false, false, false},
		{"never sent", exported, keyedExports{loses: 1, dials: true}, false, false, false},
		{"by key", exportedByKey, keyedExports{loses: 1}, false, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &tt.api
				api.files = 3
				stream := define(t, "retry: {attempts: 1, cool_down: 0s}", tt.stream)[0]
				dir := t.TempDir()
				j := openJournal(t, dir)
				for i, want := range []bool{tt.first, tt.next} {
					r := newRig(t, stream, api)
					w := r.walk(stream, paging.Position{})
					rec := record(t, w, j)
					got := drain(t, w)
					if told := strings.Contains(r.log.String(), says); told != want || (got.err == nil) != (i == 1) {
						t.Errorf("run %d: told %v, want %v; %v\n%s", i+1, told, want, got.err, r.log.String())
					}
					if i == 0 && j.Passes.Begun(rec.Pass) != tt.noted {
						t.Errorf("the journal has something of the pass: %v, want %v", !tt.noted, tt.noted)
					}
					j = reopened(t, dir, j)
				}
			})
		})
	}
}
