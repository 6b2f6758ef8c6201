package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Key is the 128-bit key of stream, context and window. There are no
// contexts yet: theirs is the empty object.
func Key(stream string, w Window) string {
	name, _ := json.Marshal(stream) // a string is always JSON
	text := append(name, `,{},`...)
	text = append(w.Start.AppendJSON(text), ',')
	text = w.End.AppendJSON(text)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
