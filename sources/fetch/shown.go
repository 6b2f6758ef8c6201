package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

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
		URL: secret.HideMarks(e.Header.Get(urlHeader)), Header: e.Header.Clone(), Body: e.Body,
		Sealed: e.Header.Get(sealedHeader) != "",
	}
	s.Header.Del(urlHeader)
	s.Header.Del(sealedHeader)
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
	if size > MaxBody {
		s.Body, s.LeftOut = nil, fmt.Sprintf("a body of %d bytes is left out", size)
		return s, nil
	}
	encoded := e.Header.Values("Content-Encoding")
	if len(encodings(encoded)) == 0 {
		return s, nil
	}
	body, err := readBody(nil, bytes.NewReader(e.Body), encoded)
	if errors.Is(err, errTooLarge) {
		s.Body, s.LeftOut = nil, fmt.Sprintf("a body of %d bytes is left out, which are more than %d MiB decoded", size, MaxBody>>20)
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("decode %v: %w", e.Key, err)
	}
	s.Body = body
	return s, nil
}
