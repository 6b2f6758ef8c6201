package testrig

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/tidwall/gjson"
)

// Line is a message of Singer's, as it stood on stdout.
type Line struct {
	Raw       []byte // all of it, with its end
	Type      string
	Stream    string
	Record    json.RawMessage
	Extracted string
	Schema    json.RawMessage
	Keys      []string
	Bookmarks []string
	Value     json.RawMessage
	Version   int64
}

// Lines are what a run wrote, in order.
type Lines []Line

// ReadLines reads what a run wrote. The last line may have broken off: it is left out,
// as a target leaves it out. What is no JSON fails the test.
func ReadLines[T string | []byte](t testing.TB, out T) (all Lines) {
	t.Helper()
	for raw := range bytes.Lines([]byte(out)) {
		if raw[len(raw)-1] != '\n' {
			break
		}
		if !gjson.ValidBytes(raw) {
			t.Fatalf("line %d is not JSON: %s", len(all)+1, raw)
		}
		l := readLine(raw)
		l.Raw = raw
		all = append(all, l)
	}
	return all
}

// readLine reads a line of JSON. There are a million of them, for which
// encoding/json takes five times as long.
func readLine(raw []byte) (l Line) {
	gjson.ParseBytes(raw).ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "type":
			l.Type = v.Str
		case "stream":
			l.Stream = v.Str
		case "record":
			l.Record = json.RawMessage(v.Raw)
		case "time_extracted":
			l.Extracted = v.Str
		case "schema":
			l.Schema = json.RawMessage(v.Raw)
		case "key_properties":
			l.Keys = textsIn(v)
		case "bookmark_properties":
			l.Bookmarks = textsIn(v)
		case "value":
			l.Value = json.RawMessage(v.Raw)
		case "version":
			l.Version = v.Int()
		}
		return true
	})
	return l
}

func textsIn(list gjson.Result) (all []string) {
	for _, v := range list.Array() {
		all = append(all, v.Str)
	}
	return all
}

// Last is the last line, an empty one if there was none.
func (all Lines) Last() (l Line) {
	if len(all) > 0 {
		l = all[len(all)-1]
	}
	return l
}

// Records are the records of a stream, "" for all of them, as their bytes.
func (all Lines) Records(stream string) (records []string) {
	for _, l := range all {
		if l.Type == "RECORD" && (stream == "" || l.Stream == stream) {
			records = append(records, string(l.Record))
		}
	}
	return records
}

// IDs are the ids of the records of a stream, "" for all of them, as they stand in JSON.
func (all Lines) IDs(stream string) []string {
	ids := all.Records(stream)
	for i, record := range ids {
		ids[i] = gjson.Get(record, "id").Raw
	}
	return ids
}

// State is the value of the last STATE line, "" if there was none.
func (all Lines) State() string {
	for _, l := range slices.Backward(all) {
		if l.Type == "STATE" {
			return string(l.Value)
		}
	}
	return ""
}
