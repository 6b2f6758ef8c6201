package fetch_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/export"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// exportTurn notes what happens to the turn of a walk.
type exportTurn struct{ did []string }

func (t *exportTurn) Leave(time.Duration, bool) { t.did = append(t.did, "leave") }
func (t *exportTurn) Return(context.Context)    { t.did = append(t.did, "return") }

// TestExportWaitsForOthers proves who waits for a slot, or for what another walk gets, and that
// nobody keeps its turn meanwhile, or waits for longer than the run goes on.
func TestExportWaitsForOthers(t *testing.T) {
	type waiter func(ctx context.Context, w export.Waiting) bool
	for _, tt := range []struct {
		name string
		wait func() (wait waiter, over func())
	}{
		{"for a slot", func() (waiter, func()) {
			slots := export.NewSlots()
			taken := slots.Keep("a")
			return func(ctx context.Context, w export.Waiting) bool { return slots.Take(ctx, 1, "b", w) != nil }, taken.Give
		}},
		{"for the job of an earlier run", func() (waiter, func()) {
			slots := export.NewSlots()
			slots.BegunBefore("a")
			return func(ctx context.Context, w export.Waiting) bool { return slots.Take(ctx, 1, "b", w) != nil }, func() { slots.Forget("a") }
		}},
		{"for what another walk gets", func() (waiter, func()) {
			var one export.Once[int]
			one.Claim(context.Background(), export.Waiting{})
			return func(ctx context.Context, w export.Waiting) bool {
				got, ok := one.Claim(ctx, w)
				return ok && *got == 7
			}, func() { seven := 7; one.Settle(&seven) }
		}},
		{"for what another walk does not get", func() (waiter, func()) {
			var one export.Once[int]
			one.Claim(context.Background(), export.Waiting{})
			return func(ctx context.Context, w export.Waiting) bool {
				got, ok := one.Claim(ctx, w)
				return ok && got == nil
			}, func() { one.Settle(nil) }
		}},
	} {
		for _, ends := range []string{"it is over", "the run stops", "the context ends"} {
			t.Run(tt.name+", "+ends, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					wait, over := tt.wait()
					stopped := make(chan struct{})
					ctx, cancel := context.WithCancel(context.Background())
					defer cancel()
					var mine exportTurn
					got := make(chan bool)
					go func() { got <- wait(ctx, export.Waiting{Turn: &mine, Stopped: stopped}) }()
					synctest.Wait()
					if !slices.Equal(mine.did, []string{"leave"}) {
						t.Fatalf("before it is over: %v", mine.did)
					}
					want := []string{"leave"}
					switch ends {
					case "it is over":
						over()
						want = []string{"leave", "return"}
					case "the run stops":
						close(stopped)
					default:
						cancel()
					}
					if goesOn := <-got; goesOn != (ends == "it is over") || !slices.Equal(mine.did, want) {
						t.Errorf("goes on: %v, and it did %v, want %v", goesOn, mine.did, want)
					}
				})
			})
		}
	}
}

// TestExportSlotOfNobody proves that the job of an earlier run whose walk never begins does not
// keep others waiting for good.
func TestExportSlotOfNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots := export.NewSlots()
		slots.BegunBefore("gone")
		began := time.Now()
		if slots.Take(context.Background(), 1, "b", export.Waiting{Turn: &exportTurn{}}) == nil || time.Since(began) != 10*time.Minute {
			t.Errorf("it waited for %s", time.Since(began))
		}
	})
}

// TestExportSharedJobIsRemoved proves that a shared job is removed once, when all streams of
// the run have read it, or at the end of the run when those have that began to.
func TestExportSharedJobIsRemoved(t *testing.T) {
	for _, tt := range []struct {
		name, reads   string // streams of the run
		joins, ends   string // streams whose walks do
		before, after int    // removals before the end of the run, and in all
	}{
		{"all read it", "ab", "ab", "ab", 1, 1},
		{"one has not come to its end", "ab", "ab", "a", 0, 0},
		{"one has not begun", "ab", "a", "a", 0, 1},
		{"one is not of this run", "a", "a", "a", 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := export.NewShared[string, int]()
			for _, s := range tt.reads {
				table.Reads(string(s))
			}
			var one *export.SharedJob[string, int]
			for _, s := range tt.joins {
				one = table.Join([16]byte{1}, []string{"a", "b"}, export.Reader{Stream: string(s)}, string(s))
			}
			removed := 0
			for _, s := range tt.ends {
				one.Read(export.Reader{Stream: string(s)}, func() { removed++ })
			}
			before := removed
			table.Close()
			if before != tt.before || removed != tt.after {
				t.Errorf("removed %d times, and %d in all; want %d and %d", before, removed, tt.before, tt.after)
			}
			if others := one.Others("a"); len(others) != len(tt.joins)-1 {
				t.Errorf("others than a: %v", others)
			}
			one.Forget()
			if table.Join([16]byte{1}, nil, export.Reader{}, "") == one {
				t.Error("a job that was forgotten is joined")
			}
		})
	}
}

