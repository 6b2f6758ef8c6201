// Package hint reads what answers and requests say of their own accord, in places
// where many APIs say it, whether a definition reads them or not: whether there
// is more, what comes next, how many records and pages there are, that something
// went wrong, and how many records a request asks for. Nothing of it is certain,
// and none of its functions knows anything of a walk.
package hint
