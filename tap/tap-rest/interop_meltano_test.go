//go:build unix

package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// testPiped does what README and docs say with a target from PyPI.
func testPiped(t *testing.T, in *interop) {
	texts := documents(t)
	texts["../README.md"] = string(testrig.Read(t, "../../README.md"))
	for name, text := range texts {
		if !strings.Contains(text, "needs=target-jsonl") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir, address := t.TempDir(), freeAddress(t)
			if name != "../README.md" { // which serves the sample API itself
				address = serveSamples(t)
				docEnv(t, dir, name, &text)
			}
			runDocument(t, dir, address, withPrograms(ownEnv(dir), in, "target-jsonl"), text, "target-jsonl")
		})
	}
}

// testUnderMeltano does what docs/meltano.md says.
func testUnderMeltano(t *testing.T, in *interop) {
	dir, address := t.TempDir(), serveSamples(t)
	in.layMeltano(t, dir, address)
	runDocument(t, dir, address, in.meltanoEnv(dir), string(testrig.Read(t, "../../docs/meltano.md")), "meltano")
}

// testMeltano runs docs/meltano against an API that grows, and kills the tap.
func testMeltano(t *testing.T, in *interop) {
	p := newMeltanoProject(t, in)
	t.Run("definition", p.testDefinition)
	p.succeed(t, "install")
	p.discover(t)
	t.Run("incremental", p.testIncremental)
	t.Run("killed", p.testKilled)
}

// A meltanoProject is a copy of docs/meltano, and an API that it reads.
type meltanoProject struct {
	in     *interop
	dir    string
	env    []string
	api    *apitest.API
	orders apitest.Collection
	arrive func(r *http.Request) // called before each answer
}

func newMeltanoProject(t *testing.T, in *interop) *meltanoProject {
	home := t.TempDir()
	p := &meltanoProject{in: in, dir: filepath.Join(home, "docs", "meltano"), orders: apitest.Orders(1500), arrive: func(*http.Request) {}}
	in.layMeltano(t, home, readmeAddress)
	p.api = apitest.New(apitest.RequireBearer("s3cret"), apitest.Before(func(_ int, r *http.Request) { p.arrive(r) })).Add(apitest.Shops())
	url := testrig.Serve(t, p.api)
	// One STATE for each answer, and no journal: what goes on is what Meltano
	// has kept.
	p.env = append(in.meltanoEnv(home), "TAP_REST_BASE_URL="+url, "TAP_REST_TOKEN=s3cret",
		"TAP_REST_START_DATE=2024-01-01T00:00:00Z", `TAP_REST_RUN={"flush":{"responses":1},"journal":{"off":true}}`)
	return p
}

// testDefinition wants the plugin's definition in meltano.yml to be what the
// binary says of itself.
func (p *meltanoProject) testDefinition(t *testing.T) {
	about := p.in.tap(t, t.TempDir(), "--about", "--format=meltano")
	about.Dir, about.Env = p.dir, append(about.Env, "TAP_REST_SOURCE=shop.yaml")
	text, err := about.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	var project struct {
		Plugins struct{ Extractors []map[string]any }
	}
	if err := yaml.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(testrig.Read(t, filepath.Join(p.dir, "meltano.yml")), &project); err != nil {
		t.Fatal(err)
	}
	got := project.Plugins.Extractors[0]
	for _, ours := range []string{"pip_url", "config", "select"} {
		delete(got, ours)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("meltano.yml has\n%v\nand --about says\n%v", got, want)
	}
}

// discover wants Meltano to see the streams and fields, and which are selected.
// Runs make no call for it after that: the schemas are inferred.
func (p *meltanoProject) discover(t *testing.T) {
	p.grow(1000)
	list, err := p.meltano(t, "select", "tap-rest", "--list", "--all")
	if err != nil {
		t.Fatalf("meltano select: %v\n%s", err, list)
	}
	for _, want := range []string{
		"[selected   ] orders.total", "[selected   ] orders.lines.sku", "[excluded   ] orders.note",
		"[automatic  ] orders.id", "[automatic  ] orders.updated_at", "[selected   ] shops.name",
	} {
		if !strings.Contains(list, want+"\n") {
			t.Errorf("meltano select does not list %q:\n%s", want, list)
		}
	}
}

// testIncremental: the second run reads what is new, a full refresh all.
func (p *meltanoProject) testIncremental(t *testing.T) {
	const before, after = 1000, 1200
	p.grow(before)
	p.succeed(t, "run", "tap-rest", "target-jsonl")
	if got := p.loaded(t); len(got) != before {
		t.Errorf("the first run loaded %d orders, want %d", len(got), before)
	}
	p.grow(after)
	p.succeed(t, "run", "tap-rest", "target-jsonl")
	// The one at the bookmark comes again.
	if got := p.loaded(t); len(got) != after-before+1 || got[0] != before || got[len(got)-1] != after {
		t.Errorf("the second run loaded the orders %v, want %d to %d", got, before, after)
	}
	p.succeed(t, "run", "--full-refresh", "tap-rest", "target-jsonl")
	if got := p.loaded(t); len(got) != after {
		t.Errorf("the full refresh loaded %d orders, want %d", len(got), after)
	}
}

