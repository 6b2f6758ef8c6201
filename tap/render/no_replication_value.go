package render

import "log/slog"

// missingValues are the records that have no replication value: null, or no such
// field. They never move the bookmark, and most filters by time leave them out.
type missingValues struct {
	count int64
	first string // the first record of them
}

// note counts a record without a replication value.
func (u *missingValues) note(record []byte, keys []string) {
	if u.count++; u.first == "" {
		u.first = keyText(record, keys)
	}
}

// keySeen warns at the end of a walk of records without the replication key.
// Where no record had it, the bookmark will never move, and every run reads
// everything.
func (h *height) keySeen(log *slog.Logger, rendered int64) {
	if h.stream.ReplicationKey == "" || !h.stream.Clock.Mark().IsZero() {
		return
	}
	switch known := h.high.Value() != nil || h.future.count > 0; {
	case !known && rendered > 0:
		log.Warn("no record has the replication key: the bookmark does not move, and every run reads everything. "+
			"It is a field of the top level; add can make one of a field further in", "stream", h.stream.Name, "replication_key", h.stream.ReplicationKey)
	case known && h.missing.count > 0:
		log.Warn("records whose replication key is null or missing were emitted among others that have one: they do not move the bookmark, "+
			"and an API that filters by this field leaves them out of every later sync. Take a field that each record has, "+
			"or make one with add (\"{{ record.updated_at or record.created_at }}\"), or leave incremental out to read everything",
			"stream", h.stream.Name, "replication_key", h.stream.ReplicationKey, "records", h.missing.count, "first", h.missing.first)
	}
}
