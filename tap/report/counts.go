package report

import (
	"strings"

	"github.com/tap-rest/tap-rest/tap/message"
)

// Count is what may happen to records of a stream besides that they are
// written: remarks says what each one is.
type Count int

// The counts, in the order of the remarks.
const (
	TooOld         Count = iota // client_filter left the record out
	AheadOfClock                // the replication value is one of the future
	NoValue                     // the record has no replication value
	NotKept                     // keep is not true for the record
	Unchanged                   // the record left as it is before, and was left out (skip_unchanged)
	NotModified                 // the record is of an answer that did not change, and did not come (etag)
	MarkedDeleted               // the key is gone, and was marked (on_delete)
	BeforeWindow                // the record is older than its window; at least
	SameKey                     // another record of this pass has this primary key, with other content; at least
	CameAgain                   // the record came on an earlier page, which shows that rows moved; at least
	FieldReplaced               // add took the place of a field
	NewField                    // the schema grew by a field
	PassedOn                    // the record breaks its schema and left as it came
	Quarantined                 // the record breaks its schema and is in a file
	Nullified                   // the record broke its schema before values became null
	NullifiedValue              // these values
	TotalChanged                // the page says another total than the one before
	numberOfCounts
)

// Counts are how many there were of each.
type Counts [numberOfCounts]int64

// remarks has a row for each count: the METRIC line, "" for none, and what a
// person reads, for Numbered; {file} is where the quarantined records are, and
// {values} the values that became null.
var remarks = [numberOfCounts]struct{ metric, text string }{
	TooOld:         {"record_filtered_count", "%s [record|records] older than the window [was|were] left out (client_filter)"},
	AheadOfClock:   {"record_ahead_count", "%s [record has|records have] a replication value more than a day ahead of our clock: the bookmark leaves [it|them] out"},
	NoValue:        {"record_unplaced_count", "%s [record has|records have] no replication value (null or missing) and [does|do] not move the bookmark"},
	NotKept:        {"", "%s [record was|records were] left out (keep)"},
	Unchanged:      {"record_unchanged_count", "%s [record|records] did not change since [it|they] left last and [was|were] left out (skip_unchanged)"},
	NotModified:    {"record_not_modified_count", "%s [record is|records are] of answers that did not change, and did not come again (etag)"},
	MarkedDeleted:  {"record_deleted_count", "%s [record|records] of the last complete read [is|are] gone and [was|were] marked (on_delete)"},
	BeforeWindow:   {"record_early_count", "at least %s [record is|records are] older than the window that was asked for: the API does not filter as the definition says"},
	SameKey:        {"record_twin_count", "at least %s [record|records] came again in this pass under the primary key of another one, with different content"},
	CameAgain:      {"record_again_count", "rows moved in their list while its pages were read: " + CameAgainText},
	FieldReplaced:  {"record_replaced_count", "%s [record|records] had a field that add replaces"},
	NewField:       {"new_field_count", "%s new [field: the schema grew by it|fields: the schema grew by them]"},
	PassedOn:       {"record_invalid_count", "%s [record does|records do] not fit the schema and [was|were] passed on"},
	Quarantined:    {"record_quarantined_count", "%s [record does|records do] not fit the schema and [is|are] in {file}"},
	Nullified:      {"record_nullified_count", "%s [record does|records do] not fit the schema: {values} in [it|them] became null"},
	NullifiedValue: {"value_nullified_count", ""},
	TotalChanged:   {"", "the API's own total changed on %s [page while it was|pages while they were] read"},
}

// CameAgainText is what log and account say of records that came again.
const CameAgainText = "at least %s primary [key|keys] came again on a later page, which was not asked for twice, so as many other records may have slipped past between pages"

// add adds up.
func (c *Counts) add(more Counts) {
	for i, n := range more {
		c[i] += n
	}
}

// remarks are the counts of a stream as people read them.
func (c *Counts) remarks(file string) (all []string) {
	named := strings.NewReplacer("{file}", file, "{values}", Numbered(c[NullifiedValue], "%s [value|values]"))
	for i, n := range c {
		if text := remarks[i].text; n > 0 && text != "" {
			all = append(all, named.Replace(Numbered(n, text)))
		}
	}
	return all
}

// metrics hands out the counts as METRIC lines have them: what should not be is
// there only where it is.
func (c *Counts) metrics(add func(metric string, n int64)) {
	for i, n := range c {
		if metric := remarks[i].metric; n > 0 && metric != "" {
			add(metric, n)
		}
	}
}

// metrics are the points that Singer's tools read from the log.
func (a *Account) metrics() []message.Metric {
	var all []message.Metric
	for _, s := range a.Streams {
		tags := map[string]string{"stream": s.Name}
		add := func(metric string, n int64) {
			all = append(all, message.Metric{Type: "counter", Metric: metric, Value: float64(n), Tags: tags})
		}
		add("record_count", s.Written)
		add("http_request_count", s.Requests())
		if spent, saved := s.Cost(); spent > 0 || saved > 0 {
			all = append(all, message.Metric{Type: "counter", Metric: "cost", Value: spent.Float(), Tags: tags},
				message.Metric{Type: "counter", Metric: "cost_saved", Value: saved.Float(), Tags: tags})
		}
		s.Counts.metrics(add)
		s.certified(add)
	}
	return all
}
