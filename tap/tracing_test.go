package tap_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/tracing"
)

// toldTrace is what a tracer was told.
type toldTrace []string

func (l *toldTrace) Stream(name string) tracing.StreamTracer {
	*l = append(*l, "begins "+name)
	return l
}

func (l *toldTrace) Request(context.Context, *fetch.Trail) {}

func (l *toldTrace) Partition(ctx context.Context, _ tracing.Partition) (context.Context, func(error)) {
	return ctx, func(error) {}
}

func (l *toldTrace) End(status string, _ int64, failure error) {
	*l = append(*l, "ends "+status+" "+failure.Error())
}

// TestTracingBegins: a stream begins once and ends once, whatever comes later.
func TestTracingBegins(t *testing.T) {
	var got toldTrace
	var b tracing.Beginning
	b.End("early", 0, errors.New("of nothing"))
	if b.Begun() {
		t.Error("a stream has begun before a walk of it")
	}
	for range 2 {
		if follow := b.Begin(&got, "orders"); follow == nil {
			t.Error("nobody follows the stream")
		}
	}
	for range 2 {
		b.End("failed", 1, errors.New("why"))
	}
	if follow := b.Begin(&got, "orders"); follow != nil {
		t.Error("a stream that has ended is followed again")
	}
	if want := (toldTrace{"begins orders", "ends failed why"}); !slices.Equal(got, want) || !b.Begun() {
		t.Errorf("the tracer is told %q, want %q", got, want)
	}
	var nobody tracing.Beginning
	if nobody.Begin(nil, "orders") != nil || !nobody.Begun() {
		t.Error("without a tracer, a stream is followed, or has not begun")
	}
}
