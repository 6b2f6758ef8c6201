// Package selection reads which streams and fields a person wants, without a catalog:
//
//	s, err := selection.Parse([]string{"orders", "shops.*", "!orders.note"})
//	names, err := s.Streams(def.Names())
//	entry, err := s.Entry("orders", schema)
//
// A pattern is the name of a stream, or of a stream and a field in it (shops.address.city;
// arrays do not count), with * for anything within a name. One with ! before it leaves out
// what it names, whatever else is said and in whichever order. Where all patterns leave
// something out, the rest is selected. A stream that is named is wanted whole, unless other
// patterns name fields of it and none names the stream. Primary and replication keys leave
// in any case: package plan sees to that.
//
// A name that matches nothing is an error with the name that was likely meant, and so is a
// selection that leaves nothing.
package selection
