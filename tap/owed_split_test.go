package tap_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// refusesFrom answers 403 to windows that begin at from.
type refusesFrom struct {
	*shops
	from string
}

func (f *refusesFrom) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.from != "" && strings.HasPrefix(r.URL.Query().Get("from"), f.from) {
		return testrig.Answer(r, 403, "{}"), nil
	}
	return f.shops.RoundTrip(r)
}

// TestOwedIsHalved proves that nothing is lost of a window that is owed, and asks
// for too much, wherever the run ends.
func TestOwedIsHalved(t *testing.T) {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	for n := 1; n <= 12; n++ {
		for _, kept := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d requests, journal %t", n, kept), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
					api := &refusesFrom{newShops().add("/orders", many(24, begin)...), "2025-05-01"}
					s := setup{definition: ordersByDay + `    errors: [{when: "{{ response.total > 4 }}", do: split}]` + "\n", workDir: memoryFolder(t), api: api}
					r := s.run(t)
					if r.err == nil {
						t.Fatal("no error")
					}
					s.state = r.state()
					api.from = ""
					time.Sleep(24 * time.Hour)
					s.config = fmt.Sprintf(`{"run": {"max_requests": %d}}`, n)
					var lines testrig.Lines
					var states []string
					for range 60 {
						if !kept {
							s.workDir = memoryFolder(t)
						}
						r = s.must(t)
						lines = append(lines, r.lines...)
						s.state = r.state()
						states = append(states, s.state)
						if done(t, s.state, "orders") {
							break
						}
					}
					if got := idsOf(t, result{lines: lines}, "orders"); !slices.Equal(got, upTo(24)) {
						t.Errorf("%d records came: %v after %d runs\n%s", len(got), got, len(states), strings.Join(states[:min(3, len(states))], "\n"))
					}
				})
			})
		}
	}
}

// TestOwedWhileAPIIsDown proves that a window which is owed outlives a run in which
// nothing is answered.
func TestOwedWhileAPIIsDown(t *testing.T) {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
		api := &refusesFrom{newShops().add("/orders", many(24, begin)...), "2025-05-01"}
		s := setup{definition: ordersByDay, workDir: memoryFolder(t), api: api}
		if r := s.run(t); r.err == nil {
			t.Fatal("no error")
		} else {
			s.state = r.state()
		}
		time.Sleep(24 * time.Hour)
		api.from = ""
		api.fails["/orders"] = 503
		if r := s.run(t); r.err == nil {
			t.Fatal("no error")
		} else {
			s.state = r.state()
		}
		api.fails = map[string]int{}
		time.Sleep(24 * time.Hour)
		var lines testrig.Lines
		for range 2 {
			r := s.must(t)
			lines = append(lines, r.lines...)
			s.state = r.state()
		}
		if got := idsOf(t, result{lines: lines}, "orders"); !slices.Equal(got, upTo(24)) {
			t.Errorf("%d records came: %v", len(got), got)
		}
	})
}
