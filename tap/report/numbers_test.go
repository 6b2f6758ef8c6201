package report_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/tap/report"
)

func TestNumbered(t *testing.T) {
	for _, tt := range []struct {
		n    int64
		text string
		want string
	}{
		{1, "%s [record was|records were] left out (keep)", "1 record was left out (keep)"},
		{0, "%s [record was|records were] left out (keep)", "0 records were left out (keep)"},
		{22_003, "%s record[|s]", "22,003 records"},
		{1, "%s record[|s]", "1 record"},
		{2, "file [a]: %s [|x]", "file [a]: 2 x"},
	} {
		if got := report.Numbered(tt.n, tt.text); got != tt.want {
			t.Errorf("Numbered(%d, %q) = %q, want %q", tt.n, tt.text, got, tt.want)
		}
	}
}
