// Package report is what people look at when a run is over: recorded answers as
// text, and as an HTTP Archive that browsers open.
package report
