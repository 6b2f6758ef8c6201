package console

import "log"

// QuietLibraries makes what net/http says by itself, in the log of the standard
// library, a line for those who debug, without its text: that may hold bytes of
// an answer ("Unsolicited response received on idle HTTP channel starting
// with …"). The text goes where every package of the program would send it, so
// it is redirected for all of them at once.
func (c *Console) QuietLibraries() {
	log.SetFlags(0)
	log.SetOutput(libraryLog{c})
}

// libraryLog is the writer of that log.
type libraryLog struct{ *Console }

// Write takes note of a line.
func (l libraryLog) Write(line []byte) (int, error) {
	l.logger.Debug("net/http says something of a connection, which is left out here: it may hold bytes of an answer", "bytes", len(line))
	return len(line), nil
}
