package schema

import (
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/catalog/schema/scan"
	"github.com/tap-rest/tap-rest/testshare"
)

var fastSeed = flag.Uint64("fast.seed", 0, "the one round to try again: of the subtest that failed, the seed that it printed")

// How long each test goes on where there is time for it: TAP_REST_FULL_TESTS
// is set. Else it makes a number of rounds.
const (
	fullRandomTime  = 4 * time.Minute
	fullKeywordTime = 7 * time.Second
	fullFormatTime  = 5 * time.Second
)

// recordsByRound is how many records are held against each random schema.
const recordsByRound = 8

// Random schemas of all keywords, each with records made for it.
func TestFastRandom(t *testing.T) {
	tryRounds(t, 700, fullRandomTime, func(m *maker) *sample { return m.document("") })
}

// Random schemas in which one keyword stands near the top, alone and in
// company, plain and under not, oneOf and if.
func TestFastKeywords(t *testing.T) {
	for _, keyword := range sortedKeys(keywordParts()) {
		t.Run(keyword, func(t *testing.T) {
			tryRounds(t, 60, fullKeywordTime, func(m *maker) *sample { return m.document(keyword) })
		})
	}
}

// Each format with texts at its border.
func TestFastFormats(t *testing.T) {
	for _, name := range formatNames {
		t.Run(name, func(t *testing.T) {
			tryRounds(t, 60, fullFormatTime, func(m *maker) *sample {
				m.formats = []string{name}
				return m.document("format")
			})
		})
	}
}

// tryRounds makes schemas, each by a seed of its own, and holds records
// against them.
func tryRounds(t *testing.T, rounds int, fullTime time.Duration, document func(m *maker) *sample) {
	t.Helper()
	rounds = testshare.Seeds(rounds)
	if *fastSeed != 0 {
		tryRound(t, *fastSeed, &share{}, document)
		return
	}
	until := time.Now().Add(fullTime)
	full := os.Getenv("TAP_REST_FULL_TESTS") != ""
	var sum share
	compiled, round := 0, 0
	first := seedOf(t.Name())
	if full {
		first = rand.Uint64() >> 1
	}
	for ; full && time.Now().Before(until) || !full && round < rounds; round++ {
		if tryRound(t, first+uint64(round), &sum, document) {
			compiled++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%6d of %6d schemas compile, %v", compiled, round, &sum)
	if testshare.Race {
		return // a few say nothing
	}
	if compiled < round/4 || sum.fit < sum.records/20 {
		t.Errorf("too few schemas compile or too few records fit to say anything: %d of %d, %v", compiled, round, &sum)
	}
}

// seedOf returns where a test's seeds begin, so that no two make the same
// schemas.
func seedOf(name string) uint64 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return uint64(h.Sum32())
}

// tryRound makes the schema of one seed and says whether it compiles.
func tryRound(t *testing.T, seed uint64, sum *share, document func(m *maker) *sample) bool {
	t.Helper()
	m := newMaker(seed)
	doc := document(m)
	if !json.Valid([]byte(doc.text)) {
		t.Fatalf("seed %d: the schema made is not JSON: %s", seed, doc.text)
	}
	s, err := Compile([]byte(doc.text))
	if err != nil {
		return false
	}
	record := ""
	for i := range recordsByRound {
		if i%3 == 2 {
			record = m.mutate(record)
		} else {
			record = doc.value(4)
		}
		if err := scan.Prove([]byte(record)); err != nil || !strings.HasPrefix(record, "{") {
			t.Fatalf("seed %d: the record made is no JSON object: %v: %s", seed, err, record)
		}
		f := lookInto(s, []byte(record))
		sum.add(f)
		if f.fault != "" {
			t.Errorf("%s\nseed %d (-run '%s' -fast.seed %[2]d)\nschema %[4]s\nrecord %s", f.fault, seed, t.Name(), doc.text, record)
			return true
		}
	}
	return true
}

var scalarText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null`)

func unquoted(text string) string {
	var s string
	mustDecode(text, &s)
	return s
}

func mustDecode(text string, into any) {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		panic(fmt.Sprintf("%v: %s", err, text))
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
