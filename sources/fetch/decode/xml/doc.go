// Package xml makes a JSON document of an XML document, so that paths into it, to the
// records and to what stands beside them, work as in answers that are JSON.
//
// The document {"Root":{…}} holds the root element by its name. An element becomes
//
//	in XML                                      in JSON
//	<a>text</a>                                 "text"; line ends as XML has them, nothing is trimmed
//	<a></a>, <a/>                               null
//	white space alone, a line end among it      null (layout); without a line end it is text
//	<a xsi:nil="true"/>                         null
//	<a b="1">text</a>                           {"@b":"1","#text":"text"}
//	<a b="1"/>                                  {"@b":"1"}; line ends and tabs in attributes stay
//	<a><b>1</b><c>2</c></a>                     {"b":"1","c":"2"}, in the document's order
//	<a><b>1</b><c>2</c><b>3</b></a>             {"b":["1","3"],"c":"2"}, where the name came first
//	<a>one <b>2</b> three</a>                   {"#text":"one  three","b":"2"}: the pieces of text joined
//	white space alone between elements          nothing
//	<![CDATA[text]]>                            text
//	comments, processing instructions           nothing
//	<p:a q:b="1"/>                              {"a":{"@b":"1"}}: names without prefixes
//	xmlns="…", xmlns:p="…", xsi:nil             nothing
//
// Names that differ only in their namespace are one name: elements and attributes of
// that name in one element are an array.
//
// The schema of a record says more, as text has no types:
//
//	the schema at that place allows             then
//	an array                                    an element that came once is an array of one, an empty one is []
//	no string, but an integer                   text that is one (-?0 or digits without a leading 0) is a number
//	no string, but a number                     text that is a JSON number is a number, its digits as they stand
//	no string, but a boolean                    true and false are booleans
//
// White space around such text is dropped. Text that is nothing of that kind stays text
// and is for the check of the schema to refuse: nothing is guessed. type, properties,
// items, anyOf and oneOf of a schema are looked at.
//
// Records are the elements at a path of names from the root on. They are made one at a
// time, as they come, and stand first in the object of their parent, as an array also
// where there is one only or none. What stands beside them is kept, up to 8 MiB, and
// comes behind them. An element on the way to the records must not come twice in its
// parent. Where the root has another name, or no path is given, the document is made as
// a whole, up to 8 MiB.
//
// No entities are expanded but XML's own five and characters by number; a document that
// declares entities or attributes is refused, and nothing outside of it is ever read.
// Encodings are UTF-8, UTF-16 with a byte order mark, and what the XML declaration
// names. Offsets in errors count the bytes of the text in UTF-8.
//
// A tag may have 1 MiB, a text, a CDATA section and a comment 50 MiB, and the names and
// namespaces of all elements that are open 8 MiB. But for that the tokens are those that
// encoding/xml reads, and what it refuses is refused for the same reason at the same
// byte.
package xml
