package outline

import (
	"fmt"
	"slices"
	"strings"
)

// parents finds, for each list, the list whose members its path names, and
// what stands for each parameter of the path.
func (r *resolver) parents() {
	r.named()
	byShape := map[string]*Operation{}
	byWord := map[string]*Operation{}
	for _, l := range r.all {
		if !l.post() && l.parentable() {
			s := shape(l.route.steps)
			if byShape[s] == nil {
				byShape[s] = l
			}
			if word := plainWord(Singular(l.called())); !strings.Contains(l.Path, "{") && byWord[word] == nil {
				byWord[word] = l
			}
		}
	}
	// Parents have shorter paths, or none of their own, so they come first.
	order := slices.Clone(r.all)
	slices.SortStableFunc(order, func(a, b *Operation) int { return len(a.route.steps) - len(b.route.steps) })
	for _, l := range order {
		r.parentOf(l, byShape, byWord)
	}
}

func plainWord(word string) string { return strings.ReplaceAll(Name(word, ""), "_", "") }

// parentable reports whether records may name what is read for each of them.
func (l *Operation) parentable() bool { return l.Request.Records.Type != nil }

func (r *resolver) parentOf(l *Operation, byShape, byWord map[string]*Operation) {
	l.route.values, l.route.vars = map[string]string{}, map[string]string{}
	for at := len(l.route.steps) - 1; at > 0; at-- {
		name := l.route.steps[at].param
		if name == "" {
			continue
		}
		parent, note := byShape[shape(l.route.steps[:at])], "its path says so"
		key := ""
		if parent != nil && parent != l {
			key = keyFor(parent, name)
			if key == "id" && parent.hasNames() && plainWord(name) == plainWord(Singular(parent.called())) {
				note += "; is it the id, and not the name?"
			}
		} else if parent = byWord[wordOf(name, l.route.steps[at-1].text)]; parent != nil && parent != l && strings.Count(l.Path, "{") == 1 {
			note = fmt.Sprintf("the path's parameter %s is called so", name)
			key = sureKey(parent, name)
		}
		if key == "" {
			continue
		}
		l.under = nesting{parent, at, note}
		l.route.inherit(&parent.route, at)
		variable := Name(name, "key")
		if generic[variable] || l.inherits(variable) {
			variable = Singular(Name(parent.called(), "parent")) + "_" + variable
		}
		for l.inherits(variable) {
			variable += "_2"
		}
		l.route.vars[name] = variable
		l.route.values[name] = "{{ partition." + variable + " }}"
		break
	}
}

// hasNames reports whether records have a field that a path might name them by
// as well as by their id.
func (l *Operation) hasNames() bool {
	record := l.Request.Records.Type
	return record.Field("name") != nil || record.Field("slug") != nil || record.Field("key") != nil
}

// sureKey is the field that a parameter asks for where only its name says of
// which list: one of the same name, or id.
func sureKey(parent *Operation, param string) string {
	key := keyFor(parent, param)
	if word := plainWord(param); plainWord(key) == word || plainWord(key) == "id" && strings.HasSuffix(word, "id") {
		return key
	}
	return ""
}

// generic are parameters whose name does not say of what they are.
var generic = map[string]bool{"id": true, "uuid": true, "key": true, "name": true, "slug": true, "guid": true, "code": true, "pk": true}

// inherit takes over what stands for the parameters of the parent's path, place
// by place where both paths are alike up to there.
func (r *route) inherit(parent *route, at int) {
	if at > len(parent.steps) || shape(r.steps[:at]) != shape(parent.steps) {
		return
	}
	for i, s := range parent.steps {
		if s.param != "" && parent.values[s.param] != "" {
			r.values[r.steps[i].param] = parent.values[s.param]
		}
	}
}

// inherits reports whether the context of a parent has a value of that name.
func (l *Operation) inherits(variable string) bool {
	for p := l.under.parent; p != nil; p = p.under.parent {
		for _, v := range p.route.vars {
			if v == variable {
				return true
			}
		}
	}
	return false
}

// wordOf is what a parameter is the key of: shopId, {id} behind shops.
func wordOf(param, before string) string {
	name := Name(param, "")
	for _, suffix := range []string{"_id", "_uuid", "_key", "_slug", "_name", "_guid", "_no", "_number", "_code"} {
		if word, cut := strings.CutSuffix(name, suffix); cut {
			return plainWord(word)
		}
	}
	if generic[name] {
		return plainWord(Singular(before))
	}
	return plainWord(name)
}

// keyFor is the field of the parent's records that a parameter asks for.
func keyFor(parent *Operation, param string) string {
	record := parent.Request.Records.Type
	name := plainWord(param)
	one := plainWord(Singular(parent.called()))
	var best string
	score := 0
	for _, f := range record.Fields {
		if !f.Type.IsScalar() || f.Type.Is("boolean") || strings.ContainsAny(f.Name, ".*?#|@\\{}[]\"'$ ") || f.Name == "" {
			continue
		}
		field, points := plainWord(f.Name), 0
		switch {
		case field == name:
			points = 5
		case one+field == name && name != "username", name == "username" && field == "login":
			points = 4
		case len(field) > 3 && field != "name" && strings.HasSuffix(name, field):
			points = 4
		case field == "id" && (strings.HasSuffix(name, "id") || name == one):
			points = 3
		case field == "id" && !named(name):
			points = 2
		case (field == "name" || field == "slug" || field == "key") && name == one:
			points = 2
		}
		if points > score {
			best, score = f.Name, points
		}
	}
	return best
}

// named reports whether a parameter by its name asks for something else than an id.
func named(param string) bool {
	for _, suffix := range []string{"name", "slug", "number", "code", "key", "login", "type", "date"} {
		if strings.HasSuffix(param, suffix) {
			return true
		}
	}
	return false
}

// keys finds the primary key of each list: what a path asks for one of its
// records by, or a field that is called as keys are.
func (r *resolver) keys() {
	asked := map[string]string{} // shape of a list → parameter of one of its records
	for _, path := range r.paths {
		all := stepsOf(path)
		for at := 1; at < len(all); at++ {
			if all[at].param != "" {
				if s := shape(all[:at]); asked[s] == "" {
					asked[s] = all[at].param
				}
			}
		}
	}
	for _, l := range r.all {
		record := l.Request.Records.Type
		if param := asked[shape(l.route.steps)]; param != "" && record != nil {
			if l.Request.Key = keyFor(l, param); l.Request.Key != "" {
				l.Request.keySure = true
				continue
			}
		}
		l.Request.Key, l.Request.keySure = KeyField(record, l.called())
	}
}
