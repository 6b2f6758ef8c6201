package tap_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap"
)

// TestWindowsThatCannotBe proves that a start which is no time is bad input: it is
// told before the first request.
func TestWindowsThatCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		api := newShops()
		r := setup{
			definition: strings.Replace(ordersByDay, `start: "2025-05-01"`, `start: "{{ config.start }}"`, 1),
			config:     `{"start": "some day"}`, workDir: memoryFolder(t), api: api,
		}.run(t)
		var input *tap.InputError
		if !errors.As(r.err, &input) || !strings.Contains(r.err.Error(), "some day is no time") || len(api.asked) > 0 {
			t.Errorf("got %v after %d requests", r.err, len(api.asked))
		}
	})
}
