package message

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/state"
)

// Airbyte is the Airbyte protocol. Its STATE lines are of one stream each, and
// of what else happens it tells in TRACE and LOG lines.
type Airbyte struct {
	Log *AirbyteLog // what the log has for stdout; nil: nothing
}

// Frame returns the frame of RECORD lines of a stream whose response came at
// the given time. Versions are Singer's: a catalog of Airbyte numbers generations.
func (Airbyte) Frame(stream string, extracted time.Time, _ int64) Frame {
	before := append([]byte(`{"type":"RECORD","record":{"stream":`), raw.Quote(stream)...)
	after := strconv.AppendInt([]byte(`,"emitted_at":`), extracted.UnixMilli(), 10)
	return Frame{before: append(before, `,"data":`...), after: append(after, "}}\n"...), meta: len(after)}
}

// appendChanges appends what the meta of a record says of its values that
// became null.
func appendChanges(dst []byte, nulled []string) []byte {
	dst = append(dst, `,"meta":{"changes":[`...)
	for i, pointer := range nulled {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, `{"field":`...), raw.Quote(fieldAt(pointer))...)
		dst = append(dst, `,"change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}`...)
	}
	return append(dst, `]}`...)
}

// fieldAt is a JSON pointer in Airbyte's words: lines.0.price.
func fieldAt(pointer string) string {
	return strings.Join(raw.Steps(pointer), ".")
}

// DeletedAt is the field that says when a record was missed: a destination that
// keeps one record for each key deletes that one.
func (Airbyte) DeletedAt() string { return "_ab_cdc_deleted_at" }

// AppendSchema appends nothing: what records are like is in the catalog that
// discovery hands out.
func (Airbyte) AppendSchema(dst []byte, _ *Schema) []byte { return dst }

// AppendActivate appends nothing: the destination deletes what is of an earlier
// generation.
func (Airbyte) AppendActivate(dst []byte, _ string, _ int64) []byte { return dst }

// AppendState appends a STATE line for each stream that is covered anew.
func (Airbyte) AppendState(dst []byte, s *state.State, covered []Covered) []byte {
	for _, c := range covered {
		dst = append(append(dst, `{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":`...), descriptor(c.Stream)...)
		dst = s.AppendAirbyte(append(dst, `,"stream_state":`...), c.Stream)
		dst = strconv.AppendInt(append(dst, `},"sourceStats":{"recordCount":`...), c.Records, 10)
		dst = append(dst, ".0}}}\n"...) // a decimal point, says the protocol
	}
	return dst
}

func descriptor(stream string) []byte {
	return append(append([]byte(`{"name":`), raw.Quote(stream)...), '}')
}

// AppendNews appends the LOG lines that wait, then a TRACE line for each of the
// news.
func (a Airbyte) AppendNews(dst []byte, news ...News) []byte {
	if a.Log != nil {
		dst = a.Log.Take(dst)
	}
	for i := range news {
		dst = appendTrace(dst, &news[i])
	}
	return dst
}

// appendTrace appends the TRACE line of an event.
func appendTrace(dst []byte, n *News) []byte {
	kind := "STREAM_STATUS"
	switch n.Event {
	case Estimate:
		kind = "ESTIMATE"
	case Failed:
		kind = "ERROR"
	}
	dst = append(append(append(dst, `{"type":"TRACE","trace":{"type":"`...), kind...), `","emitted_at":`...)
	dst = append(strconv.AppendInt(dst, n.At.UnixMilli(), 10), ',')
	switch n.Event {
	case Estimate:
		dst = append(append(dst, `"estimate":{"type":"STREAM","name":`...), raw.Quote(n.Stream)...)
		dst = strconv.AppendInt(append(dst, `,"row_estimate":`...), n.Records, 10)
		dst = append(dst, '}')
	case Failed:
		dst = appendFailure(dst, n)
	default:
		dst = appendStatus(dst, n)
	}
	return append(dst, "}}\n"...)
}

func appendFailure(dst []byte, n *News) []byte {
	dst = append(append(dst, `"error":{"message":`...), raw.Quote(n.Failure.Message)...)
	dst = append(append(append(dst, `,"failure_type":"`...), n.Failure.Type...), '"')
	if n.Stream != "" {
		dst = append(append(dst, `,"stream_descriptor":`...), descriptor(n.Stream)...)
	}
	return append(dst, '}')
}

// statuses are Airbyte's words for the events that change a stream's status.
var statuses = map[Event]string{
	Started: "STARTED", Reading: "RUNNING", Limited: "RUNNING", Complete: "COMPLETE", Incomplete: "INCOMPLETE",
}

func appendStatus(dst []byte, n *News) []byte {
	dst = append(append(dst, `"stream_status":{"stream_descriptor":`...), descriptor(n.Stream)...)
	dst = append(append(append(dst, `,"status":"`...), statuses[n.Event]...), '"')
	if n.Event == Limited {
		dst = append(dst, `,"reasons":[{"type":"RATE_LIMITED","rate_limited":{"quota_reset":`...)
		dst = append(strconv.AppendInt(dst, n.Until.UnixMilli(), 10), `}}]`...)
	}
	return append(dst, '}')
}

// AppendAirbyteSpec appends a SPEC line. connection is the JSON Schema of the
// config, without line breaks.
func AppendAirbyteSpec(dst []byte, connection json.RawMessage) []byte {
	dst = append(dst, `{"type":"SPEC","spec":{"protocol_version":"0.2.0","supportsIncremental":true,"supported_destination_sync_modes":[],"connectionSpecification":`...)
	return append(append(dst, connection...), "}}\n"...)
}

// AppendAirbyteCatalog appends a CATALOG line. catalog has no line breaks.
func AppendAirbyteCatalog(dst []byte, catalog json.RawMessage) []byte {
	return append(append(append(dst, `{"type":"CATALOG","catalog":`...), catalog...), "}\n"...)
}

// AppendAirbyteCheck appends a CONNECTION_STATUS line. why says why the
// connection failed; "" is success.
func AppendAirbyteCheck(dst []byte, why string) []byte {
	if why == "" {
		return append(dst, `{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}`+"\n"...)
	}
	dst = append(append(dst, `{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":`...), raw.Quote(why)...)
	return append(dst, "}}\n"...)
}
