package main

import (
	"bytes"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/tidwall/gjson"
)

// splice is a program to measure tap-rest by. It reads the orders of the API at
// its first argument and splices them into RECORD lines as they come: it
// proves, checks, keeps and resumes nothing. Of encoded bodies, which net/http
// decodes for it, it makes no lines either.
func splice() {
	var body, lines []byte
	for query := "?limit=1000"; query != ""; {
		var encoded bool
		body, encoded = spliceFetch(body, os.Args[1]+"/orders"+query)
		next := gjson.GetBytes(body, "next_page").Str
		if query = ""; next != "" {
			query = "?limit=1000&cursor=" + url.QueryEscape(next)
		}
		if encoded {
			continue
		}
		lines = lines[:0]
		gjson.GetBytes(body, "data").ForEach(func(_, record gjson.Result) bool {
			lines = append(lines, `{"type":"RECORD","stream":"orders","record":`...)
			lines = append(append(lines, record.Raw...), "}\n"...)
			return true
		})
		if _, err := os.Stdout.Write(lines); err != nil {
			log.Fatal(err)
		}
	}
}

// spliceFetch returns a body, in the memory given where it fits.
func spliceFetch(memory []byte, from string) (body []byte, encoded bool) {
	request, err := http.NewRequest(http.MethodGet, from, nil)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	page := bytes.NewBuffer(memory[:0])
	if _, err := page.ReadFrom(answer.Body); err != nil {
		log.Fatal(err)
	}
	return page.Bytes(), answer.Uncompressed
}
