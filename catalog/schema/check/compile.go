package check

import (
	"regexp"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/schema/formats"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
	"github.com/xeipuuv/gojsonschema"
)

// compiler compiles a document that the judge has accepted: its keywords
// are well formed. It follows the judge keyword by keyword.
type compiler struct {
	doc    *model.Document
	draft  int  // 4, 6 or 7; 0: all three together
	drop   bool // fields that are not named are cut out
	checks map[schemaKey]*check
	cuts   map[cutKey]*check
	program
}

// schemaKey is a schema in one of its two uses: with new fields looked for, or
// not.
type schemaKey struct {
	node  *model.Node
	named bool
}

// programOf compiles a document for what is wanted of its records.
func programOf(d *model.Document, w Wanted) program {
	c := &compiler{doc: d, draft: model.DraftOf(d.Root), drop: w.Drop, checks: map[schemaKey]*check{}, cuts: map[cutKey]*check{}}
	c.named, c.onePass = true, true
	root := c.compile(d.Root, true)
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
	return c.program
}

// has returns a keyword's value, nil if n does not have it or the draft is too
// old for it.
func (c *compiler) has(n *model.Node, keyword string) *model.Node {
	if c.draft != 0 && c.draft < model.OldestDraft[keyword] {
		return nil
	}
	return n.Get(keyword)
}

// compile returns the check of a schema, nil where it asks for nothing. named
// says that members which it does not name are new fields.
func (c *compiler) compile(n *model.Node, named bool) *check {
	if n == nil || string(n.Raw) == "true" {
		return nil
	}
	if !n.IsObject() {
		return &check{} // false: no kind is allowed
	}
	key := schemaKey{n, named}
	if done, ok := c.checks[key]; ok {
		return done
	}
	if ref, ok := n.Text("$ref"); ok {
		done := c.compile(c.doc.Resolve(ref), named)
		c.checks[key] = done
		return done
	}
	if named && !c.namesAlone(n) {
		c.named = false
	}
	if named && c.drop && (n.Get("not") != nil || c.has(n, "contains") != nil || n.Get("uniqueItems") != nil) {
		c.onePass = false // they would see what is cut out
	}
	done := &check{kinds: kinds.Any}
	c.checks[key] = done // it may refer to itself
	if k := n.Types().Kinds(); k != 0 {
		done.kinds = k
	}
	done.text = c.text(n)
	done.number = c.number(n)
	done.object = c.object(n, named)
	done.array = c.array(n, named)
	done.more = c.more(n)
	if m := done.more; m != nil {
		m.plain = done.kinds != kinds.Any || done.text != nil || done.number != nil || done.object != nil || done.array != nil
	} else if *done == (check{kinds: kinds.Any}) {
		c.checks[key] = nil
		return nil
	}
	return done
}

// namesAlone reports whether what n names depends on n alone, and not on
// branches too, as schema.Fields has it.
func (c *compiler) namesAlone(n *model.Node) bool {
	schemas := c.doc.Group(model.Group{n})
	if len(schemas) == 1 {
		return true
	}
	for _, other := range schemas {
		alone := model.Group{other}
		if other.Properties() != nil || len(alone.Items()) > 0 || len(alone.Rest()) > 0 {
			return false
		}
	}
	return true
}

// formatOf returns the format that is asked for, "" where the judge knows none
// of that name.
func formatOf(n *model.Node) string {
	name, _ := n.Text("format")
	if !gojsonschema.FormatCheckers.Has(name) {
		return ""
	}
	return name
}

// count returns the number that a keyword of n gives, or absent.
func (c *compiler) count(n *model.Node, keyword string, absent int) int {
	v := n.Get(keyword)
	if v == nil {
		return absent
	}
	count, _ := strconv.Atoi(string(v.Raw)) // the judge has read it
	return count
}

func (c *compiler) text(n *model.Node) *textCheck {
	t := textCheck{least: c.count(n, "minLength", 0), most: c.count(n, "maxLength", -1), format: formatOf(n)}
	t.looks = formats.Sign(t.format)
	if pattern, ok := n.Text("pattern"); ok {
		t.pattern = regexp.MustCompile(pattern)
	}
	if t.least == 0 && t.most < 0 && t.pattern == nil && t.format == "" {
		return nil
	}
	t.instant = t.least == 0 && t.most < 0 && t.pattern == nil && t.format == "date-time"
	return &t
}

