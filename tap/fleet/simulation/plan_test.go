package simulation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// shop is read in parts: each shop's days by themselves.
const shop = `version: 1
name: shop
settings:
  properties:
    shops: {type: array, items: {type: integer}}
    end: {type: string}
client: {base_url: http://api.test}
streams:
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    records: data
    primary_key: [id]
    schema: {type: object, properties: {id: {type: integer}, updated_at: {type: string, format: date-time}}}
    replication_key: updated_at
    incremental: {start: "2015-01-01", end: "{{ config.end }}", window: 1d}
    partition_by: [{name: shop, values: "{{ config.shops }}"}]
`

// pass is the plan of a pass, and what came of its parts.
type pass struct {
	options  tap.Options
	head     []byte // first line of the plan
	begun    *state.Bookmark
	contexts []uint64
	windows  []state.Window // the same of each context
	merger   *progress.Merger
	read     []*part // whose states are not merged yet
	together int     // states that are merged at once, of very many
	kept     int
	longest  int // line of the plan, in bytes
}

// newPass plans a pass with so many shops and days.
func newPass(t *testing.T, shops, days int) *pass {
	t.Helper()
	d, err := definition.Parse("shop.yaml", []byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(map[string]any{"shops": upTo(shops), "end": day(days)})
	input, err := config.Read([]config.File{{Name: "config.json", Data: text}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &pass{options: tap.Options{
		Definition: d, State: &state.State{}, StateFile: "of the test", WorkDir: t.TempDir(), Version: "test", Out: io.Discard,
		Log: slog.New(slog.DiscardHandler), Transport: noAPI{},
	}, merger: progress.NewMerger("of the test")}
	if p.options.Config, err = input.Configure(d); err != nil {
		t.Fatal(err)
	}
	if err := tap.Plan(p.options, p.begins, p.has); err != nil {
		t.Fatal(err)
	}
	if len(p.contexts) != shops || len(p.windows) != days {
		t.Fatalf("the plan has %d shops and %d days, want %d and %d", len(p.contexts), len(p.windows), shops, days)
	}
	return p
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

// begins takes the first line of the plan.
func (p *pass) begins(h planfile.Head) (err error) {
	if p.head, err = json.Marshal(h); err != nil {
		return err
	}
	begun, err := state.ParseSinger("of the plan", h.State)
	if err != nil {
		return err
	}
	if p.begun, err = begun.Bookmark("of the plan", "orders", "updated_at"); err != nil {
		return err
	}
	return p.merger.Add(begun)
}

// has takes the line of a part. Parts come shop by shop, and day by day.
func (p *pass) has(line planfile.Planned) error {
	hash := state.HashContext(line.Context)
	if n := len(p.contexts); n == 0 || p.contexts[n-1] != hash {
		if n > 1 && p.kept != len(p.windows) {
			return fmt.Errorf("the plan has %d days of a shop, and %d of the first", p.kept, len(p.windows))
		}
		p.contexts, p.kept = append(p.contexts, hash), 0
	}
	if len(p.contexts) == 1 {
		text, _ := json.Marshal(line)
		p.windows, p.longest = append(p.windows, *line.Window), max(p.longest, len(text))
	} else if p.windows[p.kept] != *line.Window {
		return fmt.Errorf("day %d of a shop is %v, and of the first %v", p.kept, *line.Window, p.windows[p.kept])
	}
	p.kept++
	return nil
}

// parts are those of the plan, in its order.
func (p *pass) parts(pages func() int) []part {
	all := make([]part, 0, len(p.contexts)*len(p.windows))
	for context := range p.contexts {
		for window := range p.windows {
			all = append(all, part{context: int32(context), window: int32(window), pages: uint8(pages())})
		}
	}
	return all
}

// stateOf is what the runs of parts leave of them, once they are read.
func (p *pass) stateOf(parts ...*part) *state.State {
	known, b, r := progress.New(), *p.begun, *p.begun.Resume
	end := p.windows[parts[0].window].End
	for _, one := range parts {
		w := p.windows[one.window]
		known.Finish(progress.Part{Key: "key", Context: p.contexts[one.context], Window: w})
		if end.Before(w.End) {
			end = w.End
		}
	}
	known.Save(&r)
	r.High, _ = json.Marshal(end)
	b.Resume = &r
	s := &state.State{}
	s.Set("orders", &b)
	return s
}

// keeps merges the state of a part with those of all others.
func (p *pass) keeps(one *part) error {
	p.read = append(p.read, one)
	if len(p.read) < p.together {
		return nil
	}
	return p.merge()
}

// merge merges the states of the parts that were read.
func (p *pass) merge() error {
	if len(p.read) == 0 {
		return nil
	}
	s := p.stateOf(p.read...)
	p.read = p.read[:0]
	return p.merger.Add(s)
}

// noAPI is an API that nobody may call.
type noAPI struct{}

func (noAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, errors.New("the rest of the plan asks for " + r.URL.Path)
}

// checkEnd reads the rest of the plan from what all parts have left: all of them are done,
// no call is left, and the bookmark moves to the end.
func (p *pass) checkEnd(t *testing.T, end string) {
	t.Helper()
	if err := p.merge(); err != nil {
		t.Fatal(err)
	}
	merged, err := p.merger.State()
	if err != nil {
		t.Fatal(err)
	}
	b, err := merged.Bookmark("merged", "orders", "updated_at")
	if err != nil {
		t.Fatal(err)
	}
	all := state.Window{Start: p.windows[0].Start, End: p.windows[len(p.windows)-1].End}
	if b.Resume == nil || len(b.Resume.Done) != len(p.contexts) {
		t.Fatalf("%d shops are done in the merged state, want %d", len(b.Resume.Done), len(p.contexts))
	}
	for _, d := range b.Resume.Done {
		if len(d.Windows) != 1 || !d.Windows[0].Start.Equal(all.Start) || !d.Windows[0].End.Equal(all.End) {
			t.Fatalf("of the shop %d %v is done, want %v", d.Context, d.Windows, all)
		}
	}
	var out bytes.Buffer
	o := p.options
	o.Out = &out
	if o.Share, err = planfile.Read("plan", bytes.NewReader(p.head), nil); err == nil {
		o.State, err = o.Share.State("merged", merged)
	}
	if err == nil {
		_, err = tap.Sync(t.Context(), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	last, err := state.ParseSinger("of the rest", lines[len(lines)-1])
	if err != nil {
		t.Fatal(err)
	}
	b, err = last.Bookmark("of the rest", "orders", "updated_at")
	if err != nil || b == nil || b.Resume != nil || len(b.Contexts) != len(p.contexts) || !bytes.Contains(b.Value, []byte(end)) {
		t.Errorf("the last state does not say that all is read up to %s, of %d shops: %.500s, %v", end, len(p.contexts), lines[len(lines)-1], err)
	}
}
