//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// longRow is a row of a long file; rows differ in their ids alone.
const longRow = `%d,12345678901234567890.10,2025-01-02T00:00:00Z,"Teapot with infuser, 1.2 l",kitchen,Main Street 1,,true` + "\n"

// longFile is an API of one CSV file, packed by gzip, that is made as it is sent.
type longFile struct{ rows int64 }

func (f longFile) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		panic(err)
	}
	b := bufio.NewWriterSize(z, 64<<10)
	fmt.Fprintln(b, "id,n,updated_at,name,tag,street,note,open")
	var line []byte
	for i := range f.rows {
		line = fmt.Appendf(line[:0], longRow, 1_000_000_000+i)
		b.Write(line)
	}
	b.Flush() // a client that is gone is no matter
	z.Close()
}

// repeated is an API of one file that is made of parts as it is sent.
type repeated struct {
	begin []byte
	parts []part // one behind the other, and all of them so many times
	times int64
	end   []byte
}

// part is a part of a file that stands there some times.
type part struct {
	times int64
	text  []byte
}

func (f repeated) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Write(f.begin) // a client that is gone is no matter
	for range f.times {
		for _, p := range f.parts {
			for range p.times {
				w.Write(p.text)
			}
		}
	}
	w.Write(f.end)
}

// longAvro is a file of about so many bytes, and how many records it has.
func longAvro(size int64) (f repeated, records int64) {
	const sync, rows = "0123456789abcdef", 400
	bytes := func(to []byte, text string) []byte {
		return append(binary.AppendVarint(to, int64(len(text))), text...)
	}
	f.begin = binary.AppendVarint([]byte("Obj\x01"), 1)
	f.begin = bytes(bytes(f.begin, "avro.schema"), `{"type":"record","name":"r","fields":[{"name":"id","type":"long"},{"name":"note","type":"string"},{"name":"open","type":"boolean"}]}`)
	f.begin = append(append(f.begin, 0), sync...)
	var data []byte
	for i := range int64(rows) {
		data = append(bytes(binary.AppendVarint(data, 1_000_000_000+i), longNote), 1)
	}
	block := binary.AppendVarint(binary.AppendVarint(nil, rows), int64(len(data)))
	f.parts = []part{{1, slices.Concat(block, data, []byte(sync))}}
	f.times = size / int64(len(f.parts[0].text))
	return f, rows * f.times
}

var longNote = strings.Repeat("Teapot with infuser, 1.2 l. ", 7)

// thrift is a structure of Thrift's compact protocol: fields with their numbers, each
// an integer, a text, a structure or a list of structures.
func thrift(fields ...any) (b []byte) {
	last := 0
	for i := 0; i < len(fields); i += 2 {
		id := fields[i].(int)
		head := byte(id-last) << 4
		last = id
		switch v := fields[i+1].(type) {
		case int:
			b = binary.AppendVarint(append(b, head|5), int64(v))
		case int64:
			b = binary.AppendVarint(append(b, head|6), v)
		case string:
			b = append(binary.AppendUvarint(append(b, head|8), uint64(len(v))), v...)
		case []byte:
			b = append(append(b, head|12), v...)
		case [][]byte:
			b = append(binary.AppendUvarint(append(b, head|9, 0xfc), uint64(len(v))), slices.Concat(v...)...)
		}
	}
	return append(b, 0)
}

// longParquet is a file of about so many bytes, in eight groups of rows with pages of
// 1 MB, and how many records it has.
func longParquet(size int64) (f repeated, records int64) {
	const groups, rows, int64s, texts, plain = 8, 5000, 2, 6, 0
	page := func(values []byte) []byte {
		data := thrift(1, rows, 2, plain, 3, 3, 4, 3)
		return append(thrift(1, 0, 2, len(values), 3, len(values), 5, data), values...)
	}
	var ids, notes []byte
	for i := range uint64(rows) {
		ids = binary.LittleEndian.AppendUint64(ids, 1_000_000_000+i)
		notes = append(binary.LittleEndian.AppendUint32(notes, uint32(len(longNote))), longNote...)
	}
	columns := [][]byte{page(ids), page(notes)}
	times := size / groups / int64(len(columns[0])+len(columns[1]))
	at := int64(4)
	var all [][]byte
	for range groups {
		var chunks [][]byte
		for i, kind := range []int{int64s, texts} {
			long := times * int64(len(columns[i]))
			meta := thrift(1, kind, 2, [][]byte{}, 3, [][]byte{}, 4, 0, 5, times*rows, 6, long, 7, long, 9, at)
			chunks = append(chunks, thrift(2, at, 3, meta))
			at += long
		}
		all = append(all, thrift(1, chunks, 2, at, 3, times*rows))
	}
	records = groups * times * rows
	schema := [][]byte{thrift(3, 0, 4, "r", 5, 2), thrift(1, int64s, 3, 0, 4, "id"), thrift(1, texts, 3, 0, 4, "note", 6, 0)}
	footer := thrift(1, 1, 2, schema, 3, records, 4, all)
	f.begin, f.times = []byte("PAR1"), groups
	f.parts = []part{{times, columns[0]}, {times, columns[1]}}
	f.end = append(binary.LittleEndian.AppendUint32(footer, uint32(len(footer))), "PAR1"...)
	return f, records
}

// TestLongFileMemory reads files that are many times as long as the memory they may
// take.
func TestLongFileMemory(t *testing.T) {
	csv := longFile{rows: int64(chooseOf(40, 70, 5000)) * 1e6 / int64(len(fmt.Appendf(nil, longRow, 1_000_000_000)))}
	size := int64(choose(30, 1000)) * 1e6
	avro, avroRecords := longAvro(size)
	parquet, parquetRecords := longParquet(size)
	for _, tt := range []struct {
		name    string
		file    http.Handler
		records int64
		decode  string
		limit   int
	}{
		{"csv", csv, csv.rows, "{format: csv, unpack: [gzip]}", choose(48<<20, 40e6)},
		{"avro", avro, avroRecords, "avro", 64e6},
		{"parquet", parquet, parquetRecords, "parquet", 256e6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.file)
			defer server.Close()
			r := newRig(t)
			r.url, r.pagination = server.URL, "{type: none}"
			r.stream = `records: "@this"
    primary_key: [id]
    decode: ` + tt.decode + `
    schema: {properties: {id: {type: integer}, n: {type: number}, note: {type: ["null", string]}, open: {type: boolean}}}`
			memoryOf(t, r, tt.records, int64(tt.limit))
		})
	}
}

// memoryOf runs the program, and checks how many records come and how much memory it
// takes.
func memoryOf(t *testing.T, r *rig, want, limit int64) {
	t.Helper()
	most := int64(0)
	for range 3 { // a machine that is busy keeps the collector from its turn
		began := time.Now()
		p := r.start(t, "")
		memory := peak(p)
		records, last := countLines(t, p.reader)
		p.wait(t)
		if !p.status.Exited() || p.status.ExitStatus() != 0 {
			t.Fatalf("got %v; stderr:\n%s", p.status, p.stderr.String())
		}
		if records != want || !bytes.HasPrefix(last, []byte(`{"type":"STATE"`)) {
			t.Errorf("got %d records of %d, and last %.100s", records, want, last)
		}
		most = memory()
		t.Logf("%d records in %s, peak %.1f MB", want, time.Since(began).Round(time.Millisecond), float64(most)/1e6)
		if most <= limit {
			return
		}
	}
	t.Errorf("it took %d bytes of memory three times, want at most %d", most, limit)
}
