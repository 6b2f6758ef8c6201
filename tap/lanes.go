package tap

import (
	"errors"

	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/patience"
)

// entry is the lane as the run's turns see it.
func (l *lane) entry() limits.Lane {
	return limits.Lane{Group: l.pass.stream.Name, Client: l.pass.client, Depth: l.pass.depth, Single: l.complete, Next: l.start}
}

// start returns what walks the next partition, nil after the last.
func (l *lane) start() func(*limits.Turn) bool {
	p, err := l.draw()
	if err != nil {
		l.breaksOff(err)
		p = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p == nil {
		l.exhausted = true
		if err == nil && (l.pass.many || l.pass.over) {
			l.pass.run.flow.tell(&batch{track: l.pass.track, lane: l, issued: l.made})
		}
		l.overIfDone()
		return nil
	}
	l.made++
	l.active++
	return func(t *limits.Turn) bool {
		again := l.pass.run.flow.walk(p, t)
		if !again {
			l.ends()
			p.leftover.walked(1)
		}
		return again
	}
}

// draw returns the next partition of the lane. Those of contexts that failed for
// now come last.
func (l *lane) draw() (*part, error) {
	if err := l.pass.patience.End(); err != nil {
		return nil, err
	}
	for {
		p, err := l.next()
		switch {
		case err != nil:
			return nil, err
		case p != nil:
			p.lane = l
			if !l.pass.many || !l.pass.patience.Ill(p) {
				return p, nil
			}
			l.ill = append(l.ill, p)
		case len(l.ill) > 0:
			p, l.ill = l.ill[0], l.ill[1:]
			return p, nil
		default:
			return nil, nil
		}
	}
}

// breaksOff says why no more partitions come of the lane.
func (l *lane) breaksOff(err error) {
	err = logs.HideError(l.pass.run.Config.Hider, err)
	if silent := (*patience.NotAsked)(nil); !errors.As(err, &silent) || l.pass.patience.News(silent) {
		l.pass.run.Log.Error(logs.Unnamed(l.pass.stream.Name, err), "stream", l.pass.stream.Name)
	}
	l.pass.run.flow.tell(&batch{track: l.pass.track, lane: l, broken: err})
	if l.page == nil {
		l.pass.supply.leftovers.release()
	}
}
