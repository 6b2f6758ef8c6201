package tap

import "github.com/tap-rest/tap-rest/sources/fetch"

// tellDoubts logs why the end of a walk is in doubt, and what else a person
// should know of it.
func (w *worker) tellDoubts(page *fetch.Page) {
	for _, d := range page.Doubts {
		w.run.Log.Warn("the stream may not be complete: the last answer contradicts its end", "stream", w.Name,
			"request", page.Request, "key", d.Key, "value", d.Value, "write", d.Advice)
	}
	for _, text := range page.Remarks {
		w.run.Log.Warn(text, "stream", w.Name, "request", page.Request)
	}
}
