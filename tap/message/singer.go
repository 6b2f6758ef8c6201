package message

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Frame is what stands around every record of a page: the same bytes for each
// of them.
type Frame struct{ before, after []byte }

// SingerFrame returns the frame of RECORD lines of a stream whose response
// came at the given time.
func SingerFrame(stream string, extracted time.Time) Frame {
	before := append([]byte(`{"type":"RECORD","stream":`), quote(stream)...)
	after := append([]byte(`,"time_extracted":"`), extracted.UTC().Format("2006-01-02T15:04:05.000000Z")...)
	return Frame{append(before, `,"record":`...), append(after, "\"}\n"...)}
}

// Open appends what stands before a record.
func (f *Frame) Open(dst []byte) []byte { return append(dst, f.before...) }

// Close appends what stands behind a record, and ends the line.
func (f *Frame) Close(dst []byte) []byte { return append(dst, f.after...) }

// AppendSingerSchema appends a SCHEMA line. schema is a JSON document without
// line breaks; keys and bookmarks may be empty.
func AppendSingerSchema(dst []byte, stream string, schema json.RawMessage, keys []string, replicationKey string) []byte {
	dst = append(dst, `{"type":"SCHEMA","stream":`...)
	dst = append(dst, quote(stream)...)
	dst = append(dst, `,"schema":`...)
	dst = append(dst, schema...)
	dst = append(dst, `,"key_properties":[`...)
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, quote(k)...)
	}
	dst = append(dst, ']')
	if replicationKey != "" {
		dst = append(append(append(dst, `,"bookmark_properties":[`...), quote(replicationKey)...), ']')
	}
	return append(dst, "}\n"...)
}

// AppendSingerState appends a STATE line. value is a JSON document without
// line breaks.
func AppendSingerState(dst []byte, value json.RawMessage) []byte {
	dst = append(dst, `{"type":"STATE","value":`...)
	dst = append(dst, value...)
	return append(dst, "}\n"...)
}

// SingerMetric is a point of measurement, as singer-python logs it.
type SingerMetric struct {
	Type   string            `json:"type"`   // counter or timer
	Metric string            `json:"metric"` // record_count, http_request_count, …
	Value  float64           `json:"value"`
	Tags   map[string]string `json:"tags"`
}

// String returns the text of a METRIC line of the log.
func (m SingerMetric) String() string {
	tags, err := json.Marshal(m.Tags)
	if err != nil {
		panic(fmt.Sprintf("strings are always JSON: %v", err))
	}
	return fmt.Sprintf(`METRIC: {"type": %q, "metric": %q, "value": %s, "tags": %s}`,
		m.Type, m.Metric, strconv.FormatFloat(m.Value, 'f', -1, 64), tags)
}

// Flatten makes the line breaks in line spaces, in place. In proven JSON they
// stand between tokens only.
func Flatten(line []byte) {
	for _, c := range [...]byte{'\n', '\r'} {
		for rest := line; ; {
			i := bytes.IndexByte(rest, c)
			if i < 0 {
				break
			}
			rest[i] = ' '
			rest = rest[i+1:]
		}
	}
}

func quote(s string) []byte {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("a string is always JSON: %v", err))
	}
	return raw
}
