package raw

// Items steps through the members of an object or the elements of an array. All
// positions are indexes into the whole text.
type Items struct {
	Text  Text
	Keyed bool // they are members

	At    int  // behind the opening bracket or the last comma; at the end, where the rest begins
	Index int  // of the element or member, from 0
	From  int  // where it begins, white space included
	Key   Text // its name as it is written, in its quotes; nil in arrays
	Start int  // its value is Text[Start:End]
	End   int
	To    int // where it ends, white space included
}

// Items returns the items of the value that begins at t[i]. Anything but an
// object or array has none.
func (t Text) Items(i int) Items {
	if i >= len(t) || t[i] != '{' && t[i] != '[' {
		return Items{At: len(t)}
	}
	return Items{Text: t, Keyed: t[i] == '{', At: i + 1, Index: -1}
}

// Next goes to the next item and says whether there is one.
func (c *Items) Next() bool {
	t := c.Text
	if c.Keyed {
		key, value, ok := t.Member(c.At)
		if !ok {
			return false
		}
		c.Key, c.Start = key, value
	} else {
		i := t.AfterSpace(c.At)
		if i >= len(t) || t[i] == ']' {
			return false
		}
		c.Start = i
	}
	end := t.AfterValue(c.Start)
	to := t.AfterSpace(end)
	c.From, c.End, c.To, c.At = c.At, end, to, to
	if to < len(t) && t[to] == ',' {
		c.At++
	}
	c.Index++
	return end > c.Start
}

// Value returns the value of the present item.
func (c *Items) Value() Text { return c.Text[c.Start:c.End] }
