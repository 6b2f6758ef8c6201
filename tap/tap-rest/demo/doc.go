// Package demo is the command demo: it reads a sample shop on loopback, kills the run in the
// middle, and shows that the next one goes on from the journal. With --serve it serves that
// shop, and the same orders in many styles of API.
package demo
