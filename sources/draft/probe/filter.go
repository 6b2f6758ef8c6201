package probe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
	"github.com/tap-rest/tap-rest/sources/times"
)

// findTimes finds the field that says how new records are, and the parameter that asks for
// those from some time on.
func findTimes(l *look) {
	if !l.list.isMany() {
		return
	}
	t := timesOf(fieldsOf(l.seen), len(l.seen))
	if t == nil {
		return
	}
	from, exclusive := findFilter(l, t)
	entry := draft.Entry{Key: "replication_key", Value: t.name}
	what := fmt.Sprintf("a time in %d of %s, as %s", len(t.all), hint.Counted(int64(len(l.seen)), "record"), t.sample)
	incremental := new(draft.Map)
	if t.format == "epoch" || t.format == "epoch_ms" || t.format == "date" {
		incremental.Set("format", t.format, "")
	}
	if exclusive {
		incremental.Set("start_exclusive", true, "")
	}
	switch {
	case from.name == "":
		incremental.Set("client_filter", true, "")
		entry.Open = true
		entry.Note = what + ". No parameter is known that filters by it. Does it move whenever a record changes? Then this leaves out, here, what is older than the last sync:"
		l.found.Fields = append(l.found.Fields, entry, draft.Entry{Key: "incremental", Value: incremental, Open: true})
		return
	case !t.changes:
		entry.Open = true
		entry.Note = what + fmt.Sprintf(". %s filters by it. Do records stay as they are once they are there? Then each sync needs to ask for new ones alone:", from.name)
		l.found.Fields = append(l.found.Fields, entry, draft.Entry{Key: "params", Value: new(draft.Map).Set(from.name, "{{ window.start }}", ""), Open: true})
		l.found.Guesses = append(l.found.Guesses, "replication_key: "+t.name+" is asked in the definition, not set: it may say when a record was made, not when it changed")
		return
	}
	entry.Note = what + "; " + from.name + " filters by it"
	if len(incremental.Entries) == 0 {
		incremental.Set("format", "rfc3339", "")
	}
	l.found.Fields = append(l.found.Fields, entry, draft.Entry{Key: "incremental", Value: incremental})
	l.found.Params = append(l.found.Params, draft.Entry{Key: from.name, Value: "{{ window.start }}", Note: ""})
}

// reserveFor is how many calls finding a filter takes.
func reserveFor(l *look) int {
	if t := timesOf(fieldsOf(l.page), len(l.page)); l.list.isMany() && t != nil && len(t.all) > 3 && !l.api.strict {
		return 2
	}
	return 0
}

// filterParams are parameters that ask for records from some time on, %s being the field.
var filterParams = []string{"updated_since", "since", "updated_after", "modified_since", "from", "updated_from", "updatedSince", "updatedAfter", "modifiedSince", "%s_gte", "%s[gte]", "%s__gte", "%s_since",
	"%s_after", "%s_from", "%s_min", "%s.gte", "start_date", "startDate", "start_time", "min_%s"}

// findFilter finds the parameter that filters by a field: one of the call, or one of those
// that are usual. It is proven by one call that sends it alone.
func findFilter(l *look, t *timeField) (from place, exclusive bool) {
	moments := momentsOf(l, t)
	if len(moments) < 3 || l.Tape.Recorded() {
		return place{}, false
	}
	middle := moments[len(moments)/2]
	for _, p := range places(l.call) {
		value, _ := p.get(l.call)
		if _, _, ok := timeOf(gjson.Result{Type: gjson.String, Str: value}); ok && len(value) >= 8 {
			if exclusive, proven := filtersBy(l, p, t, middle); proven {
				l.call = p.without(l.call)
				return p, exclusive
			}
		}
	}
	for _, p := range usualFilter(l, t, moments) {
		if exclusive, proven := filtersBy(l, p, t, middle); proven {
			return p, exclusive
		}
	}
	return place{}, false
}

