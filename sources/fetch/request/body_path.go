package request

import (
	"fmt"
	"strconv"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// withPath returns v with what stands at the path of keys replaced. What is
// not there yet becomes an object.
func withPath(v expr.Value, path []string, leaf expr.Value) (expr.Value, error) {
	if len(path) == 0 {
		return leaf, nil
	}
	switch v.Kind() {
	case expr.KindDict, expr.KindUndefined, expr.KindNull:
		return withKey(v, path, leaf)
	case expr.KindList:
		return withIndex(v, path, leaf)
	}
	return v, fmt.Errorf("there is %s where %q should be", v.Kind(), path[0])
}

func withKey(v expr.Value, path []string, leaf expr.Value) (expr.Value, error) {
	var keys []string
	var values []expr.Value
	old := expr.Undefined()
	at := -1
	v.Each(func(key string, item expr.Value) bool {
		if key == path[0] {
			at, old = len(keys), item
		}
		keys, values = append(keys, key), append(values, item)
		return true
	})
	item, err := withPath(old, path[1:], leaf)
	if err != nil {
		return v, err
	}
	if at < 0 {
		keys, values = append(keys, path[0]), append(values, item)
	} else {
		values[at] = item
	}
	return expr.Dict(keys, values), nil
}

func withIndex(v expr.Value, path []string, leaf expr.Value) (expr.Value, error) {
	var items []expr.Value
	v.Each(func(_ string, item expr.Value) bool {
		items = append(items, item)
		return true
	})
	i, err := strconv.Atoi(path[0])
	if err != nil || i < 0 || i >= len(items) {
		return v, fmt.Errorf("the list there has no item %q", path[0])
	}
	if items[i], err = withPath(items[i], path[1:], leaf); err != nil {
		return v, err
	}
	return expr.List(items), nil
}