// testKilled kills the tap while it waits for its fourth page of orders, when
// the target has the three before. The next run asks for that page first.
func (p *meltanoProject) testKilled(t *testing.T) {
	const orders, page = 1500, 250
	p.grow(orders)
	var cursors []string
	killed := make(chan error, 1)
	p.arrive = func(r *http.Request) {
		if r.URL.Path != "/orders" {
			return
		}
		if cursors = append(cursors, r.URL.Query().Get("cursor")); len(cursors) == 4 {
			killed <- p.killTap(3 * page)
			<-r.Context().Done()
		}
	}
	log, err := p.meltano(t, "run", "--state-id-suffix=killed", "tap-rest", "target-jsonl")
	select {
	case kill := <-killed:
		if kill != nil {
			t.Fatal(kill)
		}
	default:
		t.Fatalf("the tap was not killed: %v\n%s", err, log)
	}
	if err == nil {
		t.Errorf("meltano succeeds though the tap was killed:\n%s", log)
	}
	first := p.loaded(t)
	if len(first) != 3*page {
		t.Errorf("%d orders were loaded before the kill, want %d", len(first), 3*page)
	}

	waited := cursors[3]
	cursors = nil
	p.arrive = func(r *http.Request) {
		if r.URL.Path == "/orders" {
			cursors = append(cursors, r.URL.Query().Get("cursor"))
		}
	}
	p.succeed(t, "run", "--state-id-suffix=killed", "tap-rest", "target-jsonl")
	if cursors[0] != waited {
		t.Errorf("the next run begins with the cursor %q, want %q, which was not answered", cursors[0], waited)
	}
	second := p.loaded(t)
	if got := len(first) + len(second); got != orders || second[0] != 3*page+1 {
		t.Errorf("the two runs loaded %d orders, the second from %d on; want %d, and %d", got, second[0], orders, 3*page+1)
	}
}

// killTap kills the tap as soon as the target has loaded so many orders.
func (p *meltanoProject) killTap(loaded int) error {
	look := time.NewTicker(20 * time.Millisecond) // another program's file: nobody tells of its growth
	defer look.Stop()
	for late := time.After(patience); p.lines() < loaded; {
		select {
		case <-look.C:
		case <-late:
			return fmt.Errorf("the target has %d orders of %d", p.lines(), loaded)
		}
	}
	processes, err := exec.Command("ps", "-A", "-o", "pid=", "-o", "command=").Output()
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(processes)) {
		pid, program, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(strings.TrimSpace(program), filepath.Join(p.dir, ".meltano/extractors/tap-rest/venv/bin/tap-rest")) {
			n, err := strconv.Atoi(pid)
			if err != nil {
				return err
			}
			return syscall.Kill(n, syscall.SIGKILL)
		}
	}
	return fmt.Errorf("no tap among\n%s", processes)
}

// grow makes the API have so many orders, of which the first ones are as they
// were.
func (p *meltanoProject) grow(orders int) {
	p.orders.Made.Count = orders
	p.api.Add(p.orders)
}

func (p *meltanoProject) output() string { return filepath.Join(p.dir, "output", "orders.jsonl") }

// lines returns how many orders are loaded.
func (p *meltanoProject) lines() int {
	text, err := os.ReadFile(p.output())
	if err != nil {
		return 0 // none yet
	}
	return bytes.Count(text, []byte("\n"))
}

// loaded returns the ids of the orders that were loaded since it was last
// called. None of them has the field that meltano.yml leaves out.
func (p *meltanoProject) loaded(t *testing.T) []int {
	t.Helper()
	var ids []int
	for line := range bytes.Lines(testrig.Read(t, p.output())) {
		var order struct {
			ID       int
			Currency string
			Note     json.RawMessage
		}
		decode(t, line, &order)
		if order.Note != nil || order.Currency == "" {
			t.Fatalf("the selection does not hold in %s", line)
		}
		ids = append(ids, order.ID)
	}
	if err := os.Remove(p.output()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	return ids
}

// succeed runs meltano, which must succeed. Its log must show that of the tap
// parsed: with a level of its own, and not as JSON.
func (p *meltanoProject) succeed(t *testing.T, args ...string) {
	t.Helper()
	log, err := p.meltano(t, args...)
	if err != nil {
		t.Fatalf("meltano %v: %v\n%s", args, err, log)
	}
	if args[0] == "run" && !regexp.MustCompile(`\[info +\] tap-rest +stream read stream=orders`).MatchString(log) || strings.Contains(log, "{") {
		t.Errorf("meltano %v does not show the tap's log parsed:\n%s", args, log)
	}
}

func (p *meltanoProject) meltano(t *testing.T, args ...string) (log string, err error) {
	t.Helper()
	cmd := command(t, patience, p.in.program("meltano", "meltano"), args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// layMeltano lays docs/meltano and the wheel into home as they lie in a
// checkout after `make wheel`, the sample API being at address.
func (in *interop) layMeltano(t *testing.T, home, address string) {
	t.Helper()
	in.wheel(t, filepath.Join(home, "dist"))
	dir := filepath.Join(home, "docs", "meltano")
	if err := os.CopyFS(dir, os.DirFS("../../docs/meltano")); err != nil {
		t.Fatal(err)
	}
	text := bytes.ReplaceAll(testrig.Read(t, filepath.Join(dir, "meltano.yml")), []byte(readmeAddress), []byte(address))
	writeFile(t, dir, "meltano.yml", text)
}

// meltanoEnv is an environment with Meltano, in which packages have the
// versions of testdata/interop. uv's cache is shared: it holds packages.
func (in *interop) meltanoEnv(home string) []string {
	env := withPrograms(ownEnv(home), in, "meltano")
	return append(env, "MELTANO_SEND_ANONYMOUS_USAGE_STATS=false", "NO_COLOR=1",
		"UV_CONSTRAINT="+in.file("requirements-target-jsonl.txt"), "UV_CACHE_DIR="+filepath.Join(in.envs, "cache"))
}

// withPrograms puts the programs of an environment, and the binary, first in
// PATH.
func withPrograms(env []string, in *interop, name string) []string {
	path := []string{filepath.Dir(in.binary), in.program(name, ""), os.Getenv("PATH")}
	return append(env, "PATH="+strings.Join(path, string(os.PathListSeparator)))
}
