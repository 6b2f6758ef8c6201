package pace

import (
	"context"
	"time"
)

// Turn is what a walk has while it goes on, and gives up while it waits, so that
// another walk may go on meanwhile. A walk calls it from its goroutine.
type Turn interface {
	// Leave is called before a wait of so long. alone says that the walk waits
	// by itself: else its whole client does.
	Leave(wait time.Duration, alone bool)
	// Return is called after a wait, unless it ended because the run is
	// stopping. It returns when the walk may go on, or ctx has ended.
	Return(ctx context.Context)
}

type turnKey struct{}

// WithTurn returns a context whose walk has a turn.
func WithTurn(ctx context.Context, t Turn) context.Context {
	return context.WithValue(ctx, turnKey{}, t)
}

// WithoutTurn returns a context whose walk has no turn to give up.
func WithoutTurn(ctx context.Context) context.Context { return WithTurn(ctx, noTurn{}) }

// noTurn is the turn of a walk that nobody waits for.
type noTurn struct{}

func (noTurn) Leave(time.Duration, bool) {}
func (noTurn) Return(context.Context)    {}

// TurnOf returns the turn of the walk of a context.
func TurnOf(ctx context.Context) Turn {
	if t, ok := ctx.Value(turnKey{}).(Turn); ok {
		return t
	}
	return noTurn{}
}