func (c *compiler) number(n *model.Node) *numberCheck {
	k := numberCheck{none: formatOf(n) != ""}
	k.least = k.limit(n.Get("minimum"))
	k.most = k.limit(n.Get("maximum"))
	k.above = k.limit(n.Get("exclusiveMinimum"))
	k.below = k.limit(n.Get("exclusiveMaximum"))
	k.multiple = k.limit(n.Get("multipleOf"))
	if n.Get("exclusiveMinimum").Is("true") { // as draft 4 has it
		k.least, k.above = nil, k.least
	}
	if n.Get("exclusiveMaximum").Is("true") {
		k.most, k.below = nil, k.most
	}
	if k == (numberCheck{}) {
		return nil
	}
	return &k
}

// limit reads a number of the schema; nil for what is none.
func (k *numberCheck) limit(n *model.Node) *decimal {
	if n == nil || n.Is("true") || n.Is("false") {
		return nil
	}
	d, ok := decimalOf(n.Raw)
	if !ok {
		k.judge = true
		return nil
	}
	return &d
}

func (c *compiler) array(n *model.Node, named bool) *arrayCheck {
	a := arrayCheck{
		least: c.count(n, "minItems", 0), most: c.count(n, "maxItems", -1), unique: n.Get("uniqueItems").Is("true"),
	}
	if items := n.Get("items"); items != nil && items.IsArray() {
		for _, e := range items.Elements() {
			a.tuple = append(a.tuple, c.compile(e, false))
		}
		if len(a.tuple) > 0 {
			a.rest = c.compile(n.Get("additionalItems"), false)
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

func (c *compiler) object(n *model.Node, named bool) *objectCheck {
	o := &objectCheck{
		index: map[string]int32{}, least: c.count(n, "minProperties", 0), most: c.count(n, "maxProperties", -1),
		closed: named && model.Group{n}.IsClosed(),
	}
	o.drop = c.drop && o.closed
	o.rest = c.compile(n.Get("additionalProperties"), named && !n.HasPatterns())
	o.names = c.compile(c.has(n, "propertyNames"), false)
	if patterns := n.Object("patternProperties"); patterns != nil {
		for name, child := range patterns.Fields() {
			if len(o.patterns) == maxPatterns {
				break // more says that the judge is asked
			}
			o.patterns = append(o.patterns, patternCheck{regexp.MustCompile(name), c.compile(child, false)})
		}
	}
	c.members(o, n, named)
	if required := n.Get("required"); required != nil {
		o.wants(o.numbers(required)...)
	}
	c.depend(o, n)
	if len(o.members) == 0 && o.rest == nil && o.names == nil && o.patterns == nil && o.least == 0 && o.most < 0 && !o.closed {
		return nil
	}
	c.place(o)
	return o
}

// members adds what properties name.
func (c *compiler) members(o *objectCheck, n *model.Node, named bool) {
	properties := n.Properties()
	if properties == nil {
		return
	}
	for _, m := range properties.Members() {
		if _, again := o.index[m.Name]; again {
			continue
		}
		own := c.compile(properties.Get(m.Name), named)
		if all := o.matching(m.Name); all != nil {
			own = allOf(append(all, own))
		}
		k := &o.members[o.member(m.Name)]
		k.check, k.named = own, true
	}
}

// depend adds what depends on a member.
func (c *compiler) depend(o *objectCheck, n *model.Node) {
	list := n.Object("dependencies")
	if list == nil {
		return
	}
	for name, on := range list.Fields() {
		d := dependency{member: o.member(name)}
		if on.IsArray() {
			d.need = o.numbers(on)
		} else {
			d.check = c.compile(on, false)
		}
		o.depend = append(o.depend, d)
	}
}

// numbers returns the numbers of the members that a list names.
func (o *objectCheck) numbers(list *model.Node) (all []int) {
	for _, name := range list.Elements() {
		all = append(all, o.member(name.Raw.Unquote()))
	}
	return all
}

// wants makes members those that must be there.
func (o *objectCheck) wants(members ...int) {
	for _, k := range members {
		if k < 64 {
			o.need |= 1 << k
		} else {
			o.needHigh = append(o.needHigh, k)
		}
	}
}

// place gives an object its place in Run.usual.
func (c *compiler) place(o *objectCheck) {
	o.slot, o.words = c.slots, max(0, len(o.members)-1)/64
	c.slots += len(o.members) + 2
	c.objects = append(c.objects, o)
}

// keyKinds are the kinds that a key may be of.
const keyKinds = kinds.String | kinds.Boolean | kinds.Integer | kinds.Number

// narrow returns a check that allows these kinds alone; c may be nil.
func (c *check) narrow(k kinds.Set) *check {
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
func (c *compiler) expect(root *check, fields []string, value string) *check {
	if len(fields) == 0 && value == "" {
		return root
	}
	own := check{kinds: kinds.Any}
	if root != nil {
		own = *root
	}
	o := own.object.clone()
	for _, name := range fields {
		k := o.member(name)
		o.wants(k)
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
