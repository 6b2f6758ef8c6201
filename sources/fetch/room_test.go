package fetch

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestRoom(t *testing.T) {
	r := NewRoom(10)
	a := r.try(30)
	if a == nil {
		t.Fatal("the first body finds no room")
	}
	if r.try(1) != nil {
		t.Error("there is room beside a body that takes all of it")
	}
	a.trim(6)
	b := r.try(4)
	if b == nil || r.try(1) != nil {
		t.Errorf("after one of 6 bytes, of 10: room for 4 is %v", b)
	}
	a.give()
	a.give()
	if r.taken != 4 {
		t.Errorf("%d bytes are taken, want 4", r.taken)
	}
	b.give()
	var none *share
	none.give()
	if (*Room)(nil).try(1<<40) == nil {
		t.Error("no room without a limit")
	}
}

// TestRoomWaits: who waits gets room before who comes later, and all of it when
// the run ends.
func TestRoomWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, closed := NewRoom(10), make(chan struct{})
		a := r.try(8)
		got := make(chan *share)
		for range 2 {
			go func() { got <- r.wait(context.Background(), closed, 10) }()
		}
		synctest.Wait()
		if r.try(1) != nil {
			t.Error("a body finds room before those that wait")
		}
		a.give()
		first := <-got
		synctest.Wait()
		select {
		case <-got:
			t.Error("both find room")
		default:
		}
		close(closed)
		second := <-got
		first.give()
		second.give()
		ctx, cancel := context.WithCancel(context.Background())
		b := r.try(10)
		go func() { got <- r.wait(ctx, make(chan struct{}), 1) }()
		synctest.Wait()
		cancel()
		if s := <-got; s != nil {
			t.Error("there is room after the end")
		}
		if b.give(); r.taken != 0 || r.waiting != 0 {
			t.Errorf("%d bytes are taken, %d wait", r.taken, r.waiting)
		}
	})
}
