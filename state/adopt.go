package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// adopt takes over what other taps wrote.
func (b *Bookmark) adopt(raw json.RawMessage, w *written, replicationKey string) error {
	if b.Value == nil && replicationKey != "" && b.ReplicationKey == "" {
		all, err := members(raw)
		if err != nil {
			return err
		}
		if value := member(all, replicationKey); value != nil {
			b.ReplicationKey, b.Value = replicationKey, value
		} else if err := b.adoptCursors(all, replicationKey); err != nil {
			return err
		}
	}
	if err := scalar(b.Value); err != nil {
		return fmt.Errorf("replication_key_value: %w", err)
	}
	return b.adoptPartitions(w)
}

// member returns what stands under a name, nil where nothing does.
func member(all []entry, name string) json.RawMessage {
	for _, e := range all {
		if e.name == name {
			return present(e.raw)
		}
	}
	return nil
}

// partitionSDK is how far the Singer SDK read a context.
type partitionSDK struct {
	Context json.RawMessage `json:"context"`
	Value   json.RawMessage `json:"replication_key_value"`
}

// adoptPartitions takes the least value of an SDK state's partitions: nothing
// before it is missing in any of them. One without a value was never read.
func (b *Bookmark) adoptPartitions(w *written) error {
	if b.Value != nil {
		return nil
	}
	read := make([]contextRead, len(w.Partitions))
	for i, p := range w.Partitions {
		read[i] = contextRead{fmt.Sprintf("partitions[%d].replication_key_value", i), p.Context, present(p.Value)}
	}
	return b.adoptContexts(read)
}

// contextRead is up to where a context was read.
type contextRead struct {
	place   string
	context json.RawMessage
	value   json.RawMessage // nil: it was not
}

// adoptContexts takes the least value, and the contexts that it holds for; none
// where one of them has none.
func (b *Bookmark) adoptContexts(all []contextRead) error {
	var least json.RawMessage
	var contexts Contexts
	for _, one := range all {
		if one.value == nil {
			return nil
		}
		if err := scalar(one.value); err != nil {
			return fmt.Errorf("%s: %w", one.place, err)
		}
		if least == nil {
			least = one.value
		} else if c, err := (Order{}).Compare(one.value, least); err != nil {
			return fmt.Errorf("%s: %w", one.place, err)
		} else if c < 0 {
			least = one.value
		}
		if text := contextText(one.context); text != nil {
			contexts = append(contexts, HashContext(text))
		}
	}
	slices.Sort(contexts)
	b.Value, b.Contexts = least, slices.Compact(contexts)
	return nil
}

// contextText is a context as JSON without blanks, nil where there is none. In
// Airbyte's, those of parents stand inside, and come first.
func contextText(raw json.RawMessage) []byte {
	all, err := contextMembers(raw)
	if err != nil || len(all) == 0 {
		return nil
	}
	return objectOf(all)
}

// objectOf is an object with these members.
func objectOf(all []entry) []byte {
	text := []byte("{")
	for i, e := range all {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendMember(text, e)
	}
	return append(text, '}')
}

const parentSlice = "parent_slice"

func contextMembers(raw json.RawMessage) ([]entry, error) {
	if null(raw) {
		return nil, nil
	}
	all, err := members(raw)
	if err != nil {
		return nil, err
	}
	parents, err := contextMembers(member(all, parentSlice))
	if err != nil {
		return nil, err
	}
	return append(parents, slices.DeleteFunc(all, func(e entry) bool { return e.name == parentSlice })...), nil
}

// cursorsAirbyte is what Airbyte's declarative connectors write of a stream with
// partitions.
type cursorsAirbyte struct {
	Global   bool            `json:"use_global_cursor"`
	State    json.RawMessage `json:"state"`           // the cursor of all
	Lookback float64         `json:"lookback_window"` // in seconds: from when on others may have been read
	States   []struct {
		Partition json.RawMessage `json:"partition"`
		Cursor    json.RawMessage `json:"cursor"`
	} `json:"states"`
}

// adoptCursors takes what Airbyte's declarative connectors wrote of partitions:
// the global cursor where that is the one in use, else the least one.
func (b *Bookmark) adoptCursors(all []entry, replicationKey string) error {
	if member(all, "use_global_cursor") == nil && member(all, "states") == nil {
		return nil
	}
	var w cursorsAirbyte
	if err := json.Unmarshal(objectOf(all), &w); err != nil {
		return fmt.Errorf("a state with partitions, as Airbyte's declarative connectors write it: %s", shapeMsg(err))
	}
	var read []contextRead
	if w.Global && !null(w.State) {
		cursor := contextRead{place: "state." + replicationKey, value: cursorOf(w.State, replicationKey)}
		if cursor.value == nil {
			return fmt.Errorf("state: it has no %q, the replication key of the stream: another field was its cursor; clear the stream's state to read it anew", replicationKey)
		}
		cursor.value = earlier(cursor.value, time.Duration(w.Lookback*float64(time.Second)))
		read = append(read, cursor)
	}
	for i, s := range w.States {
		one := contextRead{fmt.Sprintf("states[%d].cursor.%s", i, replicationKey), s.Partition, cursorOf(s.Cursor, replicationKey)}
		if len(read) > 0 && w.Global {
			one.value = read[0].value // it holds for all of them
		}
		read = append(read, one)
	}
	b.ReplicationKey = replicationKey
	return b.adoptContexts(read)
}

// cursorOf returns the value of a cursor, nil where it has none.
func cursorOf(raw json.RawMessage, replicationKey string) json.RawMessage {
	all, err := members(bytes.TrimSpace(raw))
	if err != nil {
		return nil
	}
	return member(all, replicationKey)
}

// earlier is a time so much before, as it is written; what is no time stays.
func earlier(value json.RawMessage, by time.Duration) json.RawMessage {
	order := Order{}
	at, ok := order.Instant(value)
	if !ok || by <= 0 {
		return value
	}
	return order.Times.Like(at.Add(-by), value)
}
