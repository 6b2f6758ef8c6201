package state_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
)

// TestAirbyteRoundTrip hands the state of a STATE message back, as platforms
// do, with nulls for what is absent.
func TestAirbyteRoundTrip(t *testing.T) {
	asOf := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	b := state.Bookmark{
		ReplicationKey: "at", Value: []byte(`9007199254740993`), Pass: &state.Pass{ID: "p", AsOf: asOf}, Sync: &state.Sync{ID: 7, Generation: 3},
		Resume: &state.Resume{Version: state.Version, AsOf: asOf, Shape: "s", Open: []state.Open{{Partition: "k", Next: []byte(`{"token":"<é>","pages":1}`)}}},
	}
	s := &state.State{}
	s.Set("orders", &b)
	blob := string(s.AppendAirbyte([]byte("x"), "orders"))
	want := `x{"replication_key":"at","replication_key_value":9007199254740993,"pass":{"id":"p","as_of":"2025-06-01T12:00:00Z"},"sync":{"id":7,"generation":3},` +
		`"resume":[{"version":1,"as_of":"2025-06-01T12:00:00Z","from":null,"lookback":"","clock":null,"shape":"s",` +
		`"open":[{"partition":"k","next":{"token":"<é>","pages":1},"high":null,"restarts":0,"deferred":false,"frozen":false}],"owed":null}]}`
	if blob != want {
		t.Errorf("\ngot  %s\nwant %s", blob, want)
	}
	if got := string(s.AppendAirbyte(nil, "shops")); got != "null" {
		t.Errorf("a stream without a bookmark: got %s, want null", got)
	}
	back, err := state.ParseAirbyte("state.json", []byte(`[{"type":"STREAM","stream":{"stream_descriptor":{"name":"orders","namespace":null},"stream_state":`+
		blob[1:]+`},"global":null,"data":null,"sourceStats":null}]`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := back.Bookmark("state.json", "orders", "at")
	if err != nil || got.Sync == nil || *got.Sync != *b.Sync || got.Resume == nil || string(got.Value) != string(b.Value) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got := string(back.AppendAirbyte(nil, "orders")); got != blob[1:] {
		t.Errorf("\ngot  %s\nwant %s", got, blob[1:])
	}
}

func TestParseAirbyte(t *testing.T) {
	stream := func(name, blob string) string {
		return `{"type":"STREAM","stream":{"stream_descriptor":{"name":"` + name + `"},"stream_state":` + blob + `}}`
	}
	const b = `{"replication_key":"at","replication_key_value":"2025-01-01","pass":null,"resume":null}`
	for _, tt := range []struct{ name, text, want, failure string }{
		{"none", `[]`, "", ""},
		{"none, as older platforms say it", ` {} `, "", ""},
		{"null", `null`, "", ""},
		{"none, of type LEGACY", `[{"type":"LEGACY","data":{}}]`, "", ""},
		{"one", `[` + stream("a", b) + `]`, `"2025-01-01"`, ""},
		{"of no type, as some write it", `[{"stream":{"stream_descriptor":{"name":"a"},"stream_state":` + b + `}}]`, `"2025-01-01"`, ""},
		{"the last counts", `[` + stream("a", b) + `,` + stream("a", strings.Replace(b, "2025", "2026", 1)) + `]`, `"2026-01-01"`, ""},
		{"null is none", `[` + stream("a", b) + `,` + stream("a", `null`) + `]`, "", ""},
		{"empty is none", `[` + stream("a", `{}`) + `]`, "", ""},
		{"whole lines", `[{"type":"STATE","state":` + stream("a", b) + `}]`, `"2025-01-01"`, ""},
		{"another connector's cursor", `[` + stream("a", `{"at":"2025-01-01"}`) + `]`, `"2025-01-01"`, ""},

		{"nothing", ``, "", "the file is empty"},
		{"torn", `[{`, "", "not JSON"},
		{"a Singer state", `{"bookmarks":{"a":{}}}`, "", "this is a Singer state: a run without the word read takes it"},
		{"an object", `{"a":1}`, "", "expected an array of STATE messages"},
		{"a number", `1`, "", "expected an array of STATE messages, got number"},
		{"an array of numbers", `[1]`, "", "[0]: no STATE message: expected an object, got number"},
		{"GLOBAL", `[{"type":"GLOBAL","global":{"stream_states":[]}}]`, "", "[0]: a state of type GLOBAL"},
		{"LEGACY", `[{"type":"LEGACY","data":{"a":1}}]`, "", "[0]: a state of type LEGACY"},
		{"no stream", `[` + stream("a", b) + `,{"type":"STREAM"}]`, "", `[1]: no STATE message of a stream: it has no "stream"`},
		{"no name", `[{"type":"STREAM","stream":{"stream_state":{}}}]`, "", "stream_descriptor has no name"},
		{"text", `[` + stream("a", `"x"`) + `]`, "", "the state of stream a: expected an object, got string"},
		{"a bad value", `[` + stream("a", `{"replication_key_value":[1]}`) + `]`, "", "the state of stream a: replication_key_value: expected text, a number or null"},
		{"a newer version", `[` + stream("a", `{"resume":[{"version":7,"as_of":"2025-01-01T00:00:00Z","open":[]}]}`) + `]`, "", "version 7"},
		{"of another connector", `[` + stream("a", `{"__ab_full_refresh_sync_complete":true}`) + `]`, "",
			`the state of stream a: "__ab_full_refresh_sync_complete" is no key of a stream's state: another connector wrote it; clear`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, failure := "", ""
			s, err := state.ParseAirbyte("state.json", []byte(tt.text))
			if err == nil {
				var bookmark *state.Bookmark
				if bookmark, err = s.Bookmark("state.json", "a", "at"); err == nil && bookmark != nil {
					got = string(bookmark.Value)
				}
			}
			var typed *state.Error
			if err != nil {
				failure = err.Error()
				if !errors.As(err, &typed) || !strings.HasPrefix(failure, "state state.json: ") {
					t.Errorf("not an error of a state: %v", err)
				}
			}
			if got != tt.want || !strings.Contains(failure, tt.failure) || (failure == "") != (tt.failure == "") {
				t.Errorf("got %q, %q; want %q, %q", got, failure, tt.want, tt.failure)
			}
		})
	}
}

// FuzzAirbyteState: whatever is read is an error or a state that can be written
// and read again.
func FuzzAirbyteState(f *testing.F) {
	f.Add([]byte(`[{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":{"replication_key_value":1}}}]`))
	f.Add([]byte(`[{"type":"STATE","state":{"type":"LEGACY","data":{}}}]`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := state.ParseAirbyte("f", data)
		if err != nil {
			return
		}
		for _, name := range s.Names() {
			blob := s.AppendAirbyte(nil, name)
			quoted, err := json.Marshal(name)
			if err != nil {
				t.Fatal(err)
			}
			text := `[{"stream":{"stream_descriptor":{"name":` + string(quoted) + `},"stream_state":` + string(blob) + `}}]`
			if _, err := state.ParseAirbyte("f", []byte(text)); err != nil {
				t.Errorf("%v: %s", err, text)
			}
		}
	})
}
