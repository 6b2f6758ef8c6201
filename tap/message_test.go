package tap_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/message"
)

var (
	_ tap.Protocol = message.Singer{}
	_ tap.Protocol = message.Airbyte{}
)

var messageAt = time.UnixMilli(1735732800123).UTC()

// TestMessageLines holds the lines of both protocols against the bytes that go over
// the wire.
func TestMessageLines(t *testing.T) {
	st := &state.State{}
	st.Set("orders", &state.Bookmark{ReplicationKey: "at", Value: json.RawMessage(`"2025-01-01"`)})
	const bookmark = `{"replication_key":"at","replication_key_value":"2025-01-01","pass":null,"resume":null}`
	record := func(p tap.Protocol, nulled ...string) string {
		frame := p.Frame(`or"ders`, messageAt, 0)
		return string(frame.Close(append(frame.Open(nil), `{"n":12345678901234567890.10}`...), nulled))
	}
	news := func(p tap.Protocol, n message.News) string {
		n.At = messageAt
		return string(p.AppendNews(nil, n))
	}
	singer, airbyte := message.Singer{}, message.Airbyte{}
	orders := message.Schema{Stream: "orders", Document: json.RawMessage(`{"type":"object"}`), Keys: []string{"id", "day"}, ReplicationKey: "at"}
	const trace = `{"type":"TRACE","trace":{"type":"`
	const status = trace + `STREAM_STATUS","emitted_at":1735732800123,"stream_status":{"stream_descriptor":{"name":"orders"},"status":"`
	for _, tt := range []struct{ name, got, want string }{
		{"Singer's RECORD", record(singer), `{"type":"RECORD","stream":"or\"ders","record":{"n":12345678901234567890.10},"time_extracted":"2025-01-01T12:00:00.123000Z"}`},
		{"Singer has no word for nulled values", record(singer, "/n"), record(singer)[:len(record(singer))-1]},
		{"Singer's SCHEMA", string(singer.AppendSchema(nil, &orders)),
			`{"type":"SCHEMA","stream":"orders","schema":{"type":"object"},"key_properties":["id","day"],"bookmark_properties":["at"]}`},
		{"Singer's STATE", string(singer.AppendState(nil, st, nil)), `{"type":"STATE","value":{"bookmarks":{"orders":` + bookmark + `}}}`},
		{"Singer has no news", news(singer, message.News{Event: message.Complete, Stream: "orders"}), ""},

		{"RECORD", record(airbyte), `{"type":"RECORD","record":{"stream":"or\"ders","data":{"n":12345678901234567890.10},"emitted_at":1735732800123}}`},
		{"RECORD with nulled values", record(airbyte, "/lines/0/pri~1ce", "/n~0"),
			`{"type":"RECORD","record":{"stream":"or\"ders","data":{"n":12345678901234567890.10},"emitted_at":1735732800123,"meta":{"changes":[` +
				`{"field":"lines.0.pri/ce","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"},{"field":"n~","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}]}}}`},
		{"no SCHEMA", string(airbyte.AppendSchema(nil, &orders)), ""},
		{"STATE", string(airbyte.AppendState(nil, st, []message.Covered{{Stream: "orders", Records: 12}, {Stream: "shops"}})),
			`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"orders"},"stream_state":` + bookmark + `},"sourceStats":{"recordCount":12.0}}}` + "\n" +
				`{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"shops"},"stream_state":null},"sourceStats":{"recordCount":0.0}}}`},
		{"nothing covered", string(airbyte.AppendState(nil, st, nil)), ""},
		{"STARTED", news(airbyte, message.News{Event: message.Started, Stream: "orders"}), status + `STARTED"}}}`},
		{"RUNNING", news(airbyte, message.News{Event: message.Reading, Stream: "orders"}), status + `RUNNING"}}}`},
		{"RATE_LIMITED", news(airbyte, message.News{Event: message.Limited, Stream: "orders", Until: messageAt.Add(time.Second)}),
			status + `RUNNING","reasons":[{"type":"RATE_LIMITED","rate_limited":{"quota_reset":1735732801123}}]}}}`},
		{"COMPLETE", news(airbyte, message.News{Event: message.Complete, Stream: "orders"}), status + `COMPLETE"}}}`},
		{"INCOMPLETE", news(airbyte, message.News{Event: message.Incomplete, Stream: "orders"}), status + `INCOMPLETE"}}}`},
		{"ESTIMATE", news(airbyte, message.News{Event: message.Estimate, Stream: "orders", Records: 20000}),
			trace + `ESTIMATE","emitted_at":1735732800123,"estimate":{"type":"STREAM","name":"orders","row_estimate":20000}}}`},
		{"ERROR of a stream", news(airbyte, message.News{Event: message.Failed, Stream: "orders", Failure: message.Failure{Type: message.ConfigError, Message: "403 <&>"}}),
			trace + `ERROR","emitted_at":1735732800123,"error":{"message":"403 <&>","failure_type":"config_error","stream_descriptor":{"name":"orders"}}}}`},
		{"ERROR of the run", news(airbyte, message.News{Event: message.Failed, Failure: message.Failure{Type: message.TransientError, Message: "m"}}),
			trace + `ERROR","emitted_at":1735732800123,"error":{"message":"m","failure_type":"transient_error"}}}`},
		{"SPEC", string(message.AppendAirbyteSpec(nil, json.RawMessage(`{"a":1}`))),
			`{"type":"SPEC","spec":{"protocol_version":"0.2.0","supportsIncremental":true,"supported_destination_sync_modes":[],"connectionSpecification":{"a":1}}}`},
		{"CATALOG", string(message.AppendAirbyteCatalog(nil, json.RawMessage(`{"streams":[]}`))), `{"type":"CATALOG","catalog":{"streams":[]}}`},
		{"SUCCEEDED", string(message.AppendAirbyteCheck(nil, "")), `{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}`},
		{"FAILED", string(message.AppendAirbyteCheck(nil, "no")), `{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"no"}}`},
	} {
		if tt.want != "" && !strings.HasSuffix(tt.want, "\n") {
			tt.want += "\n"
		}
		if tt.got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, tt.got, tt.want)
		}
		for line := range strings.Lines(tt.got) {
			if !json.Valid([]byte(line)) {
				t.Errorf("%s: not JSON: %s", tt.name, line)
			}
		}
	}
}

