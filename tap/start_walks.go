package tap

import (
	"context"
	"time"
)

// walkAll walks all partitions, some at a time, in their order. Those that
// failed for now are tried again when nothing else can go on. No more begin once
// noMore has ended.
func (f *flow) walkAll(noMore context.Context, passes []*pass) {
	defer close(f.batches)
	for _, p := range passes {
		f.run.turns.Lane(p.supply.top().entry())
	}
	f.run.turns.Run(noMore.Done())
	f.side.Wait()
}

// startWalks begins to walk all partitions, or those that walks lets through, and
// returns what comes of them. When stop ends, no more begin, and the requests under
// way are given some time before cancel ends what goes on in ctx.
func (r *run) startWalks(ctx, stop context.Context, cancel func(), passes []*pass, walks func(*part) bool) (batches <-chan *batch, end func()) {
	noMore, endWalks := context.WithCancel(ctx)
	unhook := context.AfterFunc(stop, func() {
		r.gate.Shut("it was told to stop")
		time.AfterFunc(inFlightGrace, cancel)
	})
	r.flow = &flow{run: r, ctx: ctx, batches: make(chan *batch), walks: walks}
	go r.flow.watchGate(endWalks)
	go r.flow.walkAll(noMore, passes)
	go r.journal.KeepSynced(ctx.Done())
	return r.flow.batches, func() {
		unhook()
		endWalks()
	}
}

// watchGate lets in what waits for room when the gate is shut, and lets no more
// walks begin.
func (f *flow) watchGate(endWalks func()) {
	select {
	case <-f.run.gate.Closed():
		f.run.spool.Wake()
		endWalks()
	case <-f.ctx.Done():
	}
}

// inFlightGrace is how long requests under way may take once the run is told to
// stop.
const inFlightGrace = 5 * time.Second
