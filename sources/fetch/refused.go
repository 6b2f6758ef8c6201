package fetch

import (
	"bytes"
	"strings"

	"github.com/tidwall/gjson"
)

// errorNames are keys under which answers tell of an error, and wellNames those
// that say whether all is well: in lower case, without what is neither a letter
// nor a digit.
var (
	errorNames = set("error errors errormessage errormsg errorcode errordescription fault exception failure")
	wellNames  = set("ok success succeeded issuccess successful")
)

// refused finds what an answer without records says of an error: such an answer
// may be none to what was asked, whatever its status. place are the keys that
// lead to the records.
func refused(body []byte, place []string) (d Doubt, found bool) {
	at, path := gjson.ParseBytes(body), ""
	for depth := 0; at.IsObject() && !found && depth <= len(place); depth++ {
		n := 0
		at.ForEach(func(key, v gjson.Result) bool {
			name := plainName(key.Str)
			where := joinPath(path, key.Str)
			switch {
			case errorNames[name] && tellsError(v):
				d, found = Doubt{Key: where, Value: oneLine(v.Raw), Advice: adviseRule(where, "")}, true
			case wellNames[name] && (v.Type == gjson.False || v.Type == gjson.String && strings.EqualFold(v.Str, "false")):
				d, found = Doubt{Key: where, Value: v.Raw, Advice: adviseRule(where, " == false")}, true
			}
			n++
			return !found && n < hintMembers
		})
		if depth == len(place) {
			break
		}
		path = joinPath(path, place[depth])
		at = at.Get(gjson.Escape(place[depth]))
	}
	return d, found
}

// tellsError reports whether a value under an error's name is one: not null,
// false, 0, empty, or a word for none.
func tellsError(v gjson.Result) bool {
	switch v.Type {
	case gjson.True:
		return true
	case gjson.Number:
		return v.Num != 0
	case gjson.String:
		text := strings.ToLower(strings.TrimSpace(v.Str))
		return text != "" && text != "none" && text != "null" && text != "0" && text != "ok" && text != "success" && text != "no error"
	case gjson.JSON:
		raw := bytes.TrimSpace([]byte(v.Raw))
		return len(raw) > 2 && len(bytes.TrimSpace(raw[1:len(raw)-1])) > 0
	}
	return false
}

// adviseRule is the rule that makes an answer with something at a path fail.
func adviseRule(path, is string) string {
	return `if that is a failure, write errors: [{when: "{{ response.` + path + is + ` }}", do: retry}], or do: fail`
}
