package body

// keptBodies is how many bodies' memory a store keeps. A sync.Pool would lose it
// at every collection, and each body would be grown from nothing.
const keptBodies = 4

// Store lends the memory of bodies. It is used from any goroutine.
type Store struct {
	texts, wires pool  // those under layers are as long as each other, too
	longest      int64 // body that is taken, as it comes and decoded
}

// NewStore returns a store for bodies of up to so many bytes.
func NewStore(longest int64) *Store {
	return &Store{texts: make(pool, keptBodies), wires: make(pool, keptBodies), longest: longest}
}

// Empty is the body of an answer without one.
func (s *Store) Empty() *Body { return &Body{store: s} }

// pool keeps the memory of bodies for the next ones.
type pool chan []byte

// take returns memory for a body.
func (p pool) take() []byte {
	select {
	case body := <-p:
		return body[:0]
	default:
		return nil
	}
}

// give keeps a body's memory, unless it has none, or as much as wanted room.
func (p pool) give(body []byte) {
	if cap(body) == 0 || cap(body) > 2*InDoubt {
		return
	}
	select {
	case p <- body:
	default:
	}
}
