package state_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
)

func parse(t *testing.T, text string) *state.State {
	t.Helper()
	s, err := state.ParseSinger("state.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRoundTrip writes bookmarks and reads them again; every key is there.
func TestRoundTrip(t *testing.T) {
	asOf := time.Date(2025, 6, 1, 12, 0, 0, 123456000, time.UTC)
	clock := asOf.Add(-time.Second).Truncate(time.Second)
	pass := &state.Pass{ID: "p", AsOf: asOf}
	for _, tt := range []struct {
		name string
		b    state.Bookmark
		want string
	}{
		{"empty", state.Bookmark{}, `{"replication_key":"","replication_key_value":null,"pass":null,"resume":null}`},
		{"finished", state.Bookmark{ReplicationKey: "at", Value: []byte(`"2025-01-01"`), Pass: pass},
			`{"replication_key":"at","replication_key_value":"2025-01-01","pass":{"id":"p","as_of":"2025-06-01T12:00:00.123456Z"},"resume":null}`},
		{"unfinished, first pass", state.Bookmark{ReplicationKey: "at", Pass: pass, Resume: &state.Resume{
			Version: state.Version, AsOf: asOf, Lookback: "0s", Shape: "s", Open: []state.Open{{Partition: "k", Next: []byte(`{"pages":1}`)}},
		}}, `{"replication_key":"at","replication_key_value":null,"pass":{"id":"p","as_of":"2025-06-01T12:00:00.123456Z"},` +
			`"resume":[{"version":1,"as_of":"2025-06-01T12:00:00.123456Z","from":null,"lookback":"0s","clock":null,"shape":"s",` +
			`"open":[{"partition":"k","next":{"pages":1},"high":null,"restarts":0,"deferred":false,"frozen":false}],"owed":null}]}`},
		{"unfinished", state.Bookmark{ReplicationKey: "n", Value: []byte(`9007199254740993`), Pass: pass, Resume: &state.Resume{
			Version: state.Version, AsOf: asOf, From: []byte(`9007199254740993`), Lookback: "72h0m0s", Clock: &clock, Shape: "s",
			Open: []state.Open{{Partition: "k", Next: []byte(`{"token":"é","pages":1}`), High: []byte(`12345678901234567890.10`), Frozen: true}},
		}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &state.State{}
			s.Set("orders", &tt.b)
			text := string(s.AppendSinger(nil))
			if want := `{"bookmarks":{"orders":` + tt.want + `}}`; tt.want != "" && text != want {
				t.Errorf("\ngot  %s\nwant %s", text, want)
			}
			got, err := parse(t, text).Bookmark("state.json", "orders", tt.b.ReplicationKey)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, tt.b) {
				t.Errorf("\ngot  %+v\nwant %+v", *got, tt.b)
			}
		})
	}
}

func TestSet(t *testing.T) {
	const others = `"a":{"x":12345678901234567890.10,"s":"\u00e9<"},"z":null`
	s := parse(t, `{"first":1,"bookmarks":{`+others+`,"b":{}},"last":[1,2]}`)
	s.Set("b", &state.Bookmark{})
	s.Set("c", &state.Bookmark{})
	const empty = `{"replication_key":"","replication_key_value":null,"pass":null,"resume":null}`
	want := `{"first":1,"last":[1,2],"bookmarks":{` + others + `,"b":` + empty + `,"c":` + empty + `}}`
	if got := string(s.AppendSinger(nil)); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
	if got, want := s.Names(), []string{"a", "z", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAppendSingerAppends checks that what stands before stays.
func TestAppendSingerAppends(t *testing.T) {
	s := parse(t, "{\n \"bookmarks\" : { \"a\" : { } } }")
	if got, want := string(s.AppendSinger([]byte("x"))), `x{"bookmarks":{"a":{}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseSinger(t *testing.T) {
	long := `{"bookmarks":{"a":{"resume":[{"version":1,"as_of":"2025-06-01T00:00:00Z","open":[{"next":{},"high":1}]}]}}}`
	for _, tt := range []struct{ name, text, failure string }{
		{"nothing", `{}`, ""},
		{"no bookmarks but another key", `{"x":1}`, `"x" is no key of a state`},
		{"no bookmarks yet", `{"currently_syncing":"a"}`, ""},
		{"a whole STATE line", `{"type":"STATE","value":{"bookmarks":{"a":{}}}}`, ""},
		{"a whole RECORD line", `{"type":"RECORD","stream":"a","record":{}}`, `"type" is no key of a state`},
		{"resume", long, ""},
		{"resume is empty", `{"bookmarks":{"a":{"resume":[]}}}`, ""},
		{"wrapped", `{"singer_state":{"bookmarks":{}}}`, ""},
		{"wrapped twice", `{"singer_state":{"singer_state":{}}}`, ""},

		{"bookmarks twice", `{"bookmarks":{"a":{}},"bookmarks":{"b":{}}}`, `"bookmarks" stands there twice`},
		{"a stream twice", `{"bookmarks":{"a":{},"a":{}}}`, `bookmarks: "a" stands there twice`},
		{"a pass of another shape", `{"bookmarks":{"a":{"pass":[]}}}`, "bookmarks.a: pass: expected an object, got array"},
		{"empty", "", "the file is empty"},
		{"blank", " \n", "the file is empty"},
		{"torn", `{"bookmarks":{`, "not JSON"},
		{"two documents", `{}{}`, "not JSON"},
		{"null", `null`, "expected an object"},
		{"not UTF-8", "{\"bookmarks\":{\"a\":{\"x\":\"\xff\"}}}", "UTF-8"},
		{"BOM and UTF-16", "\xff\xfe{\x00}\x00", "not JSON"},
		{"bookmarks are null", `{"bookmarks":null}`, "bookmarks"},
		{"value is true", `{"bookmarks":{"a":{"replication_key_value":true}}}`, "expected text, a number or null"},
		{"value is a list", `{"bookmarks":{"a":{"replication_key_value":[1]}}}`, "expected text, a number or null"},
		{"replication_key is a number", `{"bookmarks":{"a":{"replication_key":1}}}`, "replication_key"},
		{"pass is text", `{"bookmarks":{"a":{"pass":"x"}}}`, "pass"},
		{"resume is an object", `{"bookmarks":{"a":{"resume":{}}}}`, "resume"},
		{"two resumes", `{"bookmarks":{"a":{"resume":[{"version":1,"as_of":"2025-06-01T00:00:00Z"},{}]}}}`, "one element"},
		{"newer version", strings.Replace(long, `"version":1`, `"version":7`, 1), "version 7"},
		{"no as_of", strings.Replace(long, `"as_of"`, `"was"`, 1), "as_of is missing"},
		{"from is a list", strings.Replace(long, `"open"`, `"from":[],"open"`, 1), "from: expected"},
		{"high is true", strings.Replace(long, `"high":1`, `"high":true`, 1), "open[0].high"},
		{"no next", strings.Replace(long, `"next":{}`, `"next":null`, 1), "open[0].next"},
		{"partitions mix", `{"bookmarks":{"a":{"partitions":[{"replication_key_value":1},{"replication_key_value":"2025-01-01"}]}}}`, "partitions[1]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := state.ParseSinger("state.json", []byte(tt.text))
			switch {
			case tt.failure == "" && err != nil:
				t.Errorf("got error %v", err)
			case tt.failure != "" && (err == nil || !strings.Contains(err.Error(), tt.failure) || !strings.HasPrefix(err.Error(), "state state.json: ")):
				t.Errorf("got error %v, want %q", err, tt.failure)
			}
		})
	}
}

// TestResumeNulls checks that what is null in a resume is absent.
func TestResumeNulls(t *testing.T) {
	s := parse(t, `{"bookmarks":{"a":{"resume":[{"version":1,"as_of":"2025-06-01T00:00:00Z","from":null,"open":[{"next":{},"high":null}]}]}}}`)
	b, err := s.Bookmark("", "a", "")
	if err != nil {
		t.Fatal(err)
	}
	if r := b.Resume; r.From != nil || r.Open[0].High != nil {
		t.Errorf("got from %q, high %q, want nil", r.From, r.Open[0].High)
	}
}

func TestAdoption(t *testing.T) {
	for _, tt := range []struct{ name, bookmark, key, want string }{
		{"own", `{"replication_key":"at","replication_key_value":"2025-01-01"}`, "at", `"2025-01-01"`},
		{"under its key", `{"at":"2025-01-01"}`, "at", `"2025-01-01"`},
		{"under another key", `{"made":"2025-01-01"}`, "at", ""},
		{"both", `{"replication_key":"at","replication_key_value":"2025-01-02","at":"2025-01-01"}`, "at", `"2025-01-02"`},
		{"progress_markers", `{"progress_markers":{"replication_key_value":"2025-01-01"}}`, "at", ""},
		{"partitions", `{"partitions":[{"replication_key_value":10},{"replication_key_value":9},{"replication_key_value":11}]}`, "at", "9"},
		{"a partition without", `{"partitions":[{"replication_key_value":10},{}]}`, "at", ""},
		{"partitions are empty", `{"partitions":[]}`, "at", ""},
		{"partitions and a value", `{"replication_key_value":12,"partitions":[{"replication_key_value":10}]}`, "at", "12"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := parse(t, `{"bookmarks":{"a":`+tt.bookmark+`}}`).Bookmark("", "a", tt.key)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(b.Value); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	b, err := parse(t, `{}`).Bookmark("", "a", "at")
	if b != nil || err != nil {
		t.Errorf("a stream that the state does not know: got %v, %v", b, err)
	}
}

// TestAdoptedContexts holds what is taken from others' states with partitions:
// the value, and the contexts that it holds for.
func TestAdoptedContexts(t *testing.T) {
	const eu, us = `{"account":"eu"}`, `{"account":"us"}`
	for _, tt := range []struct {
		name, bookmark, want string
		contexts             []string
	}{
		{"of the SDK", `{"partitions":[{"context":{"account": "us"},"replication_key":"at","replication_key_value":"2025-01-02"},{"context":{"account":"eu"},"replication_key":"at","replication_key_value":"2025-01-03"}]}`, `"2025-01-02"`, []string{eu, us}},
		{"of the SDK, one unfinished", `{"partitions":[{"context":{"account":"us"},"replication_key_value":"2025-01-02"},{"context":{"account":"eu"},"progress_markers":{"replication_key_value":"2025-01-03"}}]}`, "", nil},
		{"Airbyte's, of one partition", `{"at":"2025-01-02"}`, `"2025-01-02"`, nil},
		{"Airbyte's, each its own", `{"use_global_cursor":false,"states":[{"partition":{"account":"us","parent_slice":{}},"cursor":{"at":"2025-01-02"}},{"partition":{"account":"eu","parent_slice":{}},"cursor":{"at":"2025-01-03"}}],"parent_state":{"accounts":{}},"lookback_window":9,"state":{"at":"2025-01-03"}}`, `"2025-01-02"`, []string{eu, us}},
		{"Airbyte's, as older ones wrote it", `{"states":[{"partition":{"account":"eu"},"cursor":{"at":5}}]}`, `5`, []string{eu}},
		{"Airbyte's, one for all", `{"use_global_cursor":true,"state":{"at":"2025-01-03T00:00:10Z"},"lookback_window":9,"states":[{"partition":{"account":"eu"},"cursor":{"at":"2025-01-01T00:00:00Z"}}]}`, `"2025-01-03T00:00:01Z"`, []string{eu}},
		{"Airbyte's, one for all, alone", `{"use_global_cursor":true,"state":{"at":"2025-01-03T00:00:10Z"}}`, `"2025-01-03T00:00:10Z"`, nil},
		{"Airbyte's, parents inside", `{"states":[{"partition":{"shop":2,"parent_slice":{"account":"eu","parent_slice":{}}},"cursor":{"at":5}}]}`, `5`, []string{`{"account":"eu","shop":2}`}},
		{"Airbyte's, one not read", `{"states":[{"partition":{"account":"eu"},"cursor":{"at":5}},{"partition":{"account":"us"},"cursor":{}}]}`, "", nil},
		{"Airbyte's, nothing read", `{"use_global_cursor":false,"states":[],"parent_state":{}}`, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			airbyte := `[{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":` + tt.bookmark + `}}]`
			s, err := state.ParseAirbyte("f", []byte(airbyte))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []*state.State{parse(t, `{"bookmarks":{"a":`+tt.bookmark+`}}`), s} {
				b, err := s.Bookmark("f", "a", "at")
				if err != nil && strings.Contains(tt.bookmark, "progress_markers") {
					continue // Airbyte does not hand back what the SDK wrote
				}
				if err != nil {
					t.Fatal(err)
				}
				var want state.Contexts
				for _, text := range tt.contexts {
					want = append(want, state.HashContext([]byte(text)))
				}
				slices.Sort(want)
				if string(b.Value) != tt.want || !slices.Equal(b.Contexts, want) {
					t.Errorf("got %s and contexts %x, want %s and %x", b.Value, b.Contexts, tt.want, want)
				}
			}
		})
	}
	_, err := parse(t, `{"bookmarks":{"a":{"use_global_cursor":true,"state":{"made":1}}}}`).Bookmark("f", "a", "at")
	if err == nil || !strings.Contains(err.Error(), `no "at", the replication key of the stream`) {
		t.Errorf("another cursor: got %v", err)
	}
}

// FuzzState reads strangers' states. Whatever is read is written as one line,
// which says the same.
func FuzzState(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"bookmarks":{}}`, `{"singer_state":{"bookmarks":{"a":null}}}`, `{"x":1.0,"bookmarks":{"a":{"b":[1,2, 3]}},"y":null}`,
		`{"bookmarks":{"a":{"replication_key":"at","replication_key_value":"2025-01-01T00:00:00Z","pass":{"id":"p","as_of":"2025-06-01T00:00:00Z"},"resume":null}}}`,
		`{"bookmarks":{"a":{"resume":[{"version":1,"as_of":"2025-06-01T00:00:00Z","from":1,"lookback":"1h","clock":null,"shape":"s","open":[{"partition":"k","next":{"token":"t"},"high":"x"}]}]}}}`,
		`{"bookmarks":{"a":{"partitions":[{"replication_key_value":1},{"replication_key_value":1.5}]},"a":{"replication_key_value":1e400}}}`,
		"{\"bookmarks\":{\"\u00e9\":{\"at\":\"x\"},\"\":{}}}", `{"bookmarks":{"a":{"at":true,"progress_markers":{}}}}`,
		`{"bookmarks":{"a":{"replication_key_value":"\ud800"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := state.ParseSinger("f", data)
		if err != nil {
			return
		}
		line := s.AppendSinger(nil)
		if bytes.ContainsAny(line, "\n\r") {
			t.Fatalf("more than one line: %s", line)
		}
		again, err := state.ParseSinger("f", line)
		if err != nil {
			t.Fatalf("%s: cannot read what it wrote: %v: %s", data, err, line)
		}
		if second := again.AppendSinger(nil); !bytes.Equal(second, line) {
			t.Fatalf("\nfirst  %s\nsecond %s", line, second)
		}
		sameBookmarks(t, s, again)
		setOne(t, s, line)
	})
}

func sameBookmarks(t *testing.T, a, b *state.State) {
	t.Helper()
	if !slices.Equal(a.Names(), b.Names()) {
		t.Fatalf("got streams %q, then %q", a.Names(), b.Names())
	}
	for _, name := range a.Names() {
		for _, key := range []string{"", "at"} {
			x, err1 := a.Bookmark("f", name, key)
			y, err2 := b.Bookmark("f", name, key)
			if (err1 == nil) != (err2 == nil) || err1 == nil && compacted(x) != compacted(y) {
				t.Fatalf("%q: got %s, %v, then %s, %v", name, compacted(x), err1, compacted(y), err2)
			}
		}
	}
}

// compacted is a bookmark as text, without blanks inside of its raw values.
func compacted(b *state.Bookmark) string {
	if b == nil {
		return "none"
	}
	s := &state.State{}
	s.Set("x", b)
	return string(s.AppendSinger(nil))
}

// setOne sets a stream's bookmark: the others stay, byte for byte.
func setOne(t *testing.T, s *state.State, before []byte) {
	t.Helper()
	var was, is struct{ Bookmarks map[string]json.RawMessage }
	const name = "a stream that no seed has"
	s.Set(name, &state.Bookmark{})
	after := s.AppendSinger(nil)
	if err := json.Unmarshal(before, &was); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(after, &is); err != nil {
		t.Fatal(err)
	}
	for stream, raw := range was.Bookmarks {
		if stream != name && !bytes.Equal(raw, is.Bookmarks[stream]) {
			t.Fatalf("%q: got %s, was %s", stream, is.Bookmarks[stream], raw)
		}
	}
}

// FuzzCompare compares strangers' values: without panics, and alike from both
// sides.
func FuzzCompare(f *testing.F) {
	for _, seed := range [][2]string{
		{`"2025-01-01"`, `"2025-01-01T00:00:00Z"`}, {`1`, `1.0`}, {`1e400`, `"x"`}, {`-0`, `00`}, {`"2025-01-01T00:00:00.5Z"`, `"2025-01-01T00:00:00,5Z"`},
		{`"0000-00-00"`, `"9999-12-31T23:59:60Z"`}, {`1e`, `0x1`}, {`1_0`, `1/3`}, {`Inf`, `-`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, o := range []state.Order{{}, german, compact, numbers} {
			x, err1 := o.Compare(a, b)
			y, err2 := o.Compare(b, a)
			if (err1 == nil) != (err2 == nil) || x != -y {
				t.Errorf("Compare(%s, %s) = %d, %v, the other way %d, %v", a, b, x, err1, y, err2)
			}
		}
	})
}
