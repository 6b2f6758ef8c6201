package state

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// Contexts are the hashes of contexts, ascending and each once. In JSON they are a
// text of their gaps, see appendGaps: a hundred thousand take 8 bytes each.
type Contexts []uint64

// HashContext is the hash of a context's canonical JSON text; never 0.
func HashContext(text []byte) uint64 {
	sum := sha256.Sum256(text)
	return max(1, binary.BigEndian.Uint64(sum[:8]))
}

// Has reports whether a context is among them.
func (c Contexts) Has(context uint64) bool {
	_, found := slices.BinarySearch(c, context)
	return found
}

// Sum tells sets of contexts apart; 0 is that of none.
func (c Contexts) Sum() (sum uint64) {
	for _, hash := range c {
		sum += hash
	}
	return sum
}

// MarshalJSON writes them.
func (c Contexts) MarshalJSON() ([]byte, error) {
	return append(appendGaps([]byte{'"'}, c), '"'), nil
}

var errContexts = errors.New("contexts: expected hashes of 64 bits, ascending, as text")

// UnmarshalJSON reads them, also as 8 bytes each, in base64.
func (c *Contexts) UnmarshalJSON(raw []byte) error {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		*c = nil
		return err
	}
	read := readGaps
	if !strings.Contains(*text, ":") {
		read = readHashes
	}
	all, ok := read(*text)
	if !ok {
		return errContexts
	}
	*c = all
	return nil
}

// readHashes reads hashes of 8 bytes each, big-endian, which ascend from 1.
func readHashes(text string) (all Contexts, ok bool) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b)%8 != 0 {
		return nil, false
	}
	for before := uint64(0); len(b) > 0; b = b[8:] {
		hash := binary.BigEndian.Uint64(b)
		if hash <= before {
			return nil, false
		}
		all, before = append(all, hash), hash
	}
	return all, true
}

// Owed are partitions that failed for good. Of one that stands among the open
// partitions too, there is the key alone.
type Owed []Open

// MarshalJSON writes them, of what has no position the key.
func (o Owed) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("null"), nil
	}
	all := make([]any, len(o))
	for i := range o {
		all[i] = &o[i]
		if o[i].Next == nil {
			all[i] = o[i].Partition
		}
	}
	return Marshal(all)
}

// UnmarshalJSON reads them, or keys.
func (o *Owed) UnmarshalJSON(raw []byte) error {
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	*o = nil
	for _, one := range all {
		var open Open
		if json.Unmarshal(one, &open.Partition) != nil {
			if err := json.Unmarshal(one, &open); err != nil {
				return err
			}
		}
		*o = append(*o, open)
	}
	return nil
}

// Both returns the contexts that are in both.
func (c Contexts) Both(other Contexts) (both Contexts) {
	for _, one := range c {
		if other.Has(one) {
			both = append(both, one)
		}
	}
	return both
}

// With returns the contexts of both.
func (c Contexts) With(more Contexts) Contexts {
	all := make(Contexts, 0, len(c)+len(more))
	for len(c) > 0 && len(more) > 0 {
		switch {
		case c[0] < more[0]:
			all, c = append(all, c[0]), c[1:]
		case c[0] > more[0]:
			all, more = append(all, more[0]), more[1:]
		default:
			all, c, more = append(all, c[0]), c[1:], more[1:]
		}
	}
	return append(append(all, c...), more...)
}