// aloneParams are those of filterParams that an API is asked for one by one which refuses
// what it does not know.
var aloneParams = []string{"%s__gte", "%s[gte]", "updated_since", "since"}

// usualFilter returns the usual parameters that may be the one, the likeliest first.
func usualFilter(l *look, t *timeField, moments []time.Time) (some []place) {
	switch {
	case sendsJSON(l.call):
		return nil
	case !l.api.strict && l.api.may(2):
		if p, found := allFilters(l, t, moments); found {
			return []place{p}
		}
	}
	if l.api.strict {
		for _, name := range aloneParams {
			some = append(some, place{name: strings.ReplaceAll(name, "%s", t.name)})
		}
	}
	return some
}

// allFilters sends all usual parameters at once, each with a time of its own: the oldest
// record that comes says which of them may be the one.
func allFilters(l *look, t *timeField, moments []time.Time) (from place, found bool) {
	c, sent := l.call, map[int64]place{}
	for i, name := range filterParams {
		p := place{name: strings.ReplaceAll(name, "%s", t.name)}
		if _, stands := p.get(l.call); stands || i+1 >= len(moments) {
			continue
		}
		at := moments[i+1]
		sent[at.UnixNano()] = p
		c = p.with(c, writtenTime(l, t, at))
	}
	page, answer, ok := l.recordsOf(c)
	l.api.refused(answer)
	got := timesIn(page, t.name)
	if !ok || len(got) == 0 {
		return place{}, false
	}
	oldest := slices.MinFunc(got, time.Time.Compare)
	for _, at := range moments {
		if p, was := sent[at.UnixNano()]; was && !at.After(oldest) {
			from, found = p, true
		}
	}
	return from, found
}

// momentsOf are the times of the records that were seen, ascending, each once, as far as the
// format says them.
func momentsOf(l *look, t *timeField) (all []time.Time) {
	unit := time.Second
	switch t.format {
	case "date":
		unit = 24 * time.Hour
	case "epoch_ms":
		unit = time.Millisecond
	}
	for _, at := range t.all {
		all = append(all, at.UTC().Truncate(unit))
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// writtenTime is a time as the API's records write it.
func writtenTime(l *look, t *timeField, at time.Time) string {
	switch t.format {
	case "date":
		return at.Format(time.DateOnly)
	case "epoch":
		return strconv.FormatInt(at.Unix(), 10)
	case "epoch_ms":
		return strconv.FormatInt(at.UnixMilli(), 10)
	}
	return at.Format(time.RFC3339)
}

// filtersBy asks for records from a time on, by one parameter alone: all that come are as new,
// and of the first page some are not.
func filtersBy(l *look, p place, t *timeField, at time.Time) (exclusive, proven bool) {
	if !l.api.may(1) {
		return false, false
	}
	page, _, ok := l.recordsOf(p.with(l.call, like(p, writtenTime(l, t, at))))
	got := timesIn(page, t.name)
	older := slices.ContainsFunc(timesIn(l.page, t.name), func(one time.Time) bool { return one.Before(at) })
	if !ok || len(page) == 0 || len(got) == 0 || !older {
		return false, false
	}
	least := slices.MinFunc(got, time.Time.Compare)
	if least.Before(at) {
		return false, false
	}
	there := slices.ContainsFunc(timesIn(l.page, t.name), func(one time.Time) bool { return one.Equal(at) })
	return there && !slices.ContainsFunc(got, func(one time.Time) bool { return one.Equal(at) }) && least.After(at) && isAscending(l, t), true
}

// isAscending reports whether the first page is in the order of the field.
func isAscending(l *look, t *timeField) bool {
	return slices.IsSortedFunc(timesIn(l.page, t.name), time.Time.Compare)
}

func timesIn(records []string, field string) (all []time.Time) {
	for _, record := range records {
		if at, err := times.Parse(gjson.Get(record, gjson.Escape(field)).String()); err == nil {
			all = append(all, at)
		}
	}
	return all
}
