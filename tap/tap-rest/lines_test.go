package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log"
	"os"
)

// lines is a program to measure tap-rest by. It splits the plain CSV file at its first
// argument into RECORD lines, all of whose values are strings: it knows no quotes and
// no escapes, and neither asks an API nor proves, checks, keeps or resumes anything.
func lines() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	in := bufio.NewReaderSize(file, 64<<10)
	header, err := in.ReadSlice('\n')
	if err != nil {
		log.Fatal(err)
	}
	leads := [][]byte{[]byte(`{"type":"RECORD","stream":"rows","record":{"`)}
	for i, name := range bytes.Split(bytes.TrimSpace(header), []byte(",")) {
		if i > 0 {
			leads = append(leads, []byte(`","`))
		}
		leads[i] = append(append(leads[i], name...), `":"`...)
	}
	var out []byte
	for {
		row, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			log.Fatal(err)
		}
		if len(row) > 0 {
			out = appendLine(out, leads, bytes.TrimSuffix(row, []byte("\n")))
		}
		if len(out) > 64<<10 || err != nil {
			if _, err := os.Stdout.Write(out); err != nil {
				log.Fatal(err)
			}
			out = out[:0]
		}
		if err != nil {
			return
		}
	}
}

// appendLine appends the RECORD line of a row.
func appendLine(out []byte, leads [][]byte, row []byte) []byte {
	for _, lead := range leads {
		out = append(out, lead...)
		field, rest, _ := bytes.Cut(row, []byte(","))
		out = append(out, field...)
		row = rest
	}
	return append(out, "\"}}\n"...)
}
