package xml

// way is the path to the records, and how far the open elements are on it.
type way struct {
	path     []string  // nil: the document is made as a whole
	depth    int       // of the element that is open
	stations []station // the open elements on the path, and the document itself
}

// station is an open element on the way to the records.
type station struct {
	self   int32 // in beside
	passed bool  // the next one on the way was in it
}

// last is the innermost of the open elements on the way.
func (w *way) last() *station { return &w.stations[len(w.stations)-1] }

// leadsTo reports whether an element is the next one on the way to the records.
func (w *way) leadsTo(name string) bool {
	return w.depth == len(w.stations)-1 && w.depth < len(w.path) && w.path[w.depth] == name
}

// holdsAnother reports whether the open element holds another one that is in no tree.
func (w *way) holdsAnother() bool {
	return w.depth == len(w.stations)-1 && w.stations[w.depth].passed
}
