package expr_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/testshare"
)

var loopScope = expr.NewScope("response", "parent", "record", "now")

const (
	slotResponse = iota
	slotParent
	slotRecord
	slotNow
)

// loopTemplates look at what changes often, seldom and never.
var loopTemplates = []string{
	"{{ record.a }}",
	"{{ parent.a.b }}",
	"{{ response.meta.n + parent.a.b + record.a }}",
	"{{ parent.a.b == record.a or response.meta.n == record.a }}",
	"{{ record.a if parent.on else response.meta.n }}",
	"{{ response.list | length }}-{{ parent.list | join(',') }}-{{ record.a }}",
	"{{ response.list | selectattr('id', 'eq', record.a) | map(attribute='v') | first }}",
	"{{ response.list | selectattr('id', 'eq', parent.id) | map(attribute='v') | first }}",
	"{{ parent.list | map('replace', '1', response.meta.n | string) | join }}",
	"{{ [record.a, parent.id, response.meta.n] }}",
	"{{ {'a': record.a, 'b': parent.a} }}",
	"{{ 0 < record.a < parent.id < response.meta.n }}",
	"{{ parent.missing | default(record.a) }}",
	"{{ now.year ~ parent.id }}",
	"{{ day_delta(parent.id) is defined }}",
	"{{ parent.id / record.zero }}",
	"{{ parent.list[record.a % 2] }}",
	"{{ parent.list[:record.a % 2] }}",
	"{{ 'const' ~ parent.id ~ record.a ~ response.meta.n }}",
	"{{ parent }}{{ record }}",
}

// TestLoop: a loop says what evaluations one by one say.
func TestLoop(t *testing.T) {
	var templates []*expr.Template
	for _, text := range loopTemplates {
		templates = append(templates, compile(t, loopScope, text))
	}
	loop := expr.NewLoop(make(expr.Vars, 4), slotRecord)
	loop.Set(slotNow, testVars[3])
	value := func(format string, args ...any) expr.Value {
		return expr.JSONBytes(fmt.Appendf(nil, format, args...))
	}
	for i := range 60 {
		if i%20 == 0 {
			loop.Begin()
			loop.Set(slotResponse, value(`{"meta": {"n": %d}, "list": [{"id": 1, "v": "a%d"}, {"id": 2, "v": "b"}, {"id": %d, "v": "c"}]}`, i, i, i))
		}
		if i%5 == 0 {
			loop.Set(slotParent, value(`{"id": %d, "a": {"b": %d}, "on": %v, "list": ["x%d", "1"]}`, i, i, i%2 == 0, i))
		}
		loop.Set(slotRecord, value(`{"a": %d, "zero": %d}`, i, i%3))
		for n, template := range templates {
			want, wantErr := template.Eval(loop.Vars())
			got, err := loop.Eval(template)
			if fmt.Sprint(err) != fmt.Sprint(wantErr) || got.Kind() != want.Kind() || got.Text() != want.Text() {
				t.Fatalf("%s, record %d: got %s, %v, want %s, %v", loopTemplates[n], i, got.Text(), err, want.Text(), wantErr)
			}
		}
	}
}

// TestLoopKeeps: what does not depend on the record costs nothing for the next
// one.
func TestLoopKeeps(t *testing.T) {
	big := `{"list": [` + strings.Repeat(`{"id": 1, "v": "abc"},`, 10_000) + `{"id": 2}], "id": 1}`
	for _, text := range []string{
		"{{ parent.id }}", "{{ parent.list | length }}", "{{ response.list[-1].id }}", "{{ response.id == record.a }}",
		"{{ response.list | length - record.a }}", "{{ record.a if response.id else parent.id }}",
		"{{ record.a in response.list | map(attribute='id') | list and response.list | length > 1 }}",
		"{{ record.a ~ (parent.list | selectattr('id', 'eq', response.id) | length) }}",
	} {
		template := compile(t, loopScope, text)
		loop := expr.NewLoop(make(expr.Vars, 4), slotRecord)
		loop.Set(slotResponse, expr.JSON(big))
		loop.Set(slotParent, expr.JSON(big))
		work := make([]int, 10)
		for i := range work {
			before := loop.Work()
			loop.Set(slotRecord, expr.JSON(`{"a": 1}`))
			if _, err := loop.Eval(template); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			work[i] = loop.Work() - before
		}
		if work[0] < 1_000 {
			t.Errorf("%s: the first evaluation took %d of work: the test tests nothing", text, work[0])
		}
		if !strings.Contains(text, " in ") && work[9] > 100 {
			t.Errorf("%s: it took %d of work, then %d", text, work[0], work[9])
		}
	}
}

// TestLoopIsBounded: templates that look through an answer for each record end
// with an error that says why, and those of small answers do not.
func TestLoopIsBounded(t *testing.T) {
	run := func(records int) error {
		var list strings.Builder
		for i := range records {
			fmt.Fprintf(&list, `{"id": %d, "name": "a name like others"},`, i)
		}
		response := expr.JSON(`{"list": [` + strings.TrimSuffix(list.String(), ",") + `]}`)
		template := compile(t, loopScope, "{{ response.list | selectattr('id', 'eq', record.a) | first }}")
		loop := expr.NewLoop(make(expr.Vars, 4), slotRecord)
		loop.Limit(1 << 22)
		for range 3 { // pages
			loop.Begin()
			loop.Set(slotResponse, response)
			for i := range records {
				loop.Set(slotRecord, expr.JSON(fmt.Sprintf(`{"a": %d}`, i)))
				if _, err := loop.Eval(template); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := run(200); err != nil {
		t.Errorf("200 records: %v", err)
	}
	if err := run(400); err == nil || !strings.Contains(err.Error(), "for each record") {
		t.Errorf("400 records: got %v", err)
	}
}

func TestLoopDoesNotAllocate(t *testing.T) {
	if testshare.Race {
		t.Skip("the race detector makes sync.Pool allocate")
	}
	loop := expr.NewLoop(make(expr.Vars, 4), slotRecord)
	loop.Set(slotResponse, expr.JSON(`{"meta": {"n": 1}}`))
	loop.Set(slotParent, expr.JSON(`{"id": 2, "list": [1, 2]}`))
	record := expr.JSON(`{"a": 3}`)
	for _, text := range []string{
		"{{ parent.id }}", "{{ response.meta.n == record.a }}", "{{ parent.list | map('string') | join(',') }}",
	} {
		template := compile(t, loopScope, text)
		if n := testing.AllocsPerRun(100, func() {
			loop.Set(slotRecord, record)
			if _, err := loop.Eval(template); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want none", text, n)
		}
	}
}
