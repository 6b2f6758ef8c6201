package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// stateMessage is one of Airbyte's STATE messages, or what stands in one under
// state. Orchestrators write null for what is absent.
type stateMessage struct {
	Type   string          `json:"type"`
	State  json.RawMessage `json:"state"` // where it is a whole line
	Data   json.RawMessage `json:"data"`  // LEGACY
	Global json.RawMessage `json:"global"`
	Stream *struct {
		Descriptor struct {
			Name string `json:"name"`
		} `json:"stream_descriptor"`
		State json.RawMessage `json:"stream_state"`
	} `json:"stream"`
}

// ParseAirbyte reads a state as Airbyte hands it back: an array of STATE
// messages of type STREAM, of which the last one of each stream counts. What
// stands for no state is an empty array, an empty object, or null. Errors are
// of type *Error.
func ParseAirbyte(file string, data []byte) (*State, error) {
	s := &State{strict: true}
	if text := bytes.TrimSpace(data); string(text) == "{}" || string(text) == "null" {
		return s, nil
	}
	var all []json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, &Error{File: file, Msg: notAirbyte(data, err)}
	}
	for i, raw := range all {
		if err := s.addMessage(file, fmt.Sprintf("[%d]", i), raw); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// airbyteWayOut is what to do about a state that is none of Airbyte's.
const airbyteWayOut = "; give the STATE messages of the last run as an array, or leave --state out to read everything anew"

// notAirbyte says why a document is no array of messages.
func notAirbyte(data []byte, err error) string {
	document, objectErr := members(data)
	var wrong *json.UnmarshalTypeError
	switch {
	case objectErr != nil && errors.As(err, &wrong):
		return "expected an array of STATE messages, got " + wrong.Value + airbyteWayOut
	case objectErr == nil && recognise(document) == nil:
		return "this is a Singer state: a run without the word read takes it" + airbyteWayOut
	case objectErr == nil:
		return "expected an array of STATE messages, got one object" + airbyteWayOut
	}
	return syntax(data, err)
}

func (s *State) addMessage(file, place string, raw json.RawMessage) error {
	var m stateMessage
	fail := func(format string, args ...any) error {
		return &Error{File: file, Place: place, Msg: fmt.Sprintf(format, args...) + airbyteWayOut}
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return fail("no STATE message: %s", shapeMsg(err))
	}
	if m.Type == "STATE" && !null(m.State) {
		return s.addMessage(file, place+".state", m.State)
	}
	switch {
	case m.Stream == nil && null(m.Global) && (null(m.Data) || string(bytes.TrimSpace(m.Data)) == "{}"):
		if m.Type != "LEGACY" {
			return fail("no STATE message of a stream: it has no \"stream\"")
		}
		return nil // and empty: the first run's
	case m.Stream == nil:
		return fail("a state of type %s: this source writes one of type STREAM for each stream", m.Type)
	case m.Stream.Descriptor.Name == "":
		return fail("stream.stream_descriptor has no name")
	}
	name := m.Stream.Descriptor.Name
	if null(m.Stream.State) {
		s.streams = slices.DeleteFunc(s.streams, func(e entry) bool { return e.name == name })
		return nil
	}
	s.streams = put(s.streams, entry{name, m.Stream.State})
	_, err := s.bookmark(file, name, "") // what is wrong whatever the stream is
	return err
}

// recogniseBlob refuses a stream's state of which nothing is understood, now
// that its replication key is known: it must not be taken for none.
func recogniseBlob(raw json.RawMessage, b *Bookmark) error {
	if b.ReplicationKey != "" || b.Value != nil || b.Pass != nil || b.Resume != nil {
		return nil
	}
	all, err := members(raw)
	if err != nil || len(all) == 0 {
		return err
	}
	for _, e := range all {
		switch e.name {
		case "replication_key", "replication_key_value", "pass", "resume":
			return nil
		}
	}
	return fmt.Errorf("%q is no key of a stream's state: another connector wrote it; "+
		"clear the stream's state to read it anew", all[0].name)
}

// AppendAirbyte appends what a STATE message says of a stream: its bookmark, as
// one line; null if it has none.
func (s *State) AppendAirbyte(dst []byte, stream string) []byte {
	raw, known := s.raw(stream)
	if !known {
		return append(dst, "null"...)
	}
	return entry{stream, raw}.appendCompact(dst)
}

// AppendAirbyteArray appends the state of all streams as Airbyte hands it back.
func (s *State) AppendAirbyteArray(dst []byte) []byte {
	dst = append(dst, '[')
	for i, e := range s.streams {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"type":"STREAM","stream":{"stream_descriptor":{"name":`...)
		dst = append(dst, raw.Quote(e.name)...)
		dst = append(dst, `},"stream_state":`...)
		dst = append(e.appendCompact(dst), '}', '}')
	}
	return append(dst, ']')
}
