package raw

// Rows are what is known of JSON objects that were made of the rows of a file and
// lie one behind another in a text.
type Rows struct {
	Columns []Column // of all of them, each the same
	Values  []int32  // where each value of each object ends in the text
	Odd     []int    // objects with a value of another type than its column's, in their order
}

// Column is a member that all objects have, at the same place among them. Nothing
// stands around members and their values but commas.
type Column struct {
	Key   Text     // with its quotes
	Types []string // that its values are of, by JSON Schema's words: numbers without an exponent, in no more than MaxNumber bytes
}

// MaxNumber is how long a number is at most that is of its column's type.
const MaxNumber = 32
