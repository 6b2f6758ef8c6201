package tap

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
)

// setMark takes from the last answer of a walk where to go on, or from the
// first, as bookmark_from says. A walk that goes on keeps what its first answer
// said; one that the API has lost has another first answer.
func (r *renderer) setMark(page *fetch.Page) error {
	mark, which, says := r.stream.Clock.Mark(), "last", page.Last
	if !r.stream.FullTable() && r.stream.Clock.BookmarkFirst {
		which, says = "first", page.First
	}
	if mark.IsZero() || !says {
		return nil
	}
	v, err := ref.Eval(mark, r.view.loop.Vars(), page.Body, page.Header)
	if err != nil {
		return fmt.Errorf("%s: %s: incremental.bookmark: %w", r.stream.Name, page.Request, err)
	}
	if raw := v.AppendJSON(nil); v.Missing() || v.Text() == "" || raw[0] != '"' && raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return fmt.Errorf("%s: %s: the %s answer has no incremental.bookmark: without it the next run cannot go on",
			r.stream.Name, page.Request, which)
	}
	if r.marked, err = r.seal(v); err != nil {
		return fmt.Errorf("%s: %s: incremental.bookmark %w", r.stream.Name, page.Request, err)
	}
	return nil
}