// TestMessageAirbyteLog: lines wait until they are taken, before the news; what is too
// much is counted.
func TestMessageAirbyteLog(t *testing.T) {
	log := &message.AirbyteLog{}
	for level, text := range map[slog.Level]string{slog.LevelDebug: "DEBUG", slog.LevelInfo: "INFO", slog.LevelWarn: "WARN", slog.LevelError: "ERROR"} {
		log.Add(level, "a\n\"b\"")
		want := `{"type":"LOG","log":{"level":"` + text + `","message":"a\n\"b\""}}` + "\n"
		if got := string(log.Take([]byte("x"))); got != "x"+want {
			t.Errorf("got %s, want x%s", got, want)
		}
	}
	if got := log.Take(nil); got != nil {
		t.Errorf("lines come twice: %s", got)
	}
	log.Add(slog.LevelInfo, "first")
	a := message.Airbyte{Log: log}
	lines := strings.Split(string(a.AppendNews(nil, message.News{Event: message.Started, Stream: "s"})), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], `"first"`) || !strings.Contains(lines[1], `"STARTED"`) {
		t.Errorf("got %q, want the log, then the news", lines)
	}

	const many = 5000
	for range many {
		log.Add(slog.LevelInfo, strings.Repeat("x", 1000))
	}
	lines = strings.Split(strings.TrimSpace(string(log.Take(nil))), "\n")
	var last struct {
		Log struct{ Level, Message string }
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if kept := len(lines) - 1; kept < 500 || kept > 1100 || last.Log.Level != "WARN" {
		t.Errorf("of %d lines %d are kept, the last one says %+v", many, kept, last)
	}
	if want := fmt.Sprintf("%d lines of the log are left out", many-(len(lines)-1)); !strings.HasPrefix(last.Log.Message, want) {
		t.Errorf("got %q, want %q", last.Log.Message, want)
	}
}
