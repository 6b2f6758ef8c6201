package sources_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources"
)

func TestShare(t *testing.T) {
	for _, tt := range []struct {
		text  string
		n, of int64
		over  bool
	}{
		{"20%", 20, 100, false}, {"20%", 21, 100, true}, {"20%", 1, 4, true}, {"0%", 0, 4, false}, {"0%", 1, 4, true}, {"100%", 4, 4, false},
		{"0.5%", 1, 200, false}, {"0.5%", 2, 200, true}, {"500", 500, 1000, false}, {"500", 501, 1000, true}, {"0", 1, 9, true},
	} {
		share, ok := sources.ParseShare(tt.text)
		if got := share.Exceeded(tt.n, tt.of); !ok || got != tt.over || share.String() != tt.text {
			t.Errorf("%d of %d: more than %s: %v, want %v", tt.n, tt.of, tt.text, got, tt.over)
		}
	}
	for _, text := range []string{"", "%", "-1", "-1%", "101%", "1/2%", "1e2%", "1.5", "+3", "x", "20 %", "0x1%", "1e99999999%"} {
		if share, ok := sources.ParseShare(text); ok {
			t.Errorf("%q is read as %s", text, share)
		}
	}
}