// TestExportLinks proves what is taken for the links of a job, and what an error says of
// anything else.
func TestExportLinks(t *testing.T) {
	for _, tt := range []struct {
		name, path, answer string
		want, err          string // links with blanks between; what the error says
	}{
		{"a list", "files.#.url", `{"files":[{"url":"/1"},{"url":"/2"}]}`, "/1 /2", ""},
		{"one", "url", `{"url":"/1"}`, "/1", ""},
		{"an empty list", "files.#.url", `{"files":[]}`, "", ""},
		{"null for a list", "files.#.url", `{"files":null}`, "", ""},
		{"null for one", "url", `{"url":null}`, "", ""},
		{"one has none", "files.#.url", `{"files":[{"url":"/1"},{}]}`, "", "lists 2 files, and only 1 of them have a URL there"},
		{"a number among them", "files", `{"files":["/1",7]}`, "", "got 7 among them"},
		{"nothing", "files.#.url", `{"state":"done"}`, "", "has nothing there: is the path right"},
		{"elsewhere", "files.#.url", `{"items":[{"url":"https://a.test/"}]}`, "", "URLs at items.#.url: write one of these paths"},
		{"an object", "files", `{"files":{"a":1}}`, "", `expected a URL or a list of them, got {"a":1}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			vars := make(expr.Vars, sources.VarCount)
			got, err := export.Links(sources.Ref{Path: tt.path}, vars, expr.JSONBytes([]byte(tt.answer)), []byte(tt.answer), nil, func(s string) string { return s })
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil || got == nil || strings.Join(got, " ") != tt.want {
				t.Errorf("got %q and %v", got, err)
			}
		})
	}
}

// TestExportFilesStayTheSame proves that links which are signed anew, in any order, are those of
// the same files in a walk, and that a walk which goes on takes no others for them.
func TestExportFilesStayTheSame(t *testing.T) {
	spec := &sources.Export{Links: sources.Ref{Path: "files"}}
	of := func(text string) []string { return strings.Fields(text) }
	first := export.New(spec)
	if err := first.Take(&paging.Export{}, of("http://a/1?X-Amz-Signature=a http://a/2?X-Amz-Signature=a")); err != nil {
		t.Fatal(err)
	}
	files := first.Files(nil)
	at := &paging.Export{Files: files.Count, Order: files.Order}
	for _, tt := range []struct{ name, links, want, err string }{
		{"signed anew", "http://a/1?X-Amz-Signature=b http://a/2?X-Amz-Signature=b", "", ""},
		{"in another order", "http://a/2?X-Amz-Signature=b http://a/1?X-Amz-Signature=b", "http://a/1?X-Amz-Signature=b http://a/2?X-Amz-Signature=b", ""},
		{"another file", "http://a/1?X-Amz-Signature=b http://a/3?X-Amz-Signature=b", "", "lists other files than before"},
		{"more", "http://a/1 http://a/2 http://a/3", "", "has 3 files now, and had 2"},
		{"twice the same", "http://a/1 http://a/1", "", "lists other files than before"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := export.New(spec)
			if err := j.Take(&paging.Export{}, first.Links()); err != nil {
				t.Fatal(err)
			}
			err := j.Take(at, of(tt.links))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			want := of(tt.links)
			if tt.want != "" {
				want = of(tt.want)
			}
			if err != nil || !slices.Equal(j.Links(), want) {
				t.Errorf("got %q and %v", j.Links(), err)
			}
		})
	}
}

// TestExportAnswersAreKept proves that what is kept of the answer to a submission says what that
// did, that headers which no request needs are not kept, and that a long answer is not.
func TestExportAnswersAreKept(t *testing.T) {
	from, err := url.Parse("http://api.test/v1/jobs")
	if err != nil {
		t.Fatal(err)
	}
	h := export.Headers(from, http.Header{"Location": {"7"}, "X-Job": {"a"}, "X-Long": {strings.Repeat("a", 200)}, "Set-Cookie": {"b"}})
	if len(h) != 2 || h.Get("Location") != "http://api.test/v1/7" || h.Get("X-Job") != "a" {
		t.Errorf("kept %v", h)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	v, err := export.Answer([]byte(`{"id":9007199254740993}`), expr.Dict([]string{"X-Job"}, []expr.Value{expr.String("a")}), at)
	if err != nil {
		t.Fatal(err)
	}
	if h, text, then := export.Given(expr.JSONBytes(v.AppendJSON(nil))); string(text) != `{"id":9007199254740993}` || h.Get("X-Job") != "a" || !then.Equal(at) {
		t.Errorf("got %v, %s and %s", h, text, then)
	}
	if _, err := export.Answer(longAnswer(), expr.Undefined(), at); err == nil {
		t.Error("a long answer is kept")
	}
}

func longAnswer() []byte { return []byte(`"` + strings.Repeat("a", 64<<10) + `"`) }

// TestExportDigestsOfFiles proves that a file is known again by its job and its place alone.
func TestExportDigestsOfFiles(t *testing.T) {
	at := func(job string, file int64) paging.Position {
		return paging.Position{Export: &paging.Export{Job: json.RawMessage(job), File: file}}
	}
	j := export.New(&sources.Export{})
	one := j.Digest(at(`{"a":1,"b":9007199254740993}`, 0))
	for _, tt := range []struct {
		name string
		at   paging.Position
		same bool
	}{
		{"the same", at(`{"a":1,"b":9007199254740993}`, 0), true},
		{"keys in another order", at(`{"b":9007199254740993,"a":1}`, 0), true},
		{"another job", at(`{"a":1,"b":9007199254740992}`, 0), false},
		{"another file", at(`{"a":1,"b":9007199254740993}`, 1), false},
	} {
		if got := j.Digest(tt.at) == one; got != tt.same {
			t.Errorf("%s: the same digest: %v", tt.name, got)
		}
	}
}
