package exports_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/exports"
)

// The only file breaks after 40 bytes, and the client goes on from there.
func ExampleServer() {
	exports := &exports.Server{Files: exports.Parts(1, 2, "csv"), Pending: 1, FilesBase: "https://files.example"}
	api := apitest.New(apitest.Extended(exports), apitest.Under("/files/", 1, 1, apitest.CutBody(40)))
	client := &http.Client{Transport: api}

	res, _ := client.Post("http://api.example/exports", "application/json", nil)
	job := res.Header.Get("Location")
	var answer struct {
		Status string
		Files  []struct{ URL string }
	}
	for answer.Status != "ready" {
		res, _ = client.Get(job)
		json.NewDecoder(res.Body).Decode(&answer)
		fmt.Println(answer.Status)
	}
	res, _ = client.Get(answer.Files[0].URL)
	head, err := io.ReadAll(res.Body)
	fmt.Println(err)
	req, _ := http.NewRequest("GET", answer.Files[0].URL, nil)
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-", len(head)))
	req.Header.Set("If-Range", res.Header.Get("ETag"))
	res, _ = client.Do(req)
	rest, _ := io.ReadAll(res.Body)
	fmt.Printf("%s%s", head, rest)
	fmt.Println(len(exports.Jobs()), len(exports.Downloads()), len(exports.Repeated()))
	// Output:
	// pending
	// ready
	// unexpected EOF
	// id,window,name,amount,updated_at
	// 1,,"Row 1, ""odd""",1.01,2024-01-01T00:00:01Z
	// 2,,Row 2,2.02,2024-01-01T00:00:02Z
	// 1 2 0
}
