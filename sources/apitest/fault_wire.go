package apitest

import "time"

// The faults of the wire. Positions are bytes of the body as it is sent; a
// negative one counts from its end, one past the end means the last byte.

// CutBody ends the body after n bytes, though Content-Length promises all of it:
// reading it ends with [io.ErrUnexpectedEOF].
func CutBody(n int64) Fault { return endAfter("cut", n, cut) }

// CutChunked is CutBody for an answer without Content-Length: its end is
// missing. The error is the same.
func CutChunked(n int64) Fault { return All(CutBody(n), Chunked()).as("cut") }

// Chunked sends the answer without a Content-Length.
func Chunked() Fault {
	return at(onWire, "chunked", func(x *exchange) { x.answer.chunked = true })
}

// Reset resets the connection instead of an answer: ECONNRESET. Over a real
// connection that was used before, net/http's client silently sends a GET again,
// so that the log has it twice; ResetBody is seen by every client.
func Reset() Fault {
	return at(onWire, "reset", func(x *exchange) { x.answer.early = reset })
}

// ResetBody resets the connection after n bytes of the body.
func ResetBody(n int64) Fault { return endAfter("reset", n, reset) }

// Hang gives no answer until the request's context ends, or the client goes, or
// the server stops.
func Hang() Fault {
	return at(onWire, "hang", func(x *exchange) { x.answer.early = hang })
}

// Stall sends n bytes of the body and then hangs.
func Stall(n int64) Fault { return endAfter("stall", n, hang) }

// Latency lets d pass before the answer.
func Latency(d time.Duration) Fault {
	return at(onWire, "latency", func(x *exchange) { x.answer.wait += d })
}

// Drip sends the body in pieces of n bytes, interval apart.
func Drip(interval time.Duration, n int) Fault {
	return at(onWire, "drip", func(x *exchange) {
		x.answer.interval, x.answer.piece = interval, max(1, n)
	})
}

func endAfter(name string, n int64, how ending) Fault {
	return at(onWire, name, func(x *exchange) {
		x.answer.ending, x.answer.stop = how, n
	})
}

// IgnoreRange answers a request for a range with the whole file, and says that
// there are no ranges.
func IgnoreRange() Fault {
	ignore := at(onArrival, "", func(x *exchange) {
		// The request is the client's own: RoundTrip must not change it.
		x.r = x.r.Clone(x.r.Context())
		x.r.Header.Del("Range")
	})
	return All(ignore, Header("Accept-Ranges", "none")).as("no ranges")
}

// as returns f under another name.
func (f Fault) as(name string) Fault {
	f.name = name
	return f
}
