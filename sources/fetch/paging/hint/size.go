package hint

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// sizeNames are parameters that ask for so many records, as PlainName spells
// them.
var sizeNames = set("limit perpage pagesize size top count maxresults maxrecords maxitems maxkeys first take rows results num numresults " +
	"itemsperpage recordsperpage resultsperpage hitsperpage pagelimit maxpagesize batchsize recordlimit")

// Size is how many records a request asks for, and the parameter that does;
// 0 where none does.
func Size(query url.Values, body []byte, contentType string) (n int64, key string) {
	if n, key := askedInForm(query); n > 0 {
		return n, key
	}
	if len(body) == 0 {
		return 0, ""
	}
	if strings.HasPrefix(contentType, "application/x-www-form-urlencoded") {
		form, _ := url.ParseQuery(string(body)) // what can be read of it
		return askedInForm(form)
	}
	return askedInJSON(gjson.ParseBytes(body), "", true)
}

func askedInForm(form url.Values) (n int64, key string) {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if n := size(name, form.Get(name)); n > 0 {
			return n, name
		}
	}
	return 0, ""
}

// askedInJSON looks at the members of an object, and of the objects in it: the
// variables of a GraphQL query, say.
func askedInJSON(at gjson.Result, path string, deeper bool) (n int64, key string) {
	if !at.IsObject() {
		return 0, ""
	}
	at.ForEach(func(k, v gjson.Result) bool {
		switch {
		case v.IsObject() && deeper:
			n, key = askedInJSON(v, joinPath(path, k.Str), false)
		case v.Type == gjson.Number || v.Type == gjson.String:
			if n = size(k.Str, v.String()); n > 0 {
				key = joinPath(path, k.Str)
			}
		}
		return n == 0
	})
	return n, key
}

func size(name, value string) int64 {
	if !sizeNames[sizeName(name)] {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// sizeName is PlainName of all of a parameter's name: page[size] is pagesize.
func sizeName(name string) string {
	return PlainName(strings.ReplaceAll(name, ".", ""))
}
