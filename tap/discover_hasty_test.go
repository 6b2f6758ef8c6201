package tap_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
)

// TestLooksAreHasty: whoever looks at first pages gets his answer soon: no
// request is made more than twice, and no client rests.
func TestLooksAreHasty(t *testing.T) {
	const patient = `version: 1
name: t
client: {base_url: "http://api.test", retry: {attempts: 8}, errors: [{status: 420, do: cool_down}]}
streams: [{name: items, path: /items, records: data, primary_key: [id]}]
`
	for name, look := range map[string]func(context.Context, tap.Options) error{
		"discovery": func(ctx context.Context, o tap.Options) error { _, err := tap.Discover(ctx, o); return err },
		"test":      func(ctx context.Context, o tap.Options) error { return tap.Test(ctx, o) },
		"schema":    func(ctx context.Context, o tap.Options) error { return tap.TestSchema(ctx, o) },
		"preview":   func(ctx context.Context, o tap.Options) error { _, err := tap.Preview(ctx, o, "items", 3); return err },
	} {
		for status, calls := range map[int]int{503: 2, 420: 1} {
			synctest.Test(t, func(t *testing.T) {
				api := itemsAPI(20, apitest.From(1, apitest.Status(status)))
				began := time.Now()
				s := setup{head: patient, api: api, workDir: memoryFolder(t)}
				checkFailure(t, look(t.Context(), s.options(t, io.Discard, io.Discard)), "transient")
				if took := time.Since(began); api.Count() != calls || took > time.Second {
					t.Errorf("%s, %d: %d calls, want %d; it took %s", name, status, api.Count(), calls, took)
				}
			})
		}
	}
}
