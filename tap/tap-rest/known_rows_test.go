//go:build linux

package main_test

import (
	"maps"
	"testing"
)

// knownRowsMemory is what a run may take that knows a million rows of earlier ones.
const knownRowsMemory = 64 << 20

// sinceEver are the keys of a stream whose lookback has all its rows.
var sinceEver = map[string]any{
	"replication_key": "updated_at", "incremental": map[string]any{"start": "2020-01-01", "lookback": "9000d"},
	"params": map[string]any{"limit": figurePage, "from": "{{ window.start }}"},
}

// with returns keys with one more.
func with(keys map[string]any, key string, value any) map[string]any {
	all := map[string]any{key: value}
	maps.Copy(all, keys)
	return all
}

// knownRows are the runs of a stream with one of the keys that know rows, each
// after the other with the state of the one before, and how many records leave.
var knownRows = []struct {
	key          string
	keys         map[string]any
	without      map[string]any
	then, leaves func(n int) int // rows of the second run; records that leave then
}{
	{"on_delete", map[string]any{"on_delete": "mark"}, nil,
		func(n int) int { return n - n/10 }, func(n int) int { return n }}, // the marks, too
	{"skip_unchanged", with(sinceEver, "skip_unchanged", true), sinceEver,
		func(n int) int { return n }, func(int) int { return -1 }}, // none
}

// TestKnownRowsMemory: what a run knows of the rows of earlier ones stays on disk.
func TestKnownRowsMemory(t *testing.T) {
	n := chooseOf(25_000, 50_000, 100_000)
	for _, k := range knownRows {
		t.Run(k.key, func(t *testing.T) {
			f := figure{records: n, keys: k.keys, home: t.TempDir()}
			first := figureRun(t, f)
			f.state, f.records, f.leaves = first.state, k.then(n), k.leaves(n)
			second := figureRun(t, f)
			if most := max(first.peak, second.peak); most > knownRowsMemory {
				t.Errorf("peak memory is %.1f MB, more than %d", float64(most)/1e6, knownRowsMemory>>20)
			}
		})
	}
}

// BenchmarkKnownRows reports, of a million rows, the peak memory of the first run
// and of the one after it, and how much processor time each takes as a ratio to one
// without the key. The bound of memory is 64 MB.
func BenchmarkKnownRows(b *testing.B) {
	const n = 1_000_000
	for _, k := range knownRows {
		b.Run(k.key, func(b *testing.B) {
			for b.Loop() {
				bare := figureRun(b, figure{records: n, keys: k.without})
				f := figure{records: n, keys: k.keys, home: b.TempDir()}
				first := figureRun(b, f)
				f.state, f.records, f.leaves = first.state, k.then(n), k.leaves(n)
				second := figureRun(b, f)
				b.ReportMetric(float64(first.peak)/1e6, "MB")
				b.ReportMetric(float64(second.peak)/1e6, "MB-then")
				b.ReportMetric(float64(first.cpu)/float64(bare.cpu), "of-bare")
				b.ReportMetric(float64(second.cpu)/float64(bare.cpu), "of-bare-then")
			}
		})
	}
}
