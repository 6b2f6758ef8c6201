// Package testshare says how much of a long campaign a run of the tests tries:
// cases that differ in nothing but their place or their seed.
//
// go test tries them all. With -short, as make test runs them, it tries a fixed
// share of them. make race runs them so, too: the race detector finds what two
// goroutines do at once, for which one case is as good as another, and takes ten
// times as long. Where there are places it takes others than make test.
package testshare

import "testing"

// Takes says whether case n of last, from 1, is tried: with -short a seventh of
// them and the last one, under the race detector an eleventh of them at other places.
// Both are odd, and no multiple of three: what differs at each second or third place
// is tried in all its kinds.
func Takes(n, last int) bool {
	share, at := 7, 1
	if Race {
		share, at = 11, 3
	}
	return !testing.Short() || n%share == at || n == last
}

// Seeds says how many of so many rounds a test makes that differ in nothing but
// their seed and are cheap by themselves: with -short a fifth of them, under the
// race detector a tenth.
func Seeds(all int) int {
	if !testing.Short() || Race {
		return Rounds(all)
	}
	return max(1, all/5)
}

// Rounds says how many of so many rounds a test makes that does nothing at
// once: all of them with -short, too, but a tenth under the race detector.
func Rounds(all int) int {
	if Race {
		return max(1, all/10)
	}
	return all
}
