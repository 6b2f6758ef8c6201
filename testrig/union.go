package testrig

import "testing"

// Union compares the records of several runs with those that the API has. It fails the
// test for records that are missing, and for those that were never in the API, and
// returns how many came twice: one that came three times counts as two.
func Union(t testing.TB, what string, got, want []string) (twice int) {
	t.Helper()
	times := make(map[string]int, len(want))
	for _, g := range got {
		times[g]++
	}
	different, missing, first := len(times), 0, ""
	for _, w := range want {
		n := times[w]
		if n == 0 {
			if missing++; missing == 1 {
				first = w
			}
		}
		twice += max(0, n-1)
		delete(times, w)
	}
	if missing > 0 {
		t.Errorf("%s: %d records of %d are missing, the first is %s; %d different ones came", what, missing, len(want), first, different)
	}
	for strange := range times {
		t.Errorf("%s: %d records were never in the API, one is %s", what, len(times), strange)
		break
	}
	return twice
}
