// Package catalog says which streams of an API, and which fields of them, are
// wanted: it reads the catalogs that users and orchestrators hand in, writes
// the ones that discovery hands out, and cuts out of records and schemas what
// nobody asked for.
//
// # Terms
//
// A catalog is a list of entries, one per stream: its name, its JSON Schema,
// its keys, and metadata. A piece of metadata belongs to a breadcrumb, the
// place of a field in the schema: [] is the stream itself,
// ["properties", "customer", "properties", "name"] a nested field, and
// ["properties", "lines", "items", "properties", "sku"] a field of the objects
// in an array. Its inclusion is "available", "automatic" (always there) or
// "unsupported" (never there); selected is the user's word, selected-by-default
// the tap's.
//
// A path is a breadcrumb without its schema keywords: customer, name. Arrays do
// not show in it, so lines, sku is a field of every element of lines. A Mask is
// the set of paths that leave the records.
//
// # Promises
//
// Cutting works on bytes: whatever of a record is kept leaves as it came,
// numbers with all their digits and keys in their order. It costs one walk over
// the record and allocates nothing.
//
// Keys and the replication key are never cut, and neither is a field that the
// catalog does not know.
//
// A catalog is read as its writers mean it, and where they differ as the Singer
// SDK resolves it. What cannot be meant is an [Error] that names the place.
package catalog
