package paging

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// linkHeader is a way whose answers hold the URL of the next page in the header
// Link.
type linkHeader struct{}

func (linkHeader) traits() traits { return traits{names: true} }

func (linkHeader) step(l *leg) (step, error) {
	headers, rel := l.answer.Header.Values("Link"), l.stream.Pagination.Rel
	target, ok := hint.Link(headers, rel)
	l.now.Next = len(headers) > 0
	if !ok {
		return step{}, fmt.Errorf("the header Link cannot be read, and may name rel %q: %s", rel, l.out.Quote(fmt.Sprint(headers)))
	}
	if target == "" {
		return step{missing: fmt.Sprintf("no link of rel %q", rel)}, nil
	}
	return l.follow(target, func() string {
		return asTemplate(fmt.Sprintf(`{{ headers.link | default('') | regex_search('<([^>]*)>[^,]*rel="?%s')`, rel) + upgrade)
	})
}
