package tap_test

import (
	"slices"
	"strings"
	"testing"
)

// TestRefusedPageIsAskedForAgain: a page that no record of can leave is served by the
// journal once more, where a definition that was mended lets it pass without a call;
// after that the API is asked again, which may have mended it.
func TestRefusedPageIsAskedForAgain(t *testing.T) {
	const strict = partitioned + "  - {name: shops, path: /shops, schema: {properties: {id: {type: integer, maximum: 9}}}}\n"
	for _, mends := range []string{"nobody", "the API", "the definition"} {
		t.Run(mends, func(t *testing.T) {
			api := newShops().add("/shops", row{ID: 1}, row{ID: 2}, row{ID: 3}, row{ID: 10}, row{ID: 5})
			s := setup{definition: strict, workDir: memoryFolder(t), api: api}
			var calls, failed []int
			for n := range 4 {
				api.asked = nil
				r := s.run(t)
				asked := slices.ContainsFunc(api.asked, func(at string) bool { return strings.HasSuffix(at, "after=2") })
				calls = append(calls, 0)
				if asked {
					calls[n] = 1
				}
				if s.state = r.state(); r.err != nil {
					failed = append(failed, n)
				}
				if said := strings.Contains(r.log, "the next run asks the API for it again"); said != (r.err != nil && !asked) {
					t.Errorf("run %d: asked %v, error %v, log %s", n, api.asked, r.err, r.log)
				}
				switch {
				case n > 0:
				case mends == "the API":
					api.rows["/shops"][3].ID = 4
				case mends == "the definition":
					s.definition = strings.Replace(strict, "maximum: 9", "maximum: 99", 1)
				}
				if r.err == nil {
					break
				}
			}
			switch mends {
			case "nobody":
				if len(failed) != 4 || !slices.Equal(calls, []int{1, 0, 1, 0}) {
					t.Errorf("runs %v fail; calls %v", failed, calls)
				}
			case "the API":
				if len(failed) != 2 || !slices.Equal(calls, []int{1, 0, 1}) {
					t.Errorf("runs %v fail; calls %v", failed, calls)
				}
			default:
				if len(failed) != 1 || !slices.Equal(calls, []int{1, 0}) {
					t.Errorf("runs %v fail; calls %v", failed, calls)
				}
			}
		})
	}
}
