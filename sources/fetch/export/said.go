package export

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// mostSaid is how much of one answer is told.
const mostSaid = 4

// Said is what the answer that lists the files of a job says of what they may lack:
// that it failed in part, that the list goes on elsewhere, and how many files and, where
// counts is true, records there are; a file that it lists twice may stand for another
// one. url is what was asked, quote and hide show a text without its secrets.
func Said(at sources.Ref, text []byte, h http.Header, url string, links []string, counts bool, quote, hide func(string) string) (all []paging.Said) {
	place := at.Place()
	add := func(key, value, advice string, records int64) {
		if len(all) < mostSaid {
			all = append(all, paging.Said{Key: hide(key) + " beside export.links", Value: quote(value), Advice: hide(advice), Records: records})
		}
	}
	if name := listedTwice(links); name != "" {
		all = append(all, paging.Said{Key: "export.links", Value: "one file twice, " + quote(name), Advice: "is there another one in its place? If not, say on_incomplete: warn"})
	}
	for _, find := range []func([]byte, []string, bool) (hint.Hint, string, bool){hint.Error, hint.Lacks} {
		if member, rule, found := find(text, place, false); found {
			add(member.Key, member.Value, `if that is a failure, write export: {failed: "{{ `+rule+` }}", …}; if it is none, on_incomplete: warn`, 0)
		}
	}
	const goesOn = "the files that this one answer lists are read, and no others: ask for all of them at once in export.poll; where there are no others, say on_incomplete: warn"
	said := hint.Find(text, orTop(place), h)
	for _, m := range said.More {
		if !strings.HasSuffix(hint.PlainName(m.Key), "done") { // that of the job, which the definition reads
			add(m.Key, m.Value, goesOn, 0)
		}
	}
	for _, next := range said.Next {
		if !said.None && next.Value != url {
			add(next.Key, next.Value, goesOn, 0)
		}
	}
	const noMatter = " Where that counts something else, say on_incomplete: warn"
	records, parts := hint.Counts(text, place)
	for _, n := range parts {
		if n.Number > int64(len(links)) && !strings.Contains(at.Path, "#(") { // a query picks some of them
			add(n.Key, fmt.Sprintf("%d, but %s there", n.Number, hint.Counted(int64(len(links)), "file")), "does export.links lead to all of them?"+noMatter, 0)
		}
	}
	for _, n := range records {
		if counts {
			add(n.Key, n.Value, "does export.links lead to all files?"+noMatter, n.Number)
		}
	}
	return all
}

// listedTwice is a file that two of the links lead to, without what signs them; "" where
// there is none.
func listedTwice(links []string) string {
	seen := make(map[string]bool, len(links))
	for _, name := range namesOf(links) {
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}

// orTop are the keys to look along: those of no plain place lead to the answer itself.
func orTop(place []string) []string {
	if len(place) == 0 {
		return []string{""}
	}
	return place
}
