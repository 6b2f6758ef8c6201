package recorded_test

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
)

// TestFiles: a run that goes on from the journal knows of the files of a job what the
// one before knew.
func TestFiles(t *testing.T) {
	for _, want := range []paging.Files{
		{}, {Count: 1}, {Count: 3, Order: "0123456789abcdef"},
		{Count: 3, Order: "0123456789abcdef", Says: []paging.Said{{Key: "rows", Records: 7}, {Key: "a b", Value: "é\n", Advice: "x"}}},
	} {
		h := http.Header{}
		recorded.SetFiles(h, want)
		if got, known := recorded.Files(h); !known || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %t, want %+v", got, known, want)
		}
	}
	if got, known := recorded.Files(http.Header{}); known {
		t.Errorf("no header: got %+v", got)
	}
}
