package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/vigil"
	"github.com/tap-rest/tap-rest/tap/certificate"
)

// proof are what a person should know of how the stream's walks ended.
func (s *Stream) proof() (all []string) {
	c := &s.Certificate
	if c.Walks > 0 && !s.Feed {
		r := c.Record(s.Name, func(text string) string { return text })
		all = append(all, CertificateText(&r))
	}
	if text := c.Unnamed(); text != "" && !slices.Contains(s.Notes, text) {
		all = append(all, text)
	}
	switch n := c.Doubted; {
	case n > 1:
		all = append(all, fmt.Sprintf("is it complete? %s (and %s, in the log)", c.Doubts[0], Numbered(n-1, "%s more [sign|signs]")))
	case n == 1:
		all = append(all, "is it complete? "+c.Doubts[0].String())
	}
	return all
}

// certified hands out what METRIC lines have of the certificate.
func (s *Stream) certified(add func(metric string, n int64)) {
	c := &s.Certificate
	if c.Walks == 0 && c.Doubted == 0 {
		return
	}
	add("walk_proven_count", c.Count(certificate.Proven))
	add("page_count", c.Pages)
	if !c.Keys.Unknown {
		add("key_count", c.Keys.Distinct)
	}
	for _, more := range []struct {
		metric string
		n      int64
	}{
		{"walk_not_proven_count", c.Count(certificate.NotProven)}, {"walk_in_doubt_count", c.Count(certificate.InDoubt)},
		{"doubt_count", c.Doubted}, {"key_doubled_count", c.Keys.Doubled()},
	} {
		if more.n > 0 {
			add(more.metric, more.n)
		}
	}
}

// CertificateText is a certificate in one line, as people read it.
func CertificateText(r *certificate.Record) string {
	var ends []string
	for _, by := range slices.Sorted(maps.Keys(r.EndedBy)) {
		text := paging.Ends[paging.End(by)]
		if r.Walks > 1 {
			text += " (" + count(r.EndedBy[by]) + ")"
		}
		ends = append(ends, text)
	}
	text := verdictText(r) + ": " + Numbered(r.Pages, "%s [page|pages]") + ", " + Numbered(r.Records, "%s [record|records]")
	if d := r.Keys.Distinct; d != nil && len(r.Keys.Fields) > 0 {
		text += ", "
		if r.Keys.AtMost {
			text += "at most "
		}
		text += Numbered(*d, "%s different [key|keys]") + keysFrom(r)
		if doubled := *r.Keys.Doubled; doubled > 0 {
			text += " (" + count(doubled) + " came under one that had come before)"
		}
	}
	if r.Total != nil {
		text += ", of a total of " + count(*r.Total)
	}
	if r.Walks > 1 {
		text = Numbered(r.Walks, "%s walks, ") + text
	}
	return text + "; ended by " + strings.Join(ends, ", ")
}

// keysFrom says from where on keys were counted, where an earlier run read the pages
// before.
func keysFrom(r *certificate.Record) string {
	switch {
	case r.Keys.Partly == 0:
		return ""
	case r.Walks == 1 && len(r.Named) == 1:
		return ", counted from page " + count(r.Named[0].FromPage) + " on: an earlier run read those before"
	}
	return Numbered(r.Keys.Partly, ", of %s [walk|walks] counted from a later page on: an earlier run read those before")
}

// verdictText says what a certificate comes to: of what a rule skipped, nothing is proven.
func verdictText(r *certificate.Record) string {
	switch skipped := r.EndedBy[string(paging.EndSkip)]; {
	case skipped == 0 || r.Verdict != certificate.Proven:
		return verdicts[r.Verdict]
	case skipped == r.Walks:
		return "skipped by a rule, so that nothing is proven"
	default:
		return verdicts[r.Verdict] + Numbered(skipped, ", but for %s [walk|walks] that a rule skipped")
	}
}

var verdicts = map[certificate.Verdict]string{
	certificate.Proven: "proven complete", certificate.NotProven: "not proven complete", certificate.InDoubt: "in doubt",
}

// notWitnessed is the sign of walks that may have ended since their login had expired.
func (s *Stream) notWitnessed() []string {
	n := s.Counters.Unwitnessed.Load()
	if n == 0 {
		return nil
	}
	return []string{Numbered(n, "%s [walk|walks] ended with an answer without records, and no later one shows that the login still held: ") + vigil.NotWitnessed}
}

// Record is the stream's certificate as it is kept.
func (s *Stream) Record(hide func(string) string) certificate.Record {
	r := s.Certificate.Record(s.Name, hide)
	r.Status, r.Failed = s.Status(), int64(s.Failures.Count)
	r.Signs = append(r.Signs, s.notWitnessed()...)
	return r
}

// CertificateFile is what a run has proven, as it stands in a file.
type CertificateFile struct {
	Version  int                  `json:"version"`
	Program  string               `json:"tap_rest"`
	Started  time.Time            `json:"started"`
	Seconds  float64              `json:"seconds"`
	Stopped  string               `json:"stopped"`  // why the run ended early, "" if it did not
	Complete bool                 `json:"complete"` // every stream came to its end, and none is in doubt
	Streams  []certificate.Record `json:"streams"`
}

// CertificateBegin is what the file begins with.
const CertificateBegin = "{\n  \"version\": 1,\n  \"tap_rest\": "

// Certificate is what the run has proven.
func (a *Account) Certificate(program string, hide func(string) string) CertificateFile {
	f := CertificateFile{
		Version: 1, Program: program, Started: a.Started.UTC().Truncate(time.Millisecond), Seconds: a.Took.Round(time.Millisecond).Seconds(), Stopped: hide(a.Stopped),
		Complete: true, Streams: []certificate.Record{},
	}
	for _, s := range a.Streams {
		f.Complete = f.Complete && s.Done && s.Failures.Count == 0 && s.Certificate.Verdict() != certificate.InDoubt
		f.Streams = append(f.Streams, s.Record(hide))
	}
	return f
}
