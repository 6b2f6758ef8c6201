package body

import (
	"bytes"
	"testing"
)

// TestLongBodyKeepsNoMemory: of a body that stays in its file, the memory in which it
// began is not kept beside it, as long as it is read.
func TestLongBodyKeepsNoMemory(t *testing.T) {
	for _, tt := range []struct {
		name string
		size int
		long bool
	}{
		{"short, after all", 2 << 20, false},
		{"long", Max + 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewStore(MaxLong)
			wire := &Wire{In: bytes.NewReader(make([]byte, tt.size)), Idle: func() {}, Whole: func() {}}
			b, err := s.Receive(&Incoming{Wire: wire, Length: -1, Room: NewRoom(64 << 20), Begin: NewFile})
			if err != nil || b.Long() != tt.long {
				t.Fatalf("got a body that is long: %v, %v", b.Long(), err)
			}
			defer b.Release()
			if kept := len(s.texts) + len(s.wires); kept > 0 == tt.long {
				t.Errorf("the memory of %d bodies is kept", kept)
			}
		})
	}
}
