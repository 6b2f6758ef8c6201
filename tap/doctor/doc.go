// Package doctor looks at what a run depends on besides its definition: folders, limits of
// the process, what leads to the network, and the clock. It changes nothing; to know
// whether a folder can be written to, it makes a file there and removes it. A [Finding]
// says one thing, and what to do about it where it is not as it should be.
package doctor
