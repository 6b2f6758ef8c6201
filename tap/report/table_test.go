package report

import (
	"strings"
	"testing"
)

// TestTableIsPlain: what a cell has of a stranger moves no cursor and begins no line, and
// columns stand below each other whatever their characters are.
func TestTableIsPlain(t *testing.T) {
	for _, tt := range []struct {
		name string
		rows [][]string
		want string
	}{
		{"escapes and line breaks", [][]string{{"a\x1b[31m\nb", "1"}, {"c", "2"}}, "a [31m b  1\nc         2\n"},
		{"wide characters", [][]string{{"寬寬", "1"}, {"abcde", "2"}}, "寬寬   1\nabcde  2\n"},
		{"more than a byte", [][]string{{"é", "1"}, {"ab", "2"}}, "é   1\nab  2\n"},
		{"numbers", [][]string{{"a", "1", ""}, {"b", "22", ""}}, "a   1\nb  22\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := WriteTable(&b, 1, tt.rows); err != nil || b.String() != tt.want {
				t.Errorf("got %q, %v; want %q", b.String(), err, tt.want)
			}
		})
	}
}
