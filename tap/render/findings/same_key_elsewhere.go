package findings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/twins"
)

const oddElsewhere = "the primary key came twice in this pass, in two partitions and with different content, and targets keep the last of them alone: " +
	"a key that is unique only within its parent or account needs that one's key beside it in primary_key; " +
	"if it is unique in all of them, the same record came with another content"

// meeting is what a walk knows of the other walks of its stream.
type meeting struct {
	stream  *plan.Stream
	context plan.Context
	all     *Stream
	began   time.Time // when the first page of a walk came
}

// justNow is how long before the first page a record may have been changed for it
// to have been in another partition when that was read: clocks differ.
const justNow = 5 * time.Minute

// Join makes the walk one of many.
func (o *Finder) Join(one *plan.Reading, all *Stream) {
	if len(one.Stream.Keys) == 0 {
		return
	}
	o.meet = &meeting{stream: one.Stream, context: one.Part.Context, all: all}
	o.twins.Join(&all.keys, twins.Walk{Context: one.Part.Context.Hash, Key: one.Part.Key})
}

// begins says when a page came.
func (m *meeting) begins(at time.Time) {
	if m != nil && m.began.IsZero() {
		m.began = m.all.firstPage(at)
	}
}

// firstPage is when the first page of all walks came, where one came now.
func (f *Stream) firstPage(now time.Time) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.began.IsZero() || now.Before(f.began) {
		f.began = now
	}
	return f.began
}

// changed reports whether a record has a replication value by which it may have
// moved from one partition to another while they were read.
func (m *meeting) changed(value []byte) bool {
	if len(value) == 0 || value[0] == 'n' {
		return false
	}
	at, ok := m.stream.Clock.Order.Instant(value)
	return ok && at.After(m.began.Add(-justNow))
}

// explain says in which partition a record came, and how to write a key that tells
// it from those of the others.
func (m *meeting) explain(record []byte) []any {
	return []any{"partition", string(Clip(m.context.Text)), "write", parentsInKey(m.stream, record, m.context.Text)}
}

// parentsInKey is what to write for primary_key to have the values of the partition:
// those that records do not have yet are added.
func parentsInKey(s *plan.Stream, record, context []byte) string {
	var add, keys []string
	decoder := json.NewDecoder(bytes.NewReader(context))
	_, _ = decoder.Token() // it is an object of ours
	for decoder.More() {
		name, _ := decoder.Token()
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
		key := fmt.Sprint(name)
		if field := raw.Text(record).Field(key); !bytes.Equal(field, value) {
			if field != nil {
				key = "partition_" + key
			}
			add = append(add, fmt.Sprintf("%s: %q", key, "{{ partition."+fmt.Sprint(name)+" }}"))
		}
		if slices.Contains(s.Keys, key) {
			continue
		}
		keys = append(keys, key)
	}
	text := "primary_key: [" + strings.Join(append(keys, s.Keys...), ", ") + "]"
	if len(add) > 0 {
		text = "add: {" + strings.Join(add, ", ") + "} and " + text
	}
	return text
}
