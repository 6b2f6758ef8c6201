package definition

import (
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// ReadRun reads the options of a run, the value of the key "run" of a config;
// nil for none.
func ReadRun(n *document.Node) (sources.Run, document.Problems) {
	run := sources.DefaultRun()
	if n == nil {
		return run, nil
	}
	r := &reader{Document: &document.Document{}}
	n.Read = r.object(n, key{name: "run", kind: aMap, of: runObject})
	if len(r.Problems) > 0 {
		return run, r.Problems
	}
	flush := n.Get("flush")
	run.Flush.Responses = int(document.ValueOr(flush, "responses", int64(run.Flush.Responses)))
	run.Flush.Interval = document.ValueOr(flush, "interval", run.Flush.Interval)
	run.Flush.Bytes = document.ValueOr(flush, "bytes", run.Flush.Bytes)
	run.Concurrency = int(document.ValueOr(n, "concurrency", int64(run.Concurrency)))
	run.Memory = document.ValueOr(n, "memory", run.Memory)
	run.Spool = document.ValueOr(n, "spool", run.Spool)
	journal := n.Get("journal")
	run.Journal.Dir = document.Value[string](journal, "dir")
	run.Journal.MaxAge = document.ValueOr(journal, "max_age", run.Journal.MaxAge)
	run.Journal.MaxBytes = document.ValueOr(journal, "max_bytes", run.Journal.MaxBytes)
	run.Journal.Off = document.Value[bool](journal, "off")
	run.Journal.Identity = document.Value[string](journal, "identity")
	run.MaxDuration = document.Value[time.Duration](n, "max_duration")
	run.MaxRequests = document.Value[int64](n, "max_requests")
	run.MaxRecords = document.Value[int64](n, "max_records")
	return run, nil
}

// RunKeys returns the keys of each option of a run, the outermost first.
func RunKeys() [][]string { return keysWithin(runObject, nil) }

func keysWithin(o *object, above []string) (all [][]string) {
	for _, k := range o.keys {
		steps := append(slices.Clone(above), k.name)
		all = append(all, steps)
		if k.of != nil {
			all = append(all, keysWithin(k.of, steps)...)
		}
	}
	return all
}
