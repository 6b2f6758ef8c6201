package message

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/state"
)

// Singer is the Singer protocol: RECORD, SCHEMA and STATE lines, and METRIC
// lines in the log.
type Singer struct{}

// Frame returns the frame of RECORD lines of a stream whose response came at
// the given time, with the version of its table where there is one.
func (Singer) Frame(stream string, extracted time.Time, version int64) Frame {
	before := append([]byte(`{"type":"RECORD","stream":`), raw.Quote(stream)...)
	after := append([]byte(`,"time_extracted":"`), extracted.UTC().Format("2006-01-02T15:04:05.000000Z")...)
	after = appendVersion(append(after, '"'), version)
	return Frame{before: append(before, `,"record":`...), after: append(after, "}\n"...)}
}

// appendVersion appends the version of a table, where there is one.
func appendVersion(dst []byte, version int64) []byte {
	if version == 0 {
		return dst
	}
	return strconv.AppendInt(append(dst, `,"version":`...), version, 10)
}

// DeletedAt is the field that says when a record was missed.
func (Singer) DeletedAt() string { return "_sdc_deleted_at" }

// AppendSchema appends a SCHEMA line.
func (Singer) AppendSchema(dst []byte, s *Schema) []byte {
	dst = append(append(dst, `{"type":"SCHEMA","stream":`...), raw.Quote(s.Stream)...)
	dst = append(append(dst, `,"schema":`...), s.Document...)
	dst = append(dst, `,"key_properties":[`...)
	for i, k := range s.Keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, raw.Quote(k)...)
	}
	dst = append(dst, ']')
	if s.ReplicationKey != "" {
		dst = append(append(append(dst, `,"bookmark_properties":[`...), raw.Quote(s.ReplicationKey)...), ']')
	}
	return append(appendVersion(dst, s.Version), "}\n"...)
}

// AppendActivate appends an ACTIVATE_VERSION line: what the target has of the
// stream of other versions is no longer there.
func (Singer) AppendActivate(dst []byte, stream string, version int64) []byte {
	dst = append(append(dst, `{"type":"ACTIVATE_VERSION","stream":`...), raw.Quote(stream)...)
	return append(appendVersion(dst, version), "}\n"...)
}

// AppendState appends one STATE line, of all streams, whatever is covered.
func (Singer) AppendState(dst []byte, s *state.State, _ []Covered) []byte {
	dst = append(dst, `{"type":"STATE","value":`...)
	dst = s.AppendSinger(dst)
	return append(dst, "}\n"...)
}

// AppendNews appends nothing: the log has it.
func (Singer) AppendNews(dst []byte, _ ...News) []byte { return dst }

// Metric is a point of measurement, as singer-python logs it.
type Metric struct {
	Type   string            `json:"type"`   // counter or timer
	Metric string            `json:"metric"` // record_count, http_request_count, …
	Value  float64           `json:"value"`
	Tags   map[string]string `json:"tags"`
}

// Metric returns the text of a METRIC line of the log.
func (Singer) Metric(m Metric) string {
	tags, err := json.Marshal(m.Tags)
	if err != nil {
		panic(fmt.Sprintf("strings are always JSON: %v", err))
	}
	return fmt.Sprintf(`METRIC: {"type": %q, "metric": %q, "value": %s, "tags": %s}`,
		m.Type, m.Metric, strconv.FormatFloat(m.Value, 'f', -1, 64), tags)
}
