package certificate

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// Record is the certificate of a stream as it is kept.
type Record struct {
	Stream  string  `json:"stream"`
	Status  string  `json:"status,omitempty"` // how the run ended for it, as the account has it
	Verdict Verdict `json:"verdict"`
	Tally
	Pages   int64            `json:"pages"`
	Records int64            `json:"records"`
	Total   *int64           `json:"total"` // null: not every walk has one
	Keys    KeysRecord       `json:"keys"`
	EndedBy map[string]int64 `json:"ended_by"`
	Held    map[string]int64 `json:"held"`
	Doubts  []string         `json:"doubts"`
	Signs   []string         `json:"signs"`
	Named   []WalkRecord     `json:"partitions"`
}

// Tally is how many walks ended, and how.
type Tally struct {
	Walks     int64 `json:"walks"`
	Proven    int64 `json:"proven"`
	NotProven int64 `json:"not_proven"`
	InDoubt   int64 `json:"in_doubt"`
	Failed    int64 `json:"failed"`
}

// KeysRecord is what is kept of keys; the numbers are null where nobody counted.
type KeysRecord struct {
	Fields   []string        `json:"fields"`
	Records  int64           `json:"records"`
	Distinct *int64          `json:"distinct"`
	Doubled  *int64          `json:"doubled"`
	Partly   int64           `json:"partly,omitempty"`  // walks whose keys are counted from a later page on
	AtMost   bool            `json:"at_most,omitempty"` // fewer are different, and nobody knows how many
	First    json.RawMessage `json:"first,omitempty"`
	Last     json.RawMessage `json:"last,omitempty"`
}

// WalkRecord is the certificate of a walk as it is kept.
type WalkRecord struct {
	Partition string          `json:"partition"`
	Context   json.RawMessage `json:"context,omitempty"`
	Window    string          `json:"window,omitempty"`
	Verdict   Verdict         `json:"verdict"`
	Pages     int64           `json:"pages"`
	FromPage  int64           `json:"from_page"`
	Records   int64           `json:"records"`
	Total     *int64          `json:"total"`
	Keys      KeysRecord      `json:"keys"`
	EndedBy   string          `json:"ended_by"`
	Held      []string        `json:"held"`
	Doubts    []string        `json:"doubts"`
	Unproven  string          `json:"unproven,omitempty"`
	Signs     []string        `json:"signs"`
}

// Record returns the certificate as it is kept. hide takes secrets out of texts.
func (s *Stream) Record(name string, hide func(string) string) Record {
	r := Record{
		Stream: name, Verdict: s.Verdict(),
		Tally: Tally{Walks: s.Walks, Proven: s.Count(Proven), NotProven: s.Count(NotProven), InDoubt: s.Count(InDoubt)},
		Pages: s.Pages, Records: s.Records, Keys: s.Keys.record(s.Fields, hide), EndedBy: map[string]int64{}, Held: map[string]int64{},
		Doubts: texts(s.Doubts, hide), Signs: hidden(s.Signs, hide), Named: []WalkRecord{},
	}
	if s.Totals > 0 && s.Totals == s.Walks {
		r.Total = &s.Total
	}
	for by, n := range s.By {
		r.EndedBy[string(by)] = n
	}
	for check, n := range s.Held {
		r.Held[string(check)] = n
	}
	for i := range s.Named {
		r.Named = append(r.Named, s.Named[i].record(s.Fields, hide))
	}
	return r
}

func (w *Walk) record(fields []string, hide func(string) string) WalkRecord {
	held := []string{}
	for _, c := range w.Held {
		held = append(held, string(c))
	}
	return WalkRecord{
		Partition: w.Key, Context: kept(w.Context, hide), Window: hide(w.Window), Verdict: w.Verdict(), Pages: w.Pages, FromPage: w.FromPage,
		Records: w.Records, Total: w.Total, Keys: w.Keys.record(fields, hide), EndedBy: string(w.By), Held: held,
		Doubts: texts(w.Doubts, hide), Unproven: hide(cmp.Or(w.Unproven, w.NeverNamed)), Signs: hidden(w.Signs, hide),
	}
}

func (k *Keys) record(fields []string, hide func(string) string) KeysRecord {
	r := KeysRecord{Fields: fields, Records: k.Came, AtMost: k.AtMost, Partly: k.Partly, First: kept(object(fields, k.First), hide), Last: kept(object(fields, k.Last), hide)}
	if r.Fields == nil {
		r.Fields = []string{}
	}
	if doubled := k.Doubled(); !k.Unknown {
		r.Distinct, r.Doubled = &k.Distinct, &doubled
	}
	return r
}

// object is a key as an object: values are JSON with commas between them.
func object(fields []string, values string) string {
	var all []json.RawMessage
	if values == "" || json.Unmarshal([]byte("["+values+"]"), &all) != nil || len(all) != len(fields) {
		return ""
	}
	var members []string
	for i, v := range all {
		name, _ := json.Marshal(fields[i]) // text
		members = append(members, string(name)+":"+string(v))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// kept is JSON as it is kept: with a secret in it, as text without that.
func kept(text string, hide func(string) string) json.RawMessage {
	if text == "" {
		return nil
	}
	shown := hide(text)
	if shown != text || !json.Valid([]byte(text)) {
		quoted, _ := json.Marshal(shown) // text
		return quoted
	}
	return json.RawMessage(text)
}

func texts(all []paging.Doubt, hide func(string) string) []string {
	list := []string{}
	for _, d := range all {
		list = append(list, hide(d.String()))
	}
	return list
}

func hidden(all []string, hide func(string) string) []string {
	list := []string{}
	for _, text := range all {
		list = append(list, hide(text))
	}
	return list
}
