package hint

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

// Error finds what an answer without records says of an error: such an answer
// may be none to what was asked, whatever its status. place are the keys that
// lead to the records; member is the one that tells, and rule what a rule that
// makes the answer fail looks at. It returns false where no member does.
func Error(body []byte, place []string) (member Hint, rule string, found bool) {
	at, path := parse(body), ""
	for depth := 0; at.IsObject() && !found && depth <= len(place); depth++ {
		n := 0
		at.ForEach(func(key, v gjson.Result) bool {
			name := PlainName(key.Str)
			member = Hint{Key: joinPath(path, key.Str), Value: v.Raw}
			switch {
			case errorNames[name] && isError(v):
				rule, found = "response."+member.Key, true
			case wellNames[name] && (v.Type == gjson.False || v.Type == gjson.String && strings.EqualFold(v.Str, "false")):
				rule, found = "response."+member.Key+" == false", true
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
	return member, rule, found
}

// isError reports whether a value under an error's name is one: not null,
// false, 0, empty, or a word for none.
func isError(v gjson.Result) bool {
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
