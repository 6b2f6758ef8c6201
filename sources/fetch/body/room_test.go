package body

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestRoom(t *testing.T) {
	r := NewRoom(10)
	a := r.Try(30)
	if a == nil {
		t.Fatal("the first body finds no room")
	}
	if r.Try(1) != nil {
		t.Error("there is room beside a body that takes all of it")
	}
	a.trim(6)
	b := r.Try(4)
	if b == nil || r.Try(1) != nil {
		t.Errorf("after one of 6 bytes, of 10: room for 4 is %v", b)
	}
	a.Give()
	a.Give()
	if r.taken != 4 {
		t.Errorf("%d bytes are taken, want 4", r.taken)
	}
	b.Give()
	var none *Share
	none.Give()
	if (*Room)(nil).Try(1<<40) == nil {
		t.Error("no room without a limit")
	}
}

// TestRoomWaits: who waits gets room before who comes later, and all of it when
// the run ends.
func TestRoomWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, closed := NewRoom(10), make(chan struct{})
		a := r.Try(8)
		got := make(chan *Share)
		for range 2 {
			go func() { got <- r.Wait(context.Background(), closed, 10) }()
		}
		synctest.Wait()
		if r.Try(1) != nil {
			t.Error("a body finds room before those that wait")
		}
		a.Give()
		first := <-got
		synctest.Wait()
		select {
		case <-got:
			t.Error("both find room")
		default:
		}
		close(closed)
		second := <-got
		first.Give()
		second.Give()
		ctx, cancel := context.WithCancel(context.Background())
		b := r.Try(10)
		go func() { got <- r.Wait(ctx, make(chan struct{}), 1) }()
		synctest.Wait()
		cancel()
		if s := <-got; s != nil {
			t.Error("there is room after the end")
		}
		if b.Give(); r.taken != 0 || r.waiting != 0 {
			t.Errorf("%d bytes are taken, %d wait", r.taken, r.waiting)
		}
	})
}
