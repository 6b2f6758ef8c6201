package probe

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// place is where a request says something: a parameter of the query, or a member of a body
// of JSON.
type place struct {
	body bool
	name string // of the body: a path, its keys joined by points
}

// get returns what a call says there.
func (p place) get(c *call.Call) (string, bool) {
	if !p.body {
		return c.Param(p.name)
	}
	v := gjson.GetBytes(c.Body, p.name)
	return v.String(), v.Exists() && v.Type != gjson.Null
}

// with returns a call that says value there.
func (p place) with(c *call.Call, value any) *call.Call {
	c = c.Clone()
	if !p.body {
		c.SetParam(p.name, textOf(value))
		return c
	}
	root, err := call.ParseJSON(c.Body)
	m, isMap := root.(*draft.Map)
	if err != nil || !isMap {
		return c
	}
	keys := strings.Split(p.name, ".")
	at := m
	for _, key := range keys[:len(keys)-1] {
		at = at.At(key)
	}
	at.Set(keys[len(keys)-1], value, "")
	c.Body = appendJSON(nil, m)
	return c
}

// without returns a call that says nothing there.
func (p place) without(c *call.Call) *call.Call {
	c = c.Clone()
	if !p.body {
		c.DropParam(p.name)
		return c
	}
	root, err := call.ParseJSON(c.Body)
	at, isMap := root.(*draft.Map)
	if err != nil || !isMap {
		return c
	}
	top := at
	keys := strings.Split(p.name, ".")
	for _, key := range keys[:len(keys)-1] {
		at = at.At(key)
	}
	for i, e := range at.Entries {
		if e.Key == keys[len(keys)-1] {
			at.Entries = append(at.Entries[:i:i], at.Entries[i+1:]...)
			break
		}
	}
	c.Body = appendJSON(nil, top)
	return c
}

// key and value of a pagination that sends something there.
func (p place) key() string {
	if p.body {
		return "body"
	}
	return "param"
}

func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return string(appendJSON(nil, value))
}

// appendJSON writes a value of a draft as JSON.
func appendJSON(to []byte, value any) []byte {
	switch v := value.(type) {
	case *draft.Map:
		to = append(to, '{')
		for i, e := range v.Entries {
			if i > 0 {
				to = append(to, ',')
			}
			to = append(appendJSON(to, e.Key), ':')
			to = appendJSON(to, e.Value)
		}
		return append(to, '}')
	case []any:
		to = append(to, '[')
		for i, item := range v {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendJSON(to, item)
		}
		return append(to, ']')
	}
	text, err := json.Marshal(value)
	if err != nil {
		return append(to, "null"...)
	}
	return append(to, text...)
}

// places returns where a call says something by a plain name, the query first.
func places(c *call.Call) (all []place) {
	for _, p := range c.Params {
		all = append(all, place{name: p.Name})
	}
	if root, err := call.ParseJSON(c.Body); err == nil {
		all = append(all, membersOf(root, "", 0)...)
	}
	return all
}

func membersOf(value any, path string, depth int) (all []place) {
	m, isMap := value.(*draft.Map)
	if !isMap || depth > 2 {
		return nil
	}
	for _, e := range m.Entries {
		if strings.ContainsAny(e.Key, `.*?\|#@!{}[]()"`) {
			continue
		}
		at := strings.TrimPrefix(path+"."+e.Key, ".")
		switch e.Value.(type) {
		case *draft.Map:
			all = append(all, membersOf(e.Value, at, depth+1)...)
		case []any:
		default:
			all = append(all, place{true, at})
		}
	}
	return all
}

// kind is what a place is for, by its name.
type kind int

const (
	other kind = iota
	pageNumber
	offset
	token
	size
	key // of the last record
)

var (
	pageNames   = names("page pageno pagenumber pagenum p pageindex currentpage pg")
	offsetNames = names("offset skip startindex start startat pageoffset startrow firstresult recordoffset")
	tokenNames  = names("cursor pagetoken nexttoken nextpagetoken continuationtoken continuation after marker scrollid pagecursor pageafter nextcursor paginationtoken bookmark aftercursor")
	keyNames    = names("startingafter sinceid afterid minid lastid idafter idgt fromid startafter")
)

func names(list string) map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(list) {
		all[name] = true
	}
	return all
}

// plainName is a name in lower case, without what is neither letter nor digit.
func plainName(name string) string { return hint.PlainName(strings.ReplaceAll(name, ".", "")) }

// kindOf says what a place with a value is for.
func kindOf(p place, value string) kind {
	name := plainName(p.name)
	if p.body {
		name = plainName(p.name[strings.LastIndexByte(p.name, '.')+1:])
	}
	_, isSize := sizeOf(p.name, value)
	number := isWhole(value)
	switch {
	case pageNames[name] && number:
		return pageNumber
	case offsetNames[name] && number:
		return offset
	case keyNames[name]:
		return key
	case isSize:
		return size
	case tokenNames[name] && !dated().MatchString(value), pageNames[name] && value != "":
		return token
	}
	return other
}

// sizeOf is how many records a parameter asks for.
func sizeOf(name, value string) (int64, bool) {
	n, _ := hint.Size(url.Values{name[strings.LastIndexByte(name, '.')+1:]: {value}}, nil, "")
	return n, n > 0
}

func isWhole(text string) bool {
	return text != "" && len(text) < 12 && strings.Trim(text, "0123456789") == ""
}

// Places returns where a call says something by a name.
func Places(c *call.Call) (all []Known) {
	for _, p := range places(c) {
		all = append(all, Known{Name: p.name, Body: p.body})
	}
	return all
}
