package ledger

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestLedgerText: a ledger is read as it was written, to the millisecond.
func TestLedgerText(t *testing.T) {
	now := Time(1_800_000_000_123_000_000)
	for _, tt := range []struct {
		name string
		l    Ledger
		text string
	}{
		{"nothing", Ledger{Version: 2}, `{"version":2}`},
		{"holds", Ledger{Version: 2, Holds: Holds{
			{ID: "a-1", Until: now, Of: []Stake{{2, 3, now.Add(-time.Second)}, {0, 1, now}}},
			{ID: "b<2", Until: now.Add(-time.Minute)},
		}}, `{"version":2,"holds":"1800000000123\na-1 0 2 3 -1000 0 1 0\nb\u003c2 -60000"}`},
		{"members", Ledger{Version: 2, Spent: [][]Span{{{now, now + 5, One}}}, Members: Members{
			{ID: "a-1", Class: 1<<63 | 1, Want: 4, Unit: One, Epoch: 12, Took: [2]int64{1, 2}, Until: now},
			{ID: "a-1", Class: 2, Until: now.Add(time.Second)},
		}}, `{"version":2,"spent":[[{"f":1800000000123000000,"t":1800000000123000005,"c":1000000}]],"members":"1800000000123\na-1 -9223372036854775807 4 1000000 12 1 2 0\na-1 2 0 0 0 0 0 1000"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(&tt.l)
			if err != nil || string(text) != tt.text {
				t.Fatalf("%s, %v; want %s", text, err, tt.text)
			}
			var read Ledger
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(&read)
			if err != nil || string(again) != tt.text || len(read.Holds) > 0 && !reflect.DeepEqual(read.Holds[0], tt.l.Holds[0]) || !reflect.DeepEqual(read.Members, tt.l.Members) {
				t.Errorf("read: %+v, %v; want %+v", read, err, tt.l)
			}
		})
	}
}

// TestBrokenLedger: what cannot be read is refused, with the place.
func TestBrokenLedger(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"version":2,"holds":""}`, `holds: the first line is "", and no time`},
		{`{"version":2,"holds":"12\na 1 2"}`, `holds: the row of "a": 2 numbers are not one, and three`},
		{`{"version":2,"holds":"12\na 1 -2 3 4"}`, `it has -2 places`},
		{`{"version":2,"holds":"12\na"}`, `0 numbers`},
		{`{"version":2,"members":"12\na 1 x 3"}`, `"x" stands in the row of "a"`},
		{`{"version":2,"members":"12\na 1 2 3"}`, `members: the row of "a": 3 numbers are not 7`},
	} {
		if err := json.Unmarshal([]byte(tt.text), &Ledger{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.text, err, tt.want)
		}
	}
}

func FuzzLedger(f *testing.F) {
	f.Add([]byte(`{"version":2,"holds":"1800000000123\na-1 0 2 3 -1000 0 1 0","members":"1800000000123\na-1 1 4 1000000 12 1 2 0"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var l Ledger
		if json.Unmarshal(text, &l) != nil {
			return
		}
		if _, err := json.Marshal(&l); err != nil {
			t.Errorf("%q was read, and cannot be written: %v", text, err)
		}
	})
}
