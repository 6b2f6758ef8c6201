// Package draft is a definition under construction: what is known of an API,
// with the evidence for it, and what a person still has to say.
//
//	var d draft.Definition
//	d.Root.Set("version", 1, "").Set("name", "shop", "")
//	stream := new(draft.Map)
//	stream.Set("records", "data", "a list of 50 objects in the answer")
//	stream.Ask("replication_key", "updated_at", "Does updated_at move whenever a record changes?")
//	d.Root.Set("streams", []any{stream}, "")
//	text := d.AppendYAML(nil)
//
// A Map is a mapping, an Entry one key of it. An entry that is Open is not
// proven: it is written as comment lines, from which a person takes the # away.
// What the source says and no key carries goes into Left.
//
// Promises. What AppendYAML writes is YAML in which each value that was set
// reads back as the same text, number, boolean or null, whatever characters it
// has; keys keep their order; a note is a comment and never a value. A
// mapping is written on one line where it has no notes and is short, in
// several lines otherwise. Package definition decides whether the keys mean
// something.
package draft
