package csv

import "github.com/tap-rest/tap-rest/sources/fetch/decode/file"

// types is a set of JSON's types.
type types = file.Types

const (
	typeNull     = file.Null
	typeBoolean  = file.Boolean
	typeInteger  = file.Integer
	typeFraction = file.Fraction
	typeObject   = file.Object
	typeArray    = file.Array
	typeNumber   = file.Number
	typeText     = file.Text
	anyType      = file.AnyType
)

// scalars are the types that values of a column have which is told to be of them.
const scalars = typeNull | typeBoolean | typeNumber | typeText
