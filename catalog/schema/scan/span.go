package scan

// Span is a range of bytes of a page, [Start, End): of its body or, from the
// body's length on, of what was made for it.
type Span struct{ Start, End int }
