package fetch_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/vigil"
)

// TestVigil: an end counts until an answer with records shows that its login held, or the
// API has said by itself that one had expired; what is left is told at the end, once.
func TestVigil(t *testing.T) {
	began := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	first, second := auth.Proof(1), auth.Proof(2)
	tests := []struct {
		name  string
		after func(v *vigil.Vigil)
		count int64
		told  []string // nil: nothing
	}{
		{"nothing shows that the login held", func(*vigil.Vigil) {}, 1, []string{"streams=orders", "walks=1", `request="GET /orders"`}},
		{"records by the same login, asked for later", func(v *vigil.Vigil) { v.Alive(first, began.Add(time.Second)) }, 0, nil},
		{"records by the same login, asked for before", func(v *vigil.Vigil) { v.Alive(first, began.Add(-time.Second)) }, 1, []string{"walks=1"}},
		{"records by another login", func(v *vigil.Vigil) { v.Alive(second, began.Add(time.Second)) }, 1, []string{"walks=1"}},
		{"the API refuses a login that has expired", func(v *vigil.Vigil) { v.Refused() }, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var v vigil.Vigil
			var count atomic.Int64
			v.Ended(vigil.End{Stream: "orders", Request: "GET /orders", Proof: first, At: began, Walks: 1, Count: &count})
			tt.after(&v)
			if got := count.Load(); got != tt.count {
				t.Errorf("%d walks count, want %d", got, tt.count)
			}
			log := toldOf(&v, nil)
			if tt.told == nil && log != "" {
				t.Errorf("told %s, want nothing", log)
			}
			for _, want := range tt.told {
				if !strings.Contains(log, want) {
					t.Errorf("told %s, want %s", log, want)
				}
			}
		})
	}
}

// TestVigilRefusedBefore: where the API has said that a login had expired, no later end
// counts.
func TestVigilRefusedBefore(t *testing.T) {
	var v vigil.Vigil
	var count atomic.Int64
	v.Refused()
	v.Ended(vigil.End{Walks: 1, Count: &count})
	if log := toldOf(&v, nil); count.Load() != 0 || log != "" {
		t.Errorf("%d walks count, and told %s, want none and nothing", count.Load(), log)
	}
}

// TestVigilTellsOfTemplate: a template that looks at what the answer does not have is
// named, with the one to write.
func TestVigilTellsOfTemplate(t *testing.T) {
	var v vigil.Vigil
	var count atomic.Int64
	expired, err := expr.NewScope("response").Compile("{{ response.eror }}")
	if err != nil {
		t.Fatal(err)
	}
	v.Ended(vigil.End{Walks: 1, Count: &count, Blind: &advice.Missing{Came: "response has no eror: it has error", Mended: "{{ response.error }}"}})
	log := toldOf(&v, expired)
	for _, want := range []string{"{{ response.eror }}", "has no eror", "{{ response.error }}"} {
		if !strings.Contains(log, want) {
			t.Errorf("told %s, want %s", log, want)
		}
	}
}

// TestVigilOfManyEnds: very many ends are counted each, and remembered in little memory.
func TestVigilOfManyEnds(t *testing.T) {
	var v vigil.Vigil
	var count atomic.Int64
	const ends = 5000
	began := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for i := range ends {
		v.Ended(vigil.End{Stream: "orders", At: began.Add(time.Duration(i)), Walks: 1, Count: &count})
	}
	if got := count.Load(); got != ends {
		t.Errorf("%d walks count, want %d", got, ends)
	}
	if v.Alive(auth.Proof(0), began.Add(time.Hour)); count.Load() != 0 {
		t.Errorf("%d walks count after records came, want none", count.Load())
	}
}

func toldOf(v *vigil.Vigil, expired *expr.Template) string {
	var out bytes.Buffer
	v.Tell(slog.New(slog.NewTextHandler(&out, nil)), expired)
	return out.String()
}
