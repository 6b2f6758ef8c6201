package hint

import (
	"fmt"
	"net/http"

	"github.com/tidwall/gjson"
)

// beforeNames are keys that name a page before, and numberNames those by which an
// answer says which page it is, as PlainName spells them.
var (
	beforeNames = set("prev previous prevpage previouspage prevpageurl previouspageurl prevpagetoken prevcursor previouscursor hasprev hasprevious hasprevpage haspreviouspage")
	numberNames = set("page currentpage pagenumber pageno pageindex")
)

// Before is what the answer to a walk's first request says of a page before it, or
// of the number that it has itself: the walk begins at the wrong number. asked is
// the number that was asked for, negative where pages have none. "" where it says
// nothing of that kind.
func Before(body []byte, h http.Header, asked int64) string {
	if target, ok := Link(h.Values("Link"), "prev"); ok && target != "" {
		return "the header Link names a page before it"
	}
	found := ""
	look := func(path string, at gjson.Result) {
		at.ForEach(func(key, v gjson.Result) bool {
			name := PlainName(key.Str)
			switch {
			case beforeNames[name] && v.Type != gjson.Null && v.Type != gjson.False && !Nothing(v.String()) && !v.IsArray() && v.String() != "0":
				found = fmt.Sprintf("the answer names a page before it: %s is %s", joinPath(path, key.Str), v.Raw)
			case name == "first" && v.Type == gjson.False:
				found = fmt.Sprintf("the answer says that it is not the first: %s is false", joinPath(path, key.Str))
			case asked >= 0 && numberNames[name] && v.Type == gjson.Number && v.Int() != asked:
				found = fmt.Sprintf("the answer to page %d calls itself another: %s is %s", asked, joinPath(path, key.Str), v.Raw)
			}
			return found == ""
		})
	}
	all := parse(body)
	if !all.IsObject() {
		return ""
	}
	look("", all)
	all.ForEach(func(key, v gjson.Result) bool {
		if found == "" && v.IsObject() {
			look(key.Str, v)
		}
		return found == ""
	})
	return found
}
