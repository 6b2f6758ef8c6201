package detect

import (
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	tar := strings.Repeat("\x00", 257) + "ustar\x0000"
	xlsx := "PK\x03\x04" + strings.Repeat("\x00", 22) + "\x13\x00\x00\x00[Content_Types].xml"
	tests := []struct {
		name string
		seen Seen
		want string
	}{
		{"parquet", Seen{ContentType: "text/csv", Begins: []byte("PAR1\x15")}, "parquet"},
		{"avro", Seen{Begins: []byte("Obj\x01\x04")}, "avro"},
		{"xlsx", Seen{ContentType: "application/zip", Begins: []byte(xlsx)}, "xlsx"},
		{"zip", Seen{ContentType: "application/json", Begins: []byte(strings.Replace(xlsx, "[C", "[D", 1))}, "zip"},
		{"zip without members", Seen{Begins: []byte("PK\x05\x06")}, "zip"},
		{"gzip", Seen{ContentType: "text/csv", Begins: []byte("\x1f\x8b\x08")}, "gzip"},
		{"zstd", Seen{Begins: []byte("\x28\xb5\x2f\xfd\x00")}, "zstd"},
		{"bz2", Seen{Begins: []byte("BZh91AY&SY\x00")}, "bz2"},
		{"a table whose column is named so", Seen{Begins: []byte("BZh9,b\n1,2\n")}, "csv ,"},
		{"xz", Seen{Begins: []byte("\xfd7zXZ\x00")}, "xz"},
		{"tar", Seen{Begins: []byte(tar)}, "tar"},
		{"JSON", Seen{Begins: []byte("\ufeff {\"a\": 1, ")}, "json"},
		{"JSON of a charset", Seen{ContentType: "Application/JSON; charset=utf-8", Begins: []byte(`"x"`)}, "json"},
		{"JSON by suffix", Seen{ContentType: "application/vnd.api+json", Begins: []byte("[]")}, "json"},
		{"JSON lines named JSON", Seen{ContentType: "application/json", Begins: []byte("{\"a\":1}\n{\"a\":2}\n")}, "jsonl"},
		{"JSON lines that are cut", Seen{Begins: []byte("{\"a\":1}\n{\"a")}, "jsonl"},
		{"one JSON line", Seen{ContentType: "application/x-ndjson", Begins: []byte("{\"a\":1}\n")}, "jsonl"},
		{"text sequence", Seen{Begins: []byte("\x1e{}\n")}, "jsonl"},
		{"XML", Seen{Begins: []byte("<?xml version='1.0'?><a/>")}, "xml"},
		{"XML by suffix", Seen{ContentType: "application/atom+xml", Begins: []byte("<a/>")}, "xml"},
		{"CSV by type", Seen{ContentType: "text/csv", Begins: []byte("id\n1\n")}, "csv ,"},
		{"CSV that begins as JSON", Seen{ContentType: "text/csv", Begins: []byte("[id];[name]\n")}, "csv ;"},
		{"semicolons", Seen{Begins: []byte("\"a,b,c,d\";e;f\n1,2,3,4;5;6\n")}, "csv ;"},
		{"tabs", Seen{Begins: []byte("a\tb\n")}, "csv \t"},
		{"pipes", Seen{Begins: []byte("a|b|c,d\r\n")}, "csv |"},
		{"a table of one column", Seen{Path: "/x/report.tsv.gz", Begins: []byte("id\n")}, "csv \t"},
		{"disposition", Seen{ContentType: "application/octet-stream", Disposition: `attachment; filename="orders.CSV"`, Begins: []byte("id\n")}, "csv ,"},
		{"a member's name first", Seen{ContentType: "application/json", Member: "a/b.csv", Begins: []byte("id\n")}, "csv ,"},
		{"protobuf", Seen{ContentType: "application/x-protobuf", Begins: []byte("\x0a\x08\x01")}, "protobuf"},
		{"URL ending", Seen{Path: "/x/a.ndjson", Begins: []byte("{}")}, "jsonl"},
		{"HTML", Seen{ContentType: "text/csv", Begins: []byte("\n<!DOCTYPE HTML>")}, "a page of HTML"},
		{"old Excel", Seen{Begins: []byte("\xd0\xcf\x11\xe0\xa1\xb1")}, "ask for .xlsx"},
		{"nothing", Seen{ContentType: "application/octet-stream", Path: "/x/a.bin", Begins: []byte("\x01\x02")},
			`nothing says what it is (Content-Type "application/octet-stream", URL ending ".bin", it begins with "\x01\x02"): write decode with one of the formats json,`},
		{"empty", Seen{}, "it is empty"},
		{"text", Seen{ContentType: "text/plain", Begins: []byte("not today")}, "nothing says"},
	}
	for _, tt := range tests {
		got, err := Detect(&tt.seen)
		text := string(got.Format)
		if got.Delimiter != 0 {
			text += " " + string(got.Delimiter)
		}
		if len(got.Unpack) == 1 {
			text += got.Unpack[0].Kind
		}
		if err != nil && strings.Contains(err.Error(), tt.want) {
			continue
		}
		if err != nil || text != tt.want || got.Why == "" {
			t.Errorf("%s: got %q, because %q, and %v, want %q", tt.name, text, got.Why, err, tt.want)
		}
	}
	inside := (&Seen{ContentType: "application/zip", Path: "/x.zip"}).Inside("a.csv", []byte("id\n"))
	if got, err := Detect(inside); err != nil || got.Format != "csv" || got.Why != `member "a.csv"` {
		t.Errorf("inside: got %+v and %v", got, err)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte("PK\x03\x04"), "text/csv", "a.gz")
	f.Add([]byte("{}\n{}"), "x/y; a=", "a.csv")
	f.Fuzz(func(t *testing.T, begins []byte, header, name string) {
		got, err := Detect(&Seen{ContentType: header, Disposition: header, Path: name, Member: name, Begins: begins})
		if (err == nil) == (got.Format == "" && got.Unpack == nil) {
			t.Errorf("got %+v and %v", got, err)
		}
	})
}
