package schema

import (
	"regexp"
	"strconv"

	"github.com/xeipuuv/gojsonschema"
)

// fastCompiler compiles a document that the judge has accepted: its keywords
// are well formed. It follows the judge keyword by keyword.
type fastCompiler struct {
	doc    *document
	draft  int  // 4, 6 or 7; 0: all three together
	drop   bool // fields that are not named are cut out
	checks map[fastKey]*check
	cuts   map[cutKey]*check
	fastProgram
}

// fastKey is a schema in one of its two uses: with new fields looked for, or
// not.
type fastKey struct {
	node  *node
	named bool
}

// programOf compiles a document for what is wanted of its records.
func programOf(d *document, w Wanted) fastProgram {
	c := &fastCompiler{doc: d, draft: draftOf(d.root), drop: w.Drop, checks: map[fastKey]*check{}, cuts: map[cutKey]*check{}}
	c.named, c.onePass = true, true
	root := c.compile(d.root, true)
	if w.Drop && !c.named {
		w.Drop = false
		p := programOf(d, w)
		p.onePass = false
		return p
	}
	root = c.expect(root, w.Fields, w.Value)
	if len(w.Cut) > 0 {
		root = c.cut(root, newCutTree(w.Cut))
	}
	c.root = root
	for _, o := range c.objects {
		o.settle()
	}
	return c.fastProgram
}

// has returns a keyword's value, nil if n does not have it or the draft is too
// old for it.
func (c *fastCompiler) has(n *node, keyword string) *node {
	if c.draft != 0 && c.draft < oldestDraft[keyword] {
		return nil
	}
	return n.get(keyword)
}

// compile returns the check of a schema, nil where it asks for nothing. named
// says that members which it does not name are new fields.
func (c *fastCompiler) compile(n *node, named bool) *check {
	if n == nil || string(n.raw) == "true" {
		return nil
	}
	if !n.isObject() {
		return &check{} // false: no kind is allowed
	}
	key := fastKey{n, named}
	if done, ok := c.checks[key]; ok {
		return done
	}
	if ref, ok := n.text("$ref"); ok {
		done := c.compile(c.doc.resolve(ref), named)
		c.checks[key] = done
		return done
	}
	if named && !c.namesAlone(n) {
		c.named = false
	}
	if named && c.drop && (n.get("not") != nil || c.has(n, "contains") != nil || n.get("uniqueItems") != nil) {
		c.onePass = false // they would see what is cut out
	}
	done := &check{kinds: anyKind}
	c.checks[key] = done // it may refer to itself
	if k := n.types().kinds(); k != 0 {
		done.kinds = k
	}
	done.text = c.text(n)
	done.number = c.number(n)
	done.object = c.object(n, named)
	done.array = c.array(n, named)
	done.more = c.more(n)
	if m := done.more; m != nil {
		m.plain = done.kinds != anyKind || done.text != nil || done.number != nil || done.object != nil || done.array != nil
	} else if *done == (check{kinds: anyKind}) {
		c.checks[key] = nil
		return nil
	}
	return done
}

// namesAlone reports whether what n names depends on n alone, and not on
// branches too, as [Fields] has it.
func (c *fastCompiler) namesAlone(n *node) bool {
	schemas := c.doc.group(group{n})
	if len(schemas) == 1 {
		return true
	}
	for _, other := range schemas {
		alone := group{other}
		if other.properties() != nil || len(alone.items()) > 0 || len(alone.rest()) > 0 {
			return false
		}
	}
	return true
}

// formatOf returns the format that is asked for, "" where the judge knows none
// of that name.
func formatOf(n *node) string {
	name, _ := n.text("format")
	if !gojsonschema.FormatCheckers.Has(name) {
		return ""
	}
	return name
}

// count returns the number that a keyword of n gives, or absent.
func (c *fastCompiler) count(n *node, keyword string, absent int) int {
	v := n.get(keyword)
	if v == nil {
		return absent
	}
	count, _ := strconv.Atoi(string(v.raw)) // the judge has read it
	return count
}

func (c *fastCompiler) text(n *node) *textCheck {
	t := textCheck{least: c.count(n, "minLength", 0), most: c.count(n, "maxLength", -1), format: formatOf(n)}
	t.looks = formatLooks[t.format]
	if pattern, ok := n.text("pattern"); ok {
		t.pattern = regexp.MustCompile(pattern)
	}
	if t.least == 0 && t.most < 0 && t.pattern == nil && t.format == "" {
		return nil
	}
	return &t
}

func (c *fastCompiler) number(n *node) *numberCheck {
	k := numberCheck{none: formatOf(n) != ""}
	k.least = k.limit(n.get("minimum"))
	k.most = k.limit(n.get("maximum"))
	k.above = k.limit(n.get("exclusiveMinimum"))
	k.below = k.limit(n.get("exclusiveMaximum"))
	k.multiple = k.limit(n.get("multipleOf"))
	if n.get("exclusiveMinimum").is("true") { // as draft 4 has it
		k.least, k.above = nil, k.least
	}
	if n.get("exclusiveMaximum").is("true") {
		k.most, k.below = nil, k.most
	}
	if k == (numberCheck{}) {
		return nil
	}
	return &k
}

