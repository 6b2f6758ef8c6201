package body

import (
	"bytes"
	"errors"

	"github.com/tap-rest/tap-rest/sources/fetch/decode"
)

// Stored is a body that lies in the journal.
type Stored struct {
	Place
	Layers Layers
	Size   int64
	Append func(buf []byte) ([]byte, error) // appends all of it
	Whole  bool                             // it was short once, and is read into memory whatever its size
}

// Recall reads a body back, as if it had just come. share is the room that it
// has already, nil for none. It is to be released, also after an error.
func (s *Store) Recall(in *Stored, room *Room, share *Share) (*Body, error) {
	b := &Body{store: s, layers: in.Layers, share: share}
	err := b.recall(in, room)
	if err == nil {
		b.share.trim(b.Held())
	}
	return b, err
}

func (b *Body) recall(in *Stored, room *Room) error {
	short := in.Size <= Max || in.Whole
	if short && in.Size > InDoubt && b.share == nil {
		b.share = room.Try(in.Size)
		short = b.share != nil || in.Whole
	}
	if !short {
		b.stay(in.Place)
		return nil
	}
	raw, err := in.Append(b.store.wires.take())
	if err != nil || b.layers.none() {
		b.Text = raw
		return err
	}
	b.wire = raw
	if err = b.expand(room, false); errors.Is(err, ErrTooLarge) {
		b.stay(in.Place)
		err = nil
	}
	b.store.wires.give(b.wire)
	b.wire = nil
	return err
}

// Show returns a body from memory decoded, where it is not over Max.
func Show(wire []byte, l Layers) ([]byte, error) {
	if l.none() {
		return wire, nil
	}
	return Decode(nil, bytes.NewReader(wire), l)
}

// Text returns a body from memory decoded, where that has no more than so many bytes, and
// what reading it showed of it.
func Text(wire []byte, l Layers, most int) ([]byte, decode.Seen, error) {
	in := bytes.NewReader(wire)
	d, err := l.open(in, in)
	if err != nil {
		return nil, l.seen(), err
	}
	defer d.close()
	text, err := readAll(nil, d, most)
	return text, l.seen(), err
}
