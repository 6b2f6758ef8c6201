package tap

import (
	"fmt"
	"time"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/rows"
)

// markSize is from how many bytes on lines of marks are written.
const markSize = 1 << 16

// markGone marks, in each stream that was read to its end, the keys that are gone.
func (e *emitter) markGone() error {
	for _, t := range e.bookmarks.over {
		n := t.pass.kept.noted
		if n == nil || !t.stream.MarksDeleted() {
			continue
		}
		if t.parts != nil {
			t.parts.save(t)
		}
		if why := t.unknown(n.Lacks()); why != "" {
			e.display.Log.Warn("no record of the stream is marked as deleted, since what is gone is not known: a later run that reads all of it marks what is gone then",
				"stream", t.stream.Name, "why", why)
			continue
		}
		if err := e.mark(t); err != nil {
			return err
		}
	}
	return nil
}

// mark marks the keys of a stream that are gone. Its error is one of writing.
func (e *emitter) mark(t *track) error {
	gone, err := t.pass.kept.noted.Gone()
	if err != nil {
		e.display.Log.Error(logs.Unnamed(t.stream.Name, err), "stream", t.stream.Name)
		t.account.Fail(err)
		t.fails(err)
		return nil
	}
	if gone.Count > 0 {
		if err := e.writeMarks(t, gone); err != nil {
			return err
		}
	}
	if err := gone.Take(); err != nil {
		e.display.Log.Warn("which records were marked as deleted could not be kept in the work folder: a target that comes back with an older state keeps them",
			"stream", t.stream.Name, "dir", t.pass.kept.noted.Dir, "why", err.Error())
	}
	return nil
}

// writeMarks writes a record for each key that is gone: the key, and when it was
// missed.
func (e *emitter) writeMarks(t *track, gone *rows.Gone) error {
	now := time.Now().UTC()
	frame := e.herald.protocol.Frame(t.stream.Name, now, t.table.version)
	field := append(append([]byte{','}, raw.Quote(e.herald.protocol.DeletedAt())...), ':')
	field = append(append(field, raw.Quote(now.Format("2006-01-02T15:04:05.000000Z"))...), '}')
	e.line = e.appendSchema(e.line[:0], t)
	write := func() error {
		err := e.out.Write(e.line)
		e.states.Wrote(len(e.line))
		e.line = e.line[:0]
		return err
	}
	err := gone.Each(func(key []byte) error {
		e.line = append(append(frame.Open(e.line), key[:len(key)-1]...), field...)
		e.line = frame.Close(e.line, nil)
		if len(e.line) < markSize {
			return nil
		}
		return write()
	})
	if err == nil {
		err = write()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.stream.Name, err)
	}
	t.uncovered += gone.Count
	t.account.Written += gone.Count
	t.account.Counts[report.MarkedDeleted] += gone.Count
	return nil
}
