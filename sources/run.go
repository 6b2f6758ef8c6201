package sources

import (
	"slices"
	"time"
)

// ReadRun reads the options of a run, the value of the key "run" of a config;
// nil for none.
func ReadRun(n *node) (Run, Problems) {
	run := DefaultRun()
	if n == nil {
		return run, nil
	}
	r := &reader{document: &document{}}
	n.read = r.object(n, key{name: "run", kind: aMap, of: runObject})
	if len(r.problems) > 0 {
		return run, r.problems
	}
	flush := n.get("flush")
	run.Flush.Responses = int(valueOr(flush, "responses", int64(run.Flush.Responses)))
	run.Flush.Interval = valueOr(flush, "interval", run.Flush.Interval)
	run.Flush.Bytes = valueOr(flush, "bytes", run.Flush.Bytes)
	run.Concurrency = int(valueOr(n, "concurrency", int64(run.Concurrency)))
	run.Memory = valueOr(n, "memory", run.Memory)
	run.Spool = valueOr(n, "spool", run.Spool)
	journal := n.get("journal")
	run.Journal.Dir = value[string](journal, "dir")
	run.Journal.MaxAge = valueOr(journal, "max_age", run.Journal.MaxAge)
	run.Journal.MaxBytes = valueOr(journal, "max_bytes", run.Journal.MaxBytes)
	run.Journal.Off = value[bool](journal, "off")
	run.Journal.Identity = value[string](journal, "identity")
	run.MaxDuration = value[time.Duration](n, "max_duration")
	run.MaxRequests = value[int64](n, "max_requests")
	run.MaxRecords = value[int64](n, "max_records")
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
