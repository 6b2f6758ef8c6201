package state_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/state"
)

// hashes are so many hashes of contexts.
func hashes(n int, seed uint64) state.Contexts {
	r := rand.New(rand.NewPCG(seed, 1))
	all := make(state.Contexts, n)
	for i := range all {
		all[i] = max(1, r.Uint64())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestContextsText: contexts are read as they were written, also as they once were,
// and many take 8.2 bytes each.
func TestContextsText(t *testing.T) {
	dense := make(state.Contexts, 3000)
	for i := range dense {
		dense[i] = uint64(i + 1)
	}
	tests := map[string]state.Contexts{
		"one": {42}, "the least": {1}, "the greatest": {math.MaxUint64}, "both": {1, math.MaxUint64},
		"last two": {math.MaxUint64 - 1, math.MaxUint64}, "dense": dense, "few": hashes(7, 1), "many": hashes(100_000, 2),
	}
	for seed := range uint64(300) {
		tests[string(rune('a'+seed))] = hashes(1+int(seed), seed)
	}
	for name, want := range tests {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got, old state.Contexts
		if err := json.Unmarshal(text, &got); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%s: %v, and %d hashes of %d", name, err, len(got), len(want))
		}
		if per := float64(len(text)) / float64(len(want)); len(want) == 100_000 && (per > 8.2 || per < 8) {
			t.Errorf("%s take %.2f bytes each", name, per)
		}
		var b []byte
		for _, hash := range want {
			b = binary.BigEndian.AppendUint64(b, hash)
		}
		if err := json.Unmarshal([]byte(`"`+base64.StdEncoding.EncodeToString(b)+`"`), &old); err != nil || !slices.Equal(old, want) {
			t.Fatalf("%s, 8 bytes each: %v, and %d hashes of %d", name, err, len(old), len(want))
		}
	}
}

// FuzzContexts: any text is an error, or contexts that ascend and are written and
// read again as they are.
func FuzzContexts(f *testing.F) {
	for _, text := range []string{``, `63:`, `0:gA`, `47:qrs`, `64:AA`, `-1:AA`, `0:AAAA`, `x:y`, `62:////`, `AAAAAAAAAAE=`, `AAAAAAAAAAEAAAAAAAAAAQ==`, `8:AAAAAAAA`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := json.Marshal(text)
		if err != nil {
			t.Skip()
		}
		var all, again state.Contexts
		if json.Unmarshal(raw, &all) != nil {
			return
		}
		for i := 1; i < len(all); i++ {
			if all[i-1] >= all[i] {
				t.Fatalf("%q is read as %x", text, all)
			}
		}
		if raw, err = json.Marshal(all); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &again); err != nil || !slices.Equal(all, again) {
			t.Fatalf("%q is read as %x, written as %s, and read as %x: %v", text, all, raw, again, err)
		}
	})
}
