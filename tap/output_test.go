package tap_test

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
)

// TestNothingAfterBlocked: a run that ended while stdout was blocked leaves its
// account alone, even when stdout takes what was being written after all. The
// race detector would see it, too.
func TestNothingAfterBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(june)
		w := blockedWriter{make(chan struct{})}
		s := setup{definition: items(""), config: `{"run": {"flush": {"responses": 1}}}`, api: itemsAPI(13), workDir: memoryFolder(t)}
		account, err := tap.Sync(stopAfter(time.Minute), s.options(t, w, io.Discard))
		if !errors.Is(err, tap.ErrBlocked) {
			t.Fatalf("got error %v, want %v", err, tap.ErrBlocked)
		}
		close(w.released)
		before := account.String()
		synctest.Wait()
		if after := account.String(); after != before || account.Flushes != 0 {
			t.Errorf("the account was\n%s\nand is\n%s", before, after)
		}
	})
}

// TestReaderGone: a run that is told that nobody reads stdout ends at once,
// whatever it waits for.
func TestReaderGone(t *testing.T) {
	for name, fault := range map[string]apitest.Fault{
		"an answer": apitest.Hang(), "a retry": apitest.Status(429, apitest.RetryAfter("1800")), "nothing": apitest.Status(200),
	} {
		synctest.Test(t, func(t *testing.T) {
			sleepUntil(june)
			api := itemsAPI(13)
			if name != "nothing" {
				api = itemsAPI(13, apitest.From(4, fault))
			}
			gone := make(chan struct{})
			slow := transport(func(r *http.Request) (*http.Response, error) {
				select {
				case <-time.After(time.Second):
					return api.RoundTrip(r)
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			})
			time.AfterFunc(5500*time.Millisecond, func() { close(gone) })
			s := setup{definition: items(""), api: slow, workDir: memoryFolder(t)}
			o := s.options(t, closedWriter{}, io.Discard)
			o.Gone = gone
			_, err := tap.Sync(t.Context(), o)
			if !errors.Is(err, tap.ErrClosedOutput) || time.Since(june) != 5500*time.Millisecond {
				t.Errorf("waiting for %s: got %v after %s", name, err, time.Since(june))
			}
		})
	}
}

// closedWriter is a pipe that nobody can read.
type closedWriter struct{}

func (closedWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
