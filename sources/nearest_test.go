package sources_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/nearest"
)

func TestNearestName(t *testing.T) {
	known := []string{"next", "more", "primary_key", "get"}
	for _, tt := range []struct{ name, want string }{
		{"next", "next"},
		{"nxt", "next"},   // a letter that is missing
		{"nnext", "next"}, // one too many
		{"nezt", "next"},  // another
		{"netx", "next"},  // two that changed places
		{"NEXT", "next"},  // another case
		{"primarykey", "primary_key"},
		{"primery_kye", "primary_key"},
		{"primary_something", ""},
		{"text", "next"},
		{"gte", "get"},
		{"gxx", ""},
		{"", ""},
		{strings.Repeat("n", 65), ""},
	} {
		if got := nearest.Name(tt.name, known); got != tt.want {
			t.Errorf("%q: nearest is %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := nearest.Name("nxt", make([]string, 1001)); got != "" {
		t.Errorf("nearest of too many is %q", got)
	}
}
