package body

import "github.com/tap-rest/tap-rest/catalog/raw"

// batches are what a decoded body is read in where its text is an array of records
// that were made one by one: their borders are known.
type batches interface {
	Batch() (text []byte, ends []int, err error)
	Skip() (n int, text []byte, err error)
	Proven() bool
	Batched(keys int) bool
	Rest() []byte
	Columns() *raw.Rows
}

// Batched reports whether the body can be read in batches, in place of its text, by who
// looks for records at a path of so many keys.
func (r *Reader) Batched(keys int) bool {
	text, ok := r.in.text.(batches)
	return ok && text.Batched(keys)
}

// Batch returns the next records, JSON objects one behind another, and where each
// ends. They are good until the next call. Its error is io.EOF behind the last.
func (r *Reader) Batch() (text []byte, ends []int, err error) {
	text, ends, err = r.in.text.(batches).Batch()
	if err != nil {
		err = r.in.ended(err)
	}
	r.needles.Look(text)
	return text, ends, r.count(len(text), err)
}

// Skip passes over the next records, and returns how many there were, perhaps none. Its
// errors are Batch's. Where [Reader.Proven] says so of them, they are proven.
func (r *Reader) Skip() (n int, err error) {
	n, text, err := r.in.text.(batches).Skip()
	if err != nil {
		err = r.in.ended(err)
	}
	r.needles.Look(text)
	return n, r.count(len(text), err)
}

// Rest is the text without the records, behind the last batch.
func (r *Reader) Rest() []byte {
	rest := r.in.text.(batches).Rest()
	r.needles.Look(rest)
	return rest
}

// Proven reports whether the records of the last batch are surely JSON.
func (r *Reader) Proven() bool { return r.in.text.(batches).Proven() }

// Columns returns what is known of the records of the last batch besides; nil: nothing.
func (r *Reader) Columns() *raw.Rows { return r.in.text.(batches).Columns() }
