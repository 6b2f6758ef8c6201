package apitest

import "github.com/tap-rest/tap-rest/catalog/raw"

// Field returns a top-level field of a record as text, "" where there is none or where it is an
// object or an array. It judges nothing: rows may be broken on purpose.
func Field(record []byte, name string) string {
	value := raw.Text(record).Field(name)
	if len(value) == 0 || value[0] == '{' || value[0] == '[' {
		return ""
	}
	return value.Scalar()
}
