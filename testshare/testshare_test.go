package testshare_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/testshare"
)

// TestTakes proves that a share has something of a few cases, and the last one.
func TestTakes(t *testing.T) {
	for last := 1; last < 30; last++ {
		taken := 0
		for n := 1; n <= last; n++ {
			if testshare.Takes(n, last) {
				taken++
			} else if n == last {
				t.Errorf("the last of %d is not taken", last)
			}
		}
		if least := last / 11; taken < least || testing.Short() && taken > last/7+2 || !testing.Short() && taken < last {
			t.Errorf("%d of %d are taken", taken, last)
		}
	}
	if got := testshare.Rounds(1); got != 1 {
		t.Errorf("%d rounds of one", got)
	}
	if one, all := testshare.Seeds(1), testshare.Seeds(100); one != 1 || testing.Short() && all > 20 || !testing.Short() && !testshare.Race && all != 100 {
		t.Errorf("%d seeds of one, %d of a hundred", one, all)
	}
}
