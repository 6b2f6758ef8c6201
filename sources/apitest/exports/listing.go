package exports

import (
	"slices"
	"strconv"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// listID stands for a job in the links of a listing.
const listID = "reports"

// Listing returns the collection /listing, by cursor, 10 on a page, of files that
// need no job, in the order in which they were modified. Parameters from and to
// filter by updated_at:
//
//	{"id":"report-1","name":"2024-01-01.csv","updated_at":"2024-01-01T00:00:00Z",
//	 "url":"https://files.example/files/reports/0?expires=…&sig=…",
//	 "size":2041,"sha256":"9f86d0…"}
//
// Each answer has fresh links. A Server has one listing.
func (e *Server) Listing(files ...File) apitest.Collection {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = listing{files, jobOf(files)}
	return apitest.Collection{
		Path:   "/listing",
		Style:  apitest.Cursor,
		Made:   apitest.Made{Count: len(files), Record: e.report},
		Size:   10,
		Form:   apitest.Form{HasMore: true},
		Filter: apitest.Filter{Field: "updated_at", From: "from", To: "to", Ascending: true},
	}
}

// listing is what [Server.Listing] lists.
type listing struct {
	files []File // as they were before requests changed them
	job   *job   // serves them, as jobs serve theirs
}

// jobOf returns a job that nobody asked for, whose N is 0, with these files; nil for
// none.
func jobOf(files []File) *job {
	if files == nil {
		return nil
	}
	j := &job{Job: Job{ID: listID}}
	for n, f := range files {
		j.files = append(j.files, newFile(f, n))
	}
	return j
}

// reportAnswer is a record of a listing.
type reportAnswer struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	UpdatedAt time.Time `json:"updated_at"`
	URL       string    `json:"url"`
	Size      int       `json:"size"`
	SHA256    string    `json:"sha256"`
}

// report returns the i-th record of the listing.
func (e *Server) report(i int) []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	order := make([]int, len(e.list.job.files))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return e.list.job.files[a].Modified.Compare(e.list.job.files[b].Modified)
	})
	n := order[i]
	f := e.list.job.files[n]
	return marshal(reportAnswer{
		ID:        "report-" + strconv.Itoa(n+1),
		Name:      f.Name,
		UpdatedAt: f.Modified.UTC(),
		URL:       e.links.sign(e, e.links.origin, listID, n),
		Size:      len(f.Data),
		SHA256:    f.sum,
	})
}
