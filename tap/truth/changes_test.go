package truth_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/definition"
)

// all is the setting in which everything is read.
func (l *life) all() *setting {
	s := &setting{accounts: accounts, asked: map[*table]bool{}, selected: map[*table]bool{}}
	for _, one := range l.api.world.tables {
		s.asked[one], s.selected[one] = one.accounts, true
	}
	return s
}

// change changes, now and then, what the next run is given, and what the API
// refuses.
func (l *life) change() {
	for _, one := range l.api.world.tables {
		if l.refuses {
			l.changeRefusals(one)
		}
		if l.changes && l.chance.IntN(8) == 0 {
			l.changeStream(one)
		}
	}
	if !l.changes || l.chance.IntN(3) > 0 {
		return
	}
	l.setting = l.all()
	if l.chance.IntN(2) == 0 {
		l.setting.accounts = l.some(accounts)
	}
	for _, one := range l.api.world.tables {
		l.setting.selected[one] = l.chance.IntN(4) > 0
	}
	l.setting.selected[l.api.world.tables[0]] = true // nothing selected is an error
	l.define()
}

// some are some of several, at least one.
func (l *life) some(several []string) []string {
	all := slices.DeleteFunc(slices.Clone(several), func(string) bool { return l.chance.IntN(3) == 0 })
	if len(all) == 0 {
		return several[:1]
	}
	return all
}

// changeStream changes the definition of a stream.
func (l *life) changeStream(t *table) {
	switch l.chance.IntN(4) {
	case 0:
		t.limit = 3 + l.chance.IntN(6)
	case 1:
		if t.look > 0 {
			t.more = time.Duration(l.chance.IntN(48)) * time.Hour
		}
	case 2:
		if t.window != "" && !t.whole {
			t.drawWindow(l.chance)
			t.whole = false
		}
	case 3:
		t.accounts = !t.accounts
		l.setting = l.all()
	}
	l.define()
}

// define parses the definition as it is now.
func (l *life) define() {
	text := "version: 1\nname: t\nsettings: {properties: {accounts: {type: array, items: {type: string}}}}\n" +
		"client:\n  base_url: http://api.test\n  retry: {attempts: 3, min_wait: 1ms, max_wait: 1ms, cool_down: 1m, cool_downs: 1}\nstreams:\n"
	for _, one := range l.api.world.tables {
		text += one.definition()
	}
	l.api.forgive()
	l.text = text
	var err error
	if l.definition, err = definition.Parse("t.yaml", []byte(text)); err != nil {
		l.t.Fatalf("%v: %s", err, text)
	}
}

// catalog is the one of the setting; nil: all streams.
func (l *life) catalog() *catalog.Catalog {
	var all []string
	for _, one := range l.api.world.tables {
		all = append(all, fmt.Sprintf(`{"tap_stream_id": %q, "schema": {}, "metadata": [{"breadcrumb": [], "metadata": {"selected": %v}}]}`, one.name, l.setting.selected[one]))
	}
	c, err := catalog.ParseSinger("catalog.json", []byte(`{"streams": [`+strings.Join(all, ",")+`]}`))
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

// changeRefusals lets an account or an owner be refused, or shows it again.
func (l *life) changeRefusals(t *table) {
	for _, key := range t.shutKeys() {
		if l.chance.IntN(3) == 0 {
			l.show(t, key)
		}
	}
	if !t.divided() || l.chance.IntN(5) > 0 {
		return
	}
	key := accounts[l.chance.IntN(len(accounts))]
	if len(t.parents) > 0 && l.chance.IntN(2) == 0 {
		key = t.parents[l.chance.IntN(len(t.parents))].drawn(l.chance).key()
	}
	t.shut[key] = []int{403, 404, 410}[l.chance.IntN(3)]
	t.restarts = t.restarts || t.shut[key] == 410
}

// shutKeys are what is refused, in order.
func (t *table) shutKeys() (all []string) {
	for key := range t.shut {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

// show shows again what was refused. What was said not to be there has changed.
func (l *life) show(t *table, key string) {
	delete(t.shut, key)
	for _, key := range slices.Sorted(maps.Keys(t.unseen)) {
		if t.shut[key] == 0 { // several are asked for at once
			l.api.world.rewrite(t, time.Now(), func(r *row) bool { return r.account == key || r.owner != nil && r.owner.key() == key })
			delete(t.unseen, key)
		}
	}
}

// open shows everything.
func (l *life) open() {
	for _, one := range l.api.world.tables {
		for _, key := range one.shutKeys() {
			l.show(one, key)
		}
	}
	l.setting = l.all()
	l.define()
}

// quoted is a list of texts as JSON.
func quoted(all []string) string {
	var parts []string
	for _, one := range all {
		parts = append(parts, strconv.Quote(one))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
