package budget_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/fleet/budget"
	"github.com/tap-rest/tap-rest/testshare"
)

// runWith runs a sync of a definition by a worker of a fleet.
func runWith(ctx context.Context, t *testing.T, b *budget.Budget, text, settings string, out io.Writer) error {
	t.Helper()
	d, err := definition.Parse("t.yaml", []byte(text))
	if err != nil {
		t.Error(err)
		return err
	}
	input, err := config.Read([]config.File{{Name: "config.json", Data: []byte(cmp.Or(settings, "{}"))}}, nil)
	if err != nil {
		t.Error(err)
		return err
	}
	o := tap.Options{
		Definition: d, StateFile: "state.json", WorkDir: t.TempDir(), Version: "test", State: &state.State{}, Out: io.Discard,
		Log: slog.New(slog.NewTextHandler(out, nil)), Hooks: tap.Hooks{Budget: b},
	}
	if o.Config, err = input.Configure(d); err != nil {
		t.Error(err)
		return err
	}
	_, err = tap.Sync(ctx, o)
	return err
}

// TestRunsOfAFleet: by the API's own count, no second has more calls of three workers than
// the limit; nearly as many come, and each worker gets its part.
func TestRunsOfAFleet(t *testing.T) {
	t.Parallel()
	n := startNATS(t)
	const limit, pages = 40, 45
	var came starts
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came.add()
		page := 0
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		if page > pages {
			fmt.Fprint(w, `{"data":[]}`)
			return
		}
		fmt.Fprintf(w, `{"data":[{"id":%d}]}`, page)
	}))
	defer api.Close()
	text := fmt.Sprintf(`version: 1
name: t
client:
  base_url: %s
  rate_limit: {requests: %d, per: 1s}
  max_in_flight: 9
streams:
`, api.URL, limit)
	for i := range 3 {
		text += fmt.Sprintf("  - {name: s%d, path: /s%d, records: data, primary_key: [id], pagination: {type: page, param: page}}\n", i, i)
	}
	var wait sync.WaitGroup
	ends := make([]time.Time, 3)
	log, said := newLog()
	for i := range ends {
		b := budget.New(t.Context(), n.bucket(), "w", log)
		defer b.Close()
		wait.Go(func() {
			if err := runWith(t.Context(), t, b, text, "", said); err != nil {
				t.Error(err)
			}
			ends[i] = time.Now()
		})
	}
	late := testshare.Lateness()
	wait.Wait()
	wrong := testshare.Blame(t, late())
	if worst := came.worst(time.Second); worst > limit {
		wrong("%d calls within a second, want %d at most", worst, limit)
	}
	if came.len() != 3*3*(pages+1) {
		t.Errorf("%d calls, want %d", came.len(), 3*3*(pages+1))
	}
	from, till := came.at[0].Add(2*time.Second), ends[0]
	first, last := ends[0], ends[0]
	for _, end := range ends {
		if end.Before(first) {
			first, till = end, end
		}
		if end.After(last) {
			last = end
		}
	}
	in := 0
	for _, at := range came.at {
		if at.After(from) && at.Before(till) {
			in++
		}
	}
	if os.Getenv("TAP_REST_FULL_TESTS") == "" { // how fast each is depends on what else the machine does
		wrong = t.Logf
	}
	if used := float64(in) / till.Sub(from).Seconds() / limit; used < 0.85 {
		wrong("%.0f %% of the limit is used, want more than 85", 100*used)
	} else {
		t.Logf("%.0f %% of the limit is used for %v; at most %d in a second", 100*used, till.Sub(from), came.worst(time.Second))
	}
	if whole := last.Sub(came.at[0]); first.Sub(came.at[0]) < whole*8/10 {
		wrong("a worker was done after %v, another after %v", first.Sub(came.at[0]), whole)
	}
	if t.Failed() {
		t.Log(said.String())
	}
}

// TestStopWhileServerIsGone: a run whose requests or logins wait for a server that is gone
// ends when it is stopped.
func TestStopWhileServerIsGone(t *testing.T) {
	t.Parallel()
	for name, auth := range map[string]string{
		"request": "", "login": `, auth: {type: oauth2, grant: client_credentials, token_url: "http://127.0.0.1:1/token", client_id: me}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNATS(t)
			log, said := newLog()
			b := budget.New(t.Context(), n.bucket(), "w", log)
			defer b.Close()
			n.Stop()
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				ended <- runWith(ctx, t, b, `version: 1
name: t
client: {base_url: "http://127.0.0.1:1", max_in_flight: 2`+auth+`}
streams:
  - {name: s, path: /s, records: data, primary_key: [id], pagination: {type: none}}
`, "", said)
			}()
			until(t, "the log does not say that the server is gone", func() bool { return said.count("cannot be reached") == 1 })
			stop()
			select {
			case err := <-ended:
				t.Log(err)
			case <-time.After(20 * time.Second):
				t.Fatal("the run goes on")
			}
		})
	}
}
