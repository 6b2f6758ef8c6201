package definition

import (
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/times"
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
	if window := n.Get("window"); window != nil {
		length := document.Value[times.Span](n, "window")
		run.Window = &length
	}
	run.Start, run.End = document.Value[string](n, "start"), document.Value[string](n, "end")
	run.MaxDuration = document.Value[time.Duration](n, "max_duration")
	run.MaxRequests = document.Value[int64](n, "max_requests")
	run.MaxRecords = document.Value[int64](n, "max_records")
	run.Certificate = document.Value[string](n, "certificate")
	run.MaxCost = document.Value[sources.Cost](n, "max_cost")
	run.Activate = document.Value[bool](n, "activate_version")
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

// runObject is the key "run" of a config, not of a definition.
var runObject = &object{name: "Run", check: rangeAgain, keys: []key{
	{name: "flush", kind: aMap, of: flushObject, doc: "When collected records leave; see Flush."},
	{name: "concurrency", kind: aCount, min: 1, def: "4", doc: "Partitions walked at a time; one that waits (for a rate, before a retry) is not counted."},
	{name: "memory", kind: aSize, min: 1, def: "32MiB", doc: "Bytes of pages held, at most."},
	{name: "spool", kind: aSize, min: 1, def: "1GiB", doc: "Bytes of the journal that may wait for stdout, besides three answers for each of `concurrency`; then fetching waits."},
	{name: "window", kind: aPeriod, def: "that of each stream", doc: "Length of the windows of streams that have a `start` and send `{{ window.end }}`, in place of `incremental.window`; 0: one window."},
	{name: "start", kind: aText, def: "the bookmark", doc: "A range of time is read again from here, and the bookmarks stay; see Reading again."},
	{name: "end", kind: aText, def: "now", doc: "That range ends here."},
	{name: "max_duration", kind: aSpan, def: "no limit", doc: "The run starts no request after this time."},
	{name: "max_requests", kind: aCount, def: "no limit", doc: "Nor after so many requests,"},
	{name: "max_records", kind: aCount, def: "no limit", doc: "or so many records,"},
	{name: "max_cost", kind: anAmount, def: "no limit", doc: "nor one that would make the `cost` of all more than this. For each `max_` key, 0 is no limit."},
	{name: "activate_version", kind: aBool, def: "false", doc: "True: once a full table is read to its end, a Singer target is told to delete the rows that are no longer in it."},
	{name: "certificate", kind: aText, def: "none", doc: "A file that says at the end of the run, as one JSON object, what was proven of each stream; a run that is killed writes none. See Certificate."},
	{name: "journal", kind: aMap, of: journalObject, doc: "The exchanges on disk; see Journal."},
}}

var flushObject = &object{name: "Flush", keys: []key{
	{name: "responses", kind: aCount, def: "10", doc: "After so many responses; 0 switches it off."},
	{name: "interval", kind: aSpan, def: "1m", doc: "After this time; 0 switches it off."},
	{name: "bytes", kind: aSize, def: "1MB", doc: "After so many bytes; 0 switches it off."},
}}

var journalObject = &object{name: "Journal", keys: []key{
	{name: "dir", kind: aText, def: "the user's state folder", doc: "Its folder: it holds one for each source."},
	{name: "max_age", kind: aSpan, min: 1, def: "24h", doc: "How long after its last exchange a pass may still be used."},
	{name: "max_bytes", kind: aSize, min: 1, def: "4GiB", doc: "How large it may be; what is still to be written to stdout is never deleted."},
	{name: "identity", kind: aText, def: "the secrets that the user gave", doc: "What the journal of these settings is found again by, in the place of the secrets: for tokens that change from run to run. It is never shown."},
	{name: "off", kind: aBool, def: "false", doc: "True: there is none, and a run that was cut asks again for what it had not flushed."},
}}

// rangeAgain checks the range of time that is read again.
func rangeAgain(r *reader, n *document.Node, _ *object) {
	var bounds [2]time.Time
	for i, name := range []string{"start", "end"} {
		bound := n.Get(name)
		if bound == nil || bound.Read == nil {
			continue
		}
		var err error
		if bounds[i], err = times.Parse(bound.Text); err != nil {
			r.Problem(bound, "wants a time, as 2025-03-01 or 2025-03-01T00:00:00Z, not %q: %v", document.Clip(bound.Text), err)
		}
	}
	if !bounds[0].IsZero() && !bounds[1].IsZero() && !bounds[0].Before(bounds[1]) {
		r.Problem(n.Get("end"), "does not lie behind start: the range holds nothing")
	}
}
