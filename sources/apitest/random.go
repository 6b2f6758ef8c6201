package apitest

import "math/rand/v2"

// Chance is drawn per request, from the seed and the request's number, so that
// it does not depend on which goroutine comes first.

// salts keep draws for different purposes apart. Rules take theirs from their
// place in the script.
const saltOrder = 1 << 32

// draws returns the source of chance of request n for one purpose.
func draws(seed uint64, n int, salt uint64) *rand.Rand {
	return rand.New(rand.NewPCG(splitmix(seed)^salt, splitmix(uint64(n))))
}

// splitmix scatters the bits of x (Steele, Lea and Flood's SplitMix64).
func splitmix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
