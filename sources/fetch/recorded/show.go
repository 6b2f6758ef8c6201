package recorded

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/state/journal"
)

// Shown is a recorded answer as people may see it: *** stands for secrets.
type Shown struct {
	URL    string      // that answered, after redirects; "": the one that was asked
	Header http.Header // as the API sent it
	Body   []byte      // decoded
	Sealed bool        // the API's own body is not on disk, since it held secrets
	// LeftOut is why the body, or the end of it, is not here; "" where it is.
	LeftOut string
}

// Show makes a recorded answer fit to be shown. Where its body cannot be
// decoded, it is as it came, and the error says why.
func Show(e *journal.Exchange) (Shown, error) {
	s := Shown{
		URL: secret.HideMarks(e.Header.Get(URLHeader)), Header: e.Header.Clone(), Body: e.Body,
		Sealed: e.Header.Get(SealedHeader) != "",
	}
	s.Header.Del(URLHeader)
	if n := s.Header.Get(UnchangedHeader); n != "" {
		s.Header.Del(UnchangedHeader)
		s.LeftOut = "the records, " + n + " of them, did not change and did not come: what stands beside them is of an answer before"
	}
	s.Header.Del(SealedHeader)
	s.Header.Del(FilesHeader)
	s.Header.Del(UnendedHeader)
	if s.Sealed {
		for _, values := range s.Header {
			for i, v := range values {
				values[i] = secret.HideMarks(v)
			}
		}
		s.Body, s.LeftOut = []byte(secret.HideMarks(string(e.Body))), leftOut(e)
		return s, nil
	}
	size := int64(len(e.Body)) + e.LeftOut
	if size > body.Max {
		s.Body, s.LeftOut = nil, fmt.Sprintf("a body of %d bytes is left out", size)
		return s, nil
	}
	text, err := body.Show(e.Body, body.Layers(nil).With(e.Header))
	if errors.Is(err, body.ErrTooLarge) {
		s.Body, s.LeftOut = nil, fmt.Sprintf("a body of %d bytes is left out, which are more than %d MiB decoded", size, body.Max>>20)
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("decode %v: %w", e.Key, err)
	}
	s.Body = text
	return s, nil
}

// leftOut says what is not there of the body of a failed exchange.
func leftOut(e *journal.Exchange) string {
	if e.LeftOut == 0 {
		return ""
	}
	return fmt.Sprintf("the last %d bytes of the body are left out", e.LeftOut)
}
