package definition_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestExportIsChecked proves that lint tells of exports, files and formats that cannot
// be read, or not as they are meant.
func TestExportIsChecked(t *testing.T) {
	const job = `submit: {path: /jobs}, poll: {path: "/jobs/{{ job.id }}"}`
	for _, tt := range []struct{ name, keys, want string }{ // want "": nothing is wrong
		{"", `export: {` + job + `}`, ``},
		{"", `export: {` + job + `, done: "{{ status == 200 }}", failed: "{{ headers['x-state'] == 'gone' }}", links: files.#.url}`, ``},
		{"", `export: {submit: {path: /jobs}, poll: {path: "{{ job_headers.location }}"}, links: url, download: {path: /get, params: {of: "{{ link }}"}}}`, ``},
		{"of all answers", `export: {` + job + `, done: "{{ job.id }}"}`, `9:79: streams[0] (s).export.done: looks at no answer, so it is the same for each: use response, headers or status`},
		{"of all answers, failed", `export: {` + job + `, failed: "{{ now }}"}`, `export.failed: looks at no answer`},
		{"of no job", `export: {submit: {path: /jobs}, poll: {path: /jobs}}`, `9:43: streams[0] (s).export.poll: uses neither job nor job_headers, so it asks for no job in particular`},
		{"nothing is asked again", `export: {submit: {path: /jobs}, done: "{{ response.ok }}", links: url}`, `export.done: asks whether the job is done, and nothing asks for its state again: needs poll beside it`},
		{"no file", `export: {submit: {path: /jobs}}`, `export: needs links, or poll, whose answer is the file once the job is done`},
		{"a download of no link", `export: {` + job + `, download: {path: "{{ link }}"}}`, `export.download: downloads a link, and there are no links`},
		{"one download for all", `export: {` + job + `, links: urls, download: {path: "/jobs/{{ job.id }}/file"}}`, `9:96: streams[0] (s).export.download: does not use link, so the same would be downloaded for each file: write path: "{{ link }}"`},
		{"two ways to files", "export: {" + job + "}\nfiles: true", `9:13: streams[0] (s).export: and files in one stream: either a job has the files, whose links stand in its answer, or a listing has`},
		{"link of no export", `params: {a: "{{ link }}"}`, `10:21: streams[0] (s).params.a: unknown name "link"`},
		{"link of a submission", `export: {submit: {path: "/jobs/{{ link }}"}, poll: {path: "{{ job.id }}"}}`, `export.submit.path: link cannot be used here, only config and partition and window and auth and now and job_key`},
		{"key of a poll", `export: {submit: {path: /jobs}, poll: {path: "/jobs/{{ job.id }}", params: {a: "{{ job_key }}"}}}`, `export.poll.params.a: job_key cannot be used here`},
		{"", `export: {submit: {path: /jobs, headers: {Idempotency-Key: "{{ job_key }}"}, body: {json: {id: "{{ job_key }}"}}}, poll: {path: "{{ job.id }}"}}`, ``},
		{"link of a poll", `export: {submit: {path: /jobs}, poll: {path: "/jobs/{{ job.id }}", params: {a: "{{ link }}"}}}`, `export.poll.params.a: link cannot be used here, only config and partition and window and auth and now and job and job_headers`},
		{"job of a record", `export: {` + job + "}\nadd: {job: \"{{ job.id }}\"}", `10:20: streams[0] (s).add.job: unknown name "job"`},
		{"status of a rule", `errors: [{when: "{{ status == 200 }}", do: skip}]`, `errors[0].when: unknown name "status"`},
		{"no window", "replication_key: at\nincremental: {start: 2024-01-01}\nexport: {" + job + `}`, `10:18: streams[0] (s).incremental: nothing in the request uses window`},
		{"a window", "replication_key: at\nincremental: {start: 2024-01-01, window: 1mo}\nexport: {submit: {path: /jobs, body: {json: {from: \"{{ window.start }}\", to: \"{{ window.end }}\"}}}, poll: {path: \"{{ job.id }}\"}}", ``},
		{"a window of a listing", "replication_key: at\nincremental: {start: 2024-01-01}\nparams: {since: \"{{ window.start }}\"}\nfiles: true", ``},
		{"no window of a listing", "replication_key: at\nincremental: {start: 2024-01-01}\nfiles: true", `nothing in the request uses window`},
		{"files of days", "replication_key: day\nincremental: {start: 2024-01-01, format: date}\nparams: {since: \"{{ window.start }}\"}\nfiles: true", ``},
		{"files of whole months", "replication_key: day\nincremental: {start: 2024-01-01, format: date, window: 1mo, whole_windows: true}\nparams: {since: \"{{ window.start }}\", until: \"{{ window.end }}\"}\nfiles: true", ``},
		{"a context that a file has", "partition_by: [{name: file, values: [a]}]\nparams: {f: \"{{ partition.file }}\"}\nfiles: true", `gives the value file, and the contexts of its listing have it`},
		{"a context", "partition_by: [{name: a, values: [1, 2]}]\nexport: {submit: {path: \"/jobs/{{ partition.a }}\"}, poll: {path: \"{{ job.id }}\"}}", ``},
		{"no context", "partition_by: [{name: a, values: [1, 2]}]\nexport: {" + job + `}`, `nothing in the stream's request uses partition`},
		{"a context that is not there", `export: {submit: {path: "/jobs/{{ partition.a }}"}, poll: {path: "{{ job.id }}"}}`, `a template of the stream uses partition: needs partition_by`},

		{"", "decode: csv\nshort_rows: null\ncharset: iso-8859-1", ``},
		{"", "decode: {format: jsonl, unpack: [{path: d.report}, base64, gzip]}\nnan: null", ``},
		{"", "decode: parquet\nunpack: [gzip, {zip: \"*.parquet\"}]", ``},
		{"an option of another format", `decode: {format: jsonl, delimiter: ";"}`, `10:29: streams[0] (s).decode: key "delimiter" belongs to type csv, not to jsonl`},
		{"encoding", `decode: {format: csv, encoding: latin1}`, `10:27: streams[0] (s).decode: unknown key "encoding"; write charset: iso-8859-1, say, in the stream`},
		{"charset in decode", `decode: {format: csv, charset: latin1}`, `10:27: streams[0] (s).decode: unknown key "charset"; it belongs in defaults or in a stream`},
		{"charset of Parquet", "decode: parquet\ncharset: latin1", `11:14: streams[0] (s).charset: parquet says itself in which characters its texts are: leave it out`},
		{"nan of CSV", "decode: csv\nnan: null", `11:10: streams[0] (s).nan: speaks of numbers in JSON, and the answers are csv: leave it out`},
		{"a path of many", "unpack: [{path: 'd.#.report'}]", `10:21: streams[0] (s).unpack[0].path: path "d.#.report": '#' names no one text: write keys and indexes between dots, as in d.report or files.0`},
		{"records of rows", "decode: csv\nrecords: data", `11:14: streams[0] (s).records: speaks of JSON, and csv is rows, each of which is a record: leave it out`},
		{"packed twice", "decode: {format: csv, unpack: [gzip]}\nunpack: [gzip]", `11:13: streams[0] (s).unpack: stands in decode, too: only one of them is possible`},
		{"no packing", "unpack: [lz4]", `unknown packing "lz4"`},
		{"a packing's other name", "unpack: [gz]", `unknown packing "gz": write unpack: [gzip]`},
		{"two packings in a name", "decode: {format: csv, unpack: [tgz]}", `unknown packing "tgz": write unpack: [gzip, tar]`},
		{"an ending", "unpack: [.bzip2]", `unknown packing ".bzip2": write unpack: [bz2]`},
		{"zst", "unpack: [zst]", `unknown packing "zst": write unpack: [zstd]`},
		{"a format as a packing", "unpack: [csv]", `unknown packing "csv": write decode: csv`},
		{"a packing as a format", "decode: gzip", `unknown format "gzip": write unpack: [gzip]`},
		{"lines by their other name", "decode: ndjson", `unknown format "ndjson": write decode: jsonl`},
		{"likewise, in a map", "decode: {format: json_lines}", `unknown format "json_lines": write decode: jsonl`},
		{"pb", "decode: {format: pb, message: a}", `unknown format "pb": write decode: {format: protobuf, message: …}`},
		{"xls", "decode: XLS", `unknown format "XLS": write decode: xlsx, if`},
		{"a misspelled format", "decode: parqet", `did you mean "parquet"?`},
		{"messages of nothing", `decode: {format: protobuf, message: A}`, `10:13: streams[0] (s).decode: needs descriptor or proto, one of the two: what the messages are`},
		{"protobuf alone", `decode: protobuf`, `format protobuf needs message: write decode: {format: protobuf, message: …}`},
	} {
		text := head + "  - name: s\n" + indented(tt.keys)
		if !strings.Contains(tt.keys, "export:") {
			text = stream(tt.keys)
		}
		def, err := definition.Parse("t.yaml", []byte(text))
		got := errorText(err)
		if def != nil {
			got = def.Warnings.Error()
		}
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s:\n%s\ngot  %s\nwant %s", tt.name, tt.keys, got, tt.want)
		}
	}
}

// TestCheckPaysForNoJob proves that a check takes a stream without an export, and that
// one which names another is warned of.
func TestCheckPaysForNoJob(t *testing.T) {
	const streams = head + "  - {name: s, export: {submit: {path: /jobs}, poll: {path: \"{{ job.id }}\"}}}\n  - {name: t, path: /t}\n"
	for check, want := range map[string]string{
		"":           "t, ",
		"check: s\n": "s, t.yaml:1:8: check: each check would ask for a job, which nobody waits for: name another stream (t)",
	} {
		def, err := definition.Parse("t.yaml", []byte(check+streams))
		if err != nil {
			t.Fatal(err)
		}
		if got := def.Check + ", " + def.Warnings.Error(); got != want {
			t.Errorf("%q: got %s, want %s", check, got, want)
		}
	}
}
