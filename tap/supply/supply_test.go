package supply_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/supply"
)

const shape = "shape"

// orders are a stream that is read by days, or where parents lead to it, by contexts.
func orders(t *testing.T, parent string) *plan.Stream {
	t.Helper()
	defined := &sources.Stream{Name: "orders", Client: &sources.Client{}}
	if parent != "" {
		defined.PartitionBy = []sources.PartitionSource{{Name: "shop", Parent: parent}}
	} else {
		defined.ReplicationKey = "updated_at"
		defined.Incremental = &sources.Incremental{
			Windows: sources.Windows{Format: "rfc3339", Timezone: time.UTC}, RecordTimes: sources.RecordTimes{Timezone: time.UTC},
		}
	}
	s, err := plan.NewStream(defined, nil, shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func window(n int) state.Window { return state.Window{Start: day(n), End: day(n + 1)} }

// pass is one of four days, that goes on from what the state says of it.
func pass(r *state.Resume) *plan.Decision {
	length, err := times.ParseSpan("1d")
	if err != nil {
		panic(err)
	}
	d := &plan.Decision{Pass: state.Pass{ID: "p", AsOf: day(5)}, Way: plan.Anew}
	d.From, d.Length = json.RawMessage(`"2026-01-01T00:00:00Z"`), length
	if r != nil {
		r.Shape = shape
		d.Way, d.Bookmark = plan.FromState, &state.Bookmark{Resume: r}
	}
	return d
}

// all are the days of the partitions that come, and how each came.
func all(t *testing.T, next supply.Next) (days []string) {
	t.Helper()
	for {
		one, err := next()
		if err != nil {
			t.Fatal(err)
		}
		if one == nil {
			return days
		}
		text := fmt.Sprint(one.Place.Window.Start.Day())
		switch {
		case one.Owed:
			text += " owed"
		case one.Known:
			text += " open"
		}
		days = append(days, text)
	}
}

// TestTop: what is owed comes first, then what is open, then what is new, and what failed
// for now comes last; each once, and nothing that is done or not of the stream.
func TestTop(t *testing.T) {
	keys := map[int]string{} // of the days
	fresh, err := supply.New(supply.Options{Stream: orders(t, ""), Decision: pass(nil)})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		one, err := fresh.PartOf(plan.Context{}, window(n+1))
		if err != nil {
			t.Fatal(err)
		}
		keys[n+1] = one.Place.Key
	}
	open := func(n int, deferred bool) state.Open {
		w := window(n)
		return state.Open{Partition: keys[n], Window: &w, Next: json.RawMessage(`{"pages":1}`), Deferred: deferred}
	}
	strange := open(2, false)
	strange.Partition = "strange"
	for _, tt := range []struct {
		name    string
		resume  *state.Resume
		want    []string
		dropped int
	}{
		{"a pass that begins", nil, []string{"1", "2", "3", "4"}, 0},
		{"one is done", &state.Resume{Done: []state.Done{{Windows: []state.Window{window(2)}}}}, []string{"1", "3", "4"}, 0},
		{"one is open", &state.Resume{Open: []state.Open{open(3, false)}}, []string{"3 open", "1", "2", "4"}, 0},
		{"one is owed", &state.Resume{Owed: state.Owed{open(3, false)}, Open: []state.Open{open(4, false)}}, []string{"3 owed", "4 open", "1", "2"}, 0},
		{"one failed for now", &state.Resume{Open: []state.Open{open(1, true)}}, []string{"2", "3", "4", "1 open"}, 0},
		{"one is not of the stream", &state.Resume{Open: []state.Open{strange}}, []string{"1", "2", "3", "4"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dropped := 0
			s, err := supply.New(supply.Options{
				Stream: orders(t, ""), Decision: pass(tt.resume), Dropped: func(*state.Open, bool, error) { dropped++ },
			})
			if err != nil {
				t.Fatal(err)
			}
			want := int64(len(tt.want))
			if n := s.Expected(); tt.dropped == 0 && n != want {
				t.Errorf("%d partitions are expected, want %d", n, want)
			}
			if got := all(t, s.Top(s.All())); !slices.Equal(got, tt.want) {
				t.Errorf("partitions of days %v, want %v", got, tt.want)
			}
			if dropped != tt.dropped {
				t.Errorf("%d partitions of the state are dropped, want %d", dropped, tt.dropped)
			}
		})
	}
}

// TestWithin: a context that several records lead to is read once, and is told of before
// its partition.
func TestWithin(t *testing.T) {
	d := pass(nil)
	d.From, d.Length = nil, times.Span{}
	s, err := supply.New(supply.Options{Stream: orders(t, "shops"), Decision: d})
	if err != nil {
		t.Fatal(err)
	}
	s.Fed = true
	var told []uint64
	comes := func(context uint64) { told = append(told, context) }
	shop := func(n int) plan.Context {
		text := fmt.Appendf(nil, `{"shop":%d}`, n)
		return plan.Context{Text: text, Hash: state.HashContext(text)}
	}
	var made []uint64
	for _, page := range [][]plan.Context{{shop(1), shop(2)}, {shop(2), shop(3), shop(3)}} {
		for next := s.Within(page, comes); ; {
			one, err := next()
			if err != nil {
				t.Fatal(err)
			}
			if one == nil {
				break
			}
			made = append(made, one.Place.Context)
			if !slices.Equal(told, made) {
				t.Errorf("contexts %v are told of when %v are made", told, made)
			}
		}
	}
	if want := []uint64{shop(1).Hash, shop(2).Hash, shop(3).Hash}; !slices.Equal(made, want) {
		t.Errorf("contexts %v are made, want %v", made, want)
	}
}
