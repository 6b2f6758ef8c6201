package main

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/klauspost/compress/gzip"
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

// cut is a harder measure than splice: the least that a program can do which
// reads orders. Its own scan, one pass over each body, cuts the records out by
// quotes and brackets alone; it decodes bodies by the fastest library there is.
func cut() {
	transport := &http.Transport{DisableCompression: true}
	var body, lines []byte
	for query := "?limit=1000"; query != ""; {
		body = cutFetch(transport, body, os.Args[1]+"/orders"+query)
		var next string
		lines, next = cutRecords(body, lines[:0])
		if query = ""; next != "" {
			query = "?limit=1000&cursor=" + url.QueryEscape(next)
		}
		if _, err := os.Stdout.Write(lines); err != nil {
			log.Fatal(err)
		}
	}
}

// cutFetch returns a body, in the memory given where it fits.
func cutFetch(transport *http.Transport, memory []byte, from string) []byte {
	request, err := http.NewRequest(http.MethodGet, from, nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "gzip")
	answer, err := transport.RoundTrip(request)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	var in io.Reader = answer.Body
	if answer.Header.Get("Content-Encoding") == "gzip" {
		if in, err = gzip.NewReader(answer.Body); err != nil {
			log.Fatal(err)
		}
	}
	page := bytes.NewBuffer(memory[:0])
	if _, err := page.ReadFrom(in); err != nil {
		log.Fatal(err)
	}
	return page.Bytes()
}

// cutRecords appends the RECORD lines of a body to lines, and returns what is
// to be asked for next.
func cutRecords(body, lines []byte) ([]byte, string) {
	_, rest, ok := bytes.Cut(body, []byte(`"data":[`))
	if !ok {
		log.Fatalf("no records in %.80s", body)
	}
	for len(rest) > 0 && rest[0] != ']' {
		if rest[0] == ',' {
			rest = rest[1:]
		}
		end := cutValue(rest)
		lines = append(lines, `{"type":"RECORD","stream":"orders","record":`...)
		lines = append(append(lines, rest[:end]...), "}\n"...)
		rest = rest[end:]
	}
	_, next, ok := bytes.Cut(rest, []byte(`"next_page":"`))
	if !ok {
		return lines, ""
	}
	end := bytes.IndexByte(next, '"')
	return lines, string(next[:end])
}

// cutValue returns where the object that text begins with ends.
func cutValue(text []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch text[i] {
		case '"':
			for i++; ; i++ {
				i += bytes.IndexByte(text[i:], '"')
				back := i
				for text[back-1] == '\\' {
					back--
				}
				if (i-back)%2 == 0 {
					break
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}
