package findings

import (
	"fmt"
	"testing"
)

// TestFirst: each kind is told of once, and of a family that has many kinds no more than
// so many.
func TestFirst(t *testing.T) {
	type answer struct{ first, tooMany bool }
	var all Stream
	ask := func(family, kind string) answer {
		first, tooMany := all.First(family, kind)
		return answer{first, tooMany}
	}
	for i := range mostKinds {
		if got := ask("odd", fmt.Sprint(i)); got != (answer{first: true}) {
			t.Fatalf("kind %d: got %+v", i, got)
		}
	}
	for _, test := range []struct {
		name, family, kind string
		want               answer
	}{
		{"again", "odd", "0", answer{}},
		{"one too many", "odd", "new", answer{true, true}},
		{"behind that", "odd", "newer", answer{}},
		{"of another family", "doubt", "new", answer{first: true}},
	} {
		if got := ask(test.family, test.kind); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// TestExamples: the first record of a kind is named by its key and its value, shortened.
func TestExamples(t *testing.T) {
	var some, more Examples
	more.Note([]byte(`{"id":7}`), []string{"id"}, nil)
	more.Note([]byte(`{"id":8}`), []string{"id"}, []byte(`"2206"`))
	some.add(&more)
	if want := (Examples{Count: 2, First: "id=7"}); some != want {
		t.Errorf("got %+v, want %+v", some, want)
	}
}
