//go:build unix

package main_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/tidwall/gjson"
)

// reportZip has an archive with a file for each day, and one that is none.
func (api *recipeAPI) reportZip(w http.ResponseWriter, r *http.Request) {
	from, err := time.Parse(time.DateOnly, r.URL.Query().Get("from"))
	to, err2 := time.Parse(time.DateOnly, r.URL.Query().Get("to"))
	switch {
	case lacks(w, r, "X-Api-Key", "s3cret"):
		return
	case r.URL.Path != "/v1/daily.zip" || err != nil || err2 != nil || to.Before(from):
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	archive := zip.NewWriter(w)
	write := func(name, text string) {
		if file, err := archive.Create(name); err == nil {
			_, _ = io.WriteString(file, text) // the client may be gone
		}
	}
	write("readme.txt", "Not a report.\n")
	for day, rows := range byPart(api.since(from), time.DateOnly) {
		if day > to.Format(time.DateOnly) {
			continue
		}
		text := "day;campaign;clicks;cost\r\n"
		for i, row := range rows {
			cost := fmt.Sprintf("%d.50", row.n)
			if i == 0 {
				cost = ""
			}
			text += fmt.Sprintf("%s;\"%s\";%d;%s\r\n", day, row.key(), row.n, cost)
		}
		write("day-"+day+".csv", text)
	}
	_ = archive.Close() // likewise
}

// byPart cuts rows into those of a day, or of a month, as a layout writes them.
func byPart(rows []recipeRow, layout string) map[string][]recipeRow {
	parts := map[string][]recipeRow{}
	for _, row := range rows {
		part := row.at.Format(layout)
		parts[part] = append(parts[part], row)
	}
	return parts
}

// bulk has jobs that are done at the second poll, and whose files of 500 rows lie on
// another host.
func (api *recipeAPI) bulk(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/store/") {
		api.bulkFile(w, r)
		return
	}
	if lacks(w, r, "Authorization", "Bearer s3cret") {
		return
	}
	id, polled := strings.CutPrefix(r.URL.Path, "/api/jobs/")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/api/jobs":
		body, _ := io.ReadAll(r.Body)
		job := gjson.ParseBytes(body)
		since, err := time.Parse(time.RFC3339, job.Get("from").Str)
		if err != nil || job.Get("object").Str != "orders" || job.Get("to").Str == "" {
			refuse(w, http.StatusBadRequest, string(body))
			return
		}
		api.polls.Store(0)
		answerJSON(w, map[string]any{"id": since.Format("20060102T150405Z"), "state": "queued"})
	case r.Method == http.MethodDelete && polled:
		w.WriteHeader(http.StatusNoContent)
	case api.polls.Add(1) == 1:
		answerJSON(w, map[string]any{"id": id, "state": "running"})
	default:
		since, _ := time.Parse("20060102T150405Z", id)
		var files []map[string]any
		for from := 0; from < len(api.since(since)); from += 500 {
			files = append(files, map[string]any{"url": fmt.Sprintf("%s/store/%s/%d?X-Amz-Expires=60&X-Amz-Signature=abcdefgh%d",
				strings.Replace(api.url, "127.0.0.1", "localhost", 1), id, from, api.polls.Load())})
		}
		answerJSON(w, map[string]any{"id": id, "state": "complete", "files": files})
	}
}

// bulkFile is a file that whoever has the link may have.
func (api *recipeAPI) bulkFile(w http.ResponseWriter, r *http.Request) {
	var id string
	var from int
	if n, _ := fmt.Sscanf(strings.ReplaceAll(r.URL.Path, "/", " "), " store %s %d", &id, &from); n != 2 || r.URL.Query().Get("X-Amz-Signature") == "" || r.Header.Get("Authorization") != "" {
		refuse(w, http.StatusForbidden, r.URL.String())
		return
	}
	since, _ := time.Parse("20060102T150405Z", id)
	rows, _ := cut(api.since(since), from, 500)
	text := "id,total,updated_at\n"
	for _, row := range rows {
		text += fmt.Sprintf("%s,%d.10,%s\n", row.key(), row.n, row.at.Format(time.RFC3339))
	}
	answerGzip(w, text)
}

func answerGzip(w http.ResponseWriter, text string) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text) // memory
	_ = z.Close()
	w.Header().Set("Content-Type", "application/gzip")
	_, _ = w.Write(b.Bytes()) // the client may be gone
}

// monthly has a file for each month, which changes when a row of it does.
func (api *recipeAPI) monthly(w http.ResponseWriter, r *http.Request) {
	if lacks(w, r, "Authorization", "Bearer s3cret") {
		return
	}
	months := byPart(api.rows, "2006-01")
	if month, found := strings.CutPrefix(r.URL.Path, "/v1/files/"); found {
		var text strings.Builder
		for _, row := range months[month] {
			line, _ := json.Marshal(map[string]any{"id": row.key(), "at": row.at})
			text.Write(append(line, '\n'))
		}
		answerGzip(w, text.String())
		return
	}
	since, err := time.Parse(time.RFC3339, r.URL.Query().Get("updated_since"))
	if r.URL.Path != "/v1/files" || err != nil {
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	var files []map[string]any
	for month, rows := range months {
		at := rows[len(rows)-1].at
		if rows[len(rows)-1].n > 1500 { // the file was written anew, between the two runs
			at = time.Now().UTC()
		}
		if !at.Before(since) {
			files = append(files, map[string]any{"kind": "events", "month": month, "updated_at": at, "url": api.url + "/v1/files/" + month},
				map[string]any{"kind": "summary", "month": month, "updated_at": at})
		}
	}
	slices.SortFunc(files, func(a, b map[string]any) int {
		return strings.Compare(fmt.Sprint(a["month"], a["kind"]), fmt.Sprint(b["month"], b["kind"]))
	})
	from := param(r, "cursor", 0)
	out := map[string]any{"files": files[from:min(from+2, len(files))], "next": nil}
	if from+2 < len(files) {
		out["next"] = fmt.Sprint(from + 2)
	}
	answerJSON(w, out)
}

// s3 lists objects, a hundred on a page.
func (api *recipeAPI) s3(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=me/") || r.Header.Get("X-Amz-Content-Sha256") == "" {
		refuse(w, http.StatusForbidden, r.Header.Get("Authorization"))
		return
	}
	if r.URL.Path != "/" || q.Get("list-type") != "2" || q.Get("prefix") != "orders/" {
		refuse(w, http.StatusBadRequest, r.URL.String())
		return
	}
	from := param(&http.Request{URL: r.URL}, "continuation-token", 0)
	rows, more := cut(api.rows, from, 100)
	w.Header().Set("Content-Type", "application/xml")
	text := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name><Prefix>orders/</Prefix>` +
		fmt.Sprintf("<KeyCount>%d</KeyCount><MaxKeys>100</MaxKeys><IsTruncated>%v</IsTruncated>", len(rows), more)
	if more {
		text += fmt.Sprintf("<NextContinuationToken>%d</NextContinuationToken>", from+100)
	}
	for _, row := range rows {
		text += fmt.Sprintf("<Contents><Key>orders/%s</Key><LastModified>%s</LastModified><ETag>&quot;%x&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>",
			row.key(), row.at.Format("2006-01-02T15:04:05.000Z"), row.n, 10*row.n)
	}
	_, _ = io.WriteString(w, text+"</ListBucketResult>") // the client may be gone
}
