package body

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// Incoming is a body that comes off the wire.
type Incoming struct {
	Wire    *Wire
	Length  int64 // that its headers say, or -1
	Layers  Layers
	Refused bool // the answer says no: its beginning is enough
	Room    *Room
	Begin   func() (File, error) // of a file, where the body is too long for memory
	Part    *Part                // that came before: what comes is the rest; nil: it is all
}

// Part is the beginning of a body that broke off.
type Part struct {
	File File
	Size int64 // bytes
}

// Receive reads a body into memory, or into a file where it is too long for
// that. Where the error says that it is not whole, the body is as far as it came;
// it is to be released all the same.
func (s *Store) Receive(in *Incoming) (*Body, error) {
	b := &Body{store: s, layers: in.Layers}
	return b, b.receive(in)
}

func (b *Body) receive(in *Incoming) error {
	if in.Part != nil {
		b.place = in.Part.File
		if err := b.spill(in.Part.File, make([]byte, 0, 64<<10), in); err != nil {
			return err
		}
		return b.settle(in.Part.Size+in.Wire.N, in.Room)
	}
	memory := b.store.wires
	if b.layers.none() {
		memory = b.store.texts
	}
	known := in.Length >= 0 && in.Length <= Max && b.layers.none()
	if known && in.Length > InDoubt && !in.Refused {
		b.share = in.Room.Try(in.Length)
	}
	if in.Refused || b.share != nil {
		raw := memory.take()
		if known {
			raw = slices.Grow(raw, int(in.Length)+1)
		}
		raw, err := readAll(raw, in.Wire, Max)
		return b.decode(raw, err, in.Room, in.Refused)
	}
	raw, err := readAll(memory.take(), in.Wire, InDoubt)
	if !errors.Is(err, ErrTooLarge) {
		return b.decode(raw, err, in.Room, false)
	}
	file, err := in.Begin()
	if err != nil { // it may be short all the same
		raw, readErr := readAll(raw, in.Wire, Max)
		if errors.Is(readErr, ErrTooLarge) {
			return &DiskError{err}
		}
		return b.decode(raw, readErr, in.Room, false)
	}
	b.place = file
	if err := b.spill(file, raw, in); err != nil {
		return err
	}
	if in.Wire.N <= Max { // else it would lie there as long as the file is read
		memory.give(raw)
	}
	return b.settle(in.Wire.N, in.Room)
}

// decode makes what was read of a body, up to an error, its text. Of an answer
// that says no it may be the beginning.
func (b *Body) decode(raw []byte, err error, room *Room, refused bool) error {
	cut := refused && errors.Is(err, ErrTooLarge)
	if cut {
		raw, err = raw[:Max], nil
	}
	if err != nil || b.layers.none() {
		b.Text = raw
		return err
	}
	b.wire = raw
	err = b.expand(room, refused)
	switch {
	case cut, refused && errors.Is(err, ErrTooLarge):
		b.Text = b.Text[:min(len(b.Text), Max)]
		return nil
	case errors.Is(err, ErrTooLarge):
		b.short = b.share == nil
		b.stay(inMemory(raw))
		return nil
	}
	b.share.trim(int64(cap(b.wire) + cap(b.Text)))
	return err
}

// expand decodes a body whose wire is in memory: as far as there is room for it,
// whatever the room where it was refused.
func (b *Body) expand(room *Room, refused bool) error {
	wire := bytes.NewReader(b.wire)
	d, err := b.layers.open(wire, wire)
	if err != nil {
		return err
	}
	defer d.close()
	b.Text, err = readAll(b.store.texts.take(), d, InDoubt)
	if !errors.Is(err, ErrTooLarge) {
		return err
	}
	if b.share == nil && !refused {
		b.share = room.Try(Max)
	}
	if b.share != nil || refused {
		b.Text, err = readAll(b.Text, d, Max)
	}
	return err
}

// stay makes a body long that was to be taken into memory.
func (b *Body) stay(at Place) {
	b.store.texts.give(b.Text)
	b.Text, b.place = nil, at
	b.share.Give()
}

// spill writes a body to its file: what was read of it, and the rest as it
// comes.
func (b *Body) spill(file File, raw []byte, in *Incoming) error {
	wire, before := in.Wire, int64(0)
	if in.Part != nil {
		before = in.Part.Size
	}
	for {
		if _, err := file.Write(raw); err != nil {
			return &DiskError{err}
		}
		n, err := wire.Read(raw[:cap(raw)])
		if raw = raw[:n]; before+wire.N > b.longest() {
			return ErrTooLong
		}
		if err == nil {
			continue
		}
		if _, err := file.Write(raw); err != nil {
			return &DiskError{err}
		}
		if !errors.Is(err, io.EOF) {
			b.broken = &Part{file, before + wire.N}
			return err
		}
		return nil
	}
}

// Broken returns what came of a long body that broke off, and hands its file over; nil
// for any other.
func (b *Body) Broken() *Part {
	p := b.broken
	if p != nil {
		b.place, b.broken = nil, nil
	}
	return p
}

// settle takes a body of so many bytes from its file into memory, where it turns
// out to be short and there is room.
func (b *Body) settle(size int64, room *Room) error {
	if size > Max {
		return nil
	}
	if f, ok := b.place.(interface{ Lasts() bool }); ok && f.Lasts() { // it is not lost before it is kept
		b.doubted = true
		return nil
	}
	if b.short = b.layers.none() || !b.decodesLong(); !b.short {
		return nil
	}
	if !b.layers.none() {
		size += Max // of its text
	}
	share := room.Try(size)
	if share == nil {
		return nil
	}
	return b.TakeIn(share)
}

// decodesLong reports whether the text is longer than what is read into memory.
// Of a body that cannot be decoded nobody knows.
func (b *Body) decodesLong() bool {
	r, err := b.Open(nil)
	if err != nil {
		return false
	}
	defer r.Close()
	n, _ := io.Copy(io.Discard, io.LimitReader(r, Max+1)) // why not comes again
	return n > Max
}

// TakeIn takes a short body into memory, for which a room has this share.
func (b *Body) TakeIn(share *Share) error {
	b.share = share
	wire, err := b.place.Open()
	if err != nil {
		return &DiskError{err}
	}
	defer wire.Close()
	raw, err := readAll(b.store.wires.take(), wire, Max)
	if err != nil {
		return &DiskError{err}
	}
	if file, ok := b.place.(File); ok {
		file.Discard()
	}
	b.place = nil
	return b.decode(raw, nil, nil, false)
}