// limit reads a number of the schema; nil for what is none.
func (k *numberCheck) limit(n *node) *decimal {
	if n == nil || n.is("true") || n.is("false") {
		return nil
	}
	d, ok := decimalOf(n.raw)
	if !ok {
		k.judge = true
		return nil
	}
	return &d
}

func (c *fastCompiler) array(n *node, named bool) *arrayCheck {
	a := arrayCheck{
		least: c.count(n, "minItems", 0), most: c.count(n, "maxItems", -1), unique: n.get("uniqueItems").is("true"),
	}
	if items := n.get("items"); items != nil && items.isArray() {
		for _, e := range items.elements() {
			a.tuple = append(a.tuple, c.compile(e, false))
		}
		if len(a.tuple) > 0 {
			a.rest = c.compile(n.get("additionalItems"), false)
		}
	} else {
		a.rest = c.compile(items, named)
	}
	if contains := c.has(n, "contains"); contains != nil {
		a.wanted, a.contains = true, c.compile(contains, false)
	}
	if a.tuple == nil && a.rest == nil && !a.wanted && !a.unique && a.least == 0 && a.most < 0 {
		return nil
	}
	return &a
}

func (c *fastCompiler) object(n *node, named bool) *objectCheck {
	o := &objectCheck{
		index: map[string]int32{}, least: c.count(n, "minProperties", 0), most: c.count(n, "maxProperties", -1),
		closed: named && group{n}.isClosed(),
	}
	o.drop = c.drop && o.closed
	o.rest = c.compile(n.get("additionalProperties"), named && !n.hasPatterns())
	o.names = c.compile(c.has(n, "propertyNames"), false)
	if patterns := n.object("patternProperties"); patterns != nil {
		for name, child := range patterns.fields() {
			if len(o.patterns) == maxPatterns {
				break // more says that the judge is asked
			}
			o.patterns = append(o.patterns, patternCheck{regexp.MustCompile(name), c.compile(child, false)})
		}
	}
	c.members(o, n, named)
	if required := n.get("required"); required != nil {
		o.need = o.numbers(required)
	}
	c.depend(o, n)
	if len(o.members) == 0 && o.rest == nil && o.names == nil && o.patterns == nil && o.least == 0 && o.most < 0 && !o.closed {
		return nil
	}
	c.place(o)
	return o
}

// members adds what properties name.
func (c *fastCompiler) members(o *objectCheck, n *node, named bool) {
	properties := n.properties()
	if properties == nil {
		return
	}
	for _, m := range properties.members() {
		if _, again := o.index[m.name]; again {
			continue
		}
		own := c.compile(properties.get(m.name), named)
		if all := o.matching(m.name); all != nil {
			own = allOf(append(all, own))
		}
		k := &o.members[o.member(m.name)]
		k.check, k.named = own, true
	}
}

// depend adds what depends on a member.
func (c *fastCompiler) depend(o *objectCheck, n *node) {
	list := n.object("dependencies")
	if list == nil {
		return
	}
	for name, on := range list.fields() {
		d := dependency{member: o.member(name)}
		if on.isArray() {
			d.need = o.numbers(on)
		} else {
			d.check = c.compile(on, false)
		}
		o.depend = append(o.depend, d)
	}
}

// numbers returns the numbers of the members that a list names.
func (o *objectCheck) numbers(list *node) (all []int) {
	for _, name := range list.elements() {
		all = append(all, o.member(name.raw.Unquote()))
	}
	return all
}

// place gives an object its place in fastRun.follow.
func (c *fastCompiler) place(o *objectCheck) {
	o.slot = c.slots
	c.slots += len(o.members) + 1
	c.objects = append(c.objects, o)
}

// keyKinds are the kinds that a key may be of.
const keyKinds = kindString | kindBoolean | kindInteger | kindNumber

// narrow returns a check that allows these kinds alone; c may be nil.
func (c *check) narrow(k kinds) *check {
	if c == nil {
		return &check{kinds: k}
	}
	narrow := *c
	narrow.kinds &= k
	if narrow.more != nil {
		more := *narrow.more
		more.plain = true
		narrow.more = &more
	}
	return &narrow
}

// expect adds to the root's check what is asked of a stream's records.
func (c *fastCompiler) expect(root *check, fields []string, value string) *check {
	if len(fields) == 0 && value == "" {
		return root
	}
	own := check{kinds: anyKind}
	if root != nil {
		own = *root
	}
	o := own.object.clone()
	for _, name := range fields {
		k := o.member(name)
		o.need = append(o.need, k)
		o.members[k].check = o.members[k].check.narrow(keyKinds)
	}
	if value != "" {
		o.members[o.member(value)].noted = true
	}
	c.place(o)
	own.object = o
	if own.more != nil {
		more := *own.more
		more.plain = true
		own.more = &more
	}
	return &own
}
