package tap

import "github.com/tap-rest/tap-rest/sources"

// waiting are the batches that come with the next flush.
type waiting struct {
	flush   sources.Flush
	memory  int64 // bytes of lines that may wait
	batches []*batch
	answers int // whole ones among them
	bytes   int64
}

func (w *waiting) none() bool { return len(w.batches) == 0 }

func (w *waiting) add(b *batch) {
	w.batches = append(w.batches, b)
	w.bytes += int64(len(b.schema) + len(b.lines.Records))
	if !b.lines.Partial {
		w.answers++
	}
}

// full reports whether one of the conditions of a flush is met.
func (w *waiting) full() bool {
	return w.flush.Responses > 0 && w.answers >= w.flush.Responses ||
		w.flush.Bytes > 0 && w.bytes >= w.flush.Bytes ||
		w.bytes >= w.memory
}

func (w *waiting) clear() {
	w.batches, w.answers, w.bytes = clean(w.batches), 0, 0
}
