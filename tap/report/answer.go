package report

import (
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/state/journal"
)

// WriteAnswer writes headers and body of a recorded answer as people read them,
// and an empty line. Of an exchange without an answer it writes nothing else.
func WriteAnswer(w io.Writer, e *journal.Exchange) error {
	shown, err := recorded.Show(e)
	for _, h := range headerPairs(shown.Header) {
		if _, err := fmt.Fprintf(w, "%s: %s\n", h.Name, h.Value); err != nil {
			return err
		}
	}
	if len(shown.Body) > 0 {
		if _, err := fmt.Fprintf(w, "\n%s\n", shown.Body); err != nil {
			return err
		}
	}
	note := shown.LeftOut
	if err != nil {
		note = err.Error()
	}
	if note != "" {
		note = "(" + note + ")\n"
	}
	_, err = io.WriteString(w, note+"\n")
	return err
}
