package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testshare"
)

// TestMain puts tap-rest into PATH, for scripts, shells that they start, and tests: the
// real program, or for the race detector this test binary, which is one too.
func TestMain(m *testing.M) {
	commands := map[string]func(){"splice": splice, "cut": cut, "lines": lines}
	if testshare.Race {
		commands["tap-rest"] = main // with the detector
	}
	testscript.Main(tidy{m}, commands)
}

// tidy runs tests with a folder for temporary files that goes away with them:
// binaries that several tests share belong to none of them.
type tidy struct{ tests *testing.M }

// Run runs the tests and returns the exit code.
func (m tidy) Run() int {
	dir, err := os.MkdirTemp("", "tap-rest-test-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	os.Setenv("TMPDIR", dir)
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} { // make sets them for the tests: the program runs as users run it
		os.Unsetenv(name)
	}
	if !testshare.Race {
		program, err := build()
		if err != nil {
			log.Print(err)
			return 1
		}
		os.Setenv("PATH", filepath.Dir(program)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	return m.tests.Run()
}

// build builds the program where it stays: the next tests find it up to date.
func build() (name string, err error) {
	if name, err = filepath.Abs("../../bin/test/tap-rest"); err != nil {
		return "", err
	}
	// The commit is builtOf.
	if out, err := exec.Command("go", "build", "-ldflags=-s -w -X main.commit=0123456789ab", "-o", name, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build tap-rest: %w\n%s", err, out)
	}
	return name, nil
}

// TestScripts runs the stories of the command line.
func TestScripts(t *testing.T) {
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"api": serveAPI, "state": takeState, "exit": wantExit, "jsonlines": wantJSONLines,
		"states": takeStates, "configure": configureCatalog,
	}
	if !testshare.Race {
		commands["tap-rest"] = runProgram
	}
	testscript.Run(t, testscript.Params{
		Dir:                "../../testdata/script",
		Cmds:               commands,
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir+"/home")
			return nil
		},
	})
}

// runProgram is the script command that runs tap-rest, and with a ! before it wants it to fail.
func runProgram(ts *testscript.TestScript, neg bool, args []string) {
	if err := ts.Exec("tap-rest", args...); neg == (err == nil) {
		ts.Fatalf("tap-rest: error %v", err)
	}
}

// serveAPI is the script command that starts an API on loopback, for as long
// as the script runs, and sets $API to its URL:
//
//	api [-token TEXT] [-key NAME=TEXT] [-fault FAULT]… COLLECTION…
//
// A collection is shops, customers=N, orders=N, or links=N: customers by links,
// which repeat the parameters of the request. A fault is PATH@N=WHAT or
// PATH@N-M=WHAT: the Nth request at the path, or those up to the Mth, go wrong.
// What happens is a status, html, cut, hang, or invalid: three records, of which
// the second has text as its id.
func serveAPI(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("api cannot be negated")
	}
	var options []apitest.Option
	flags := flag.NewFlagSet("api", flag.ContinueOnError)
	flags.Func("token", "", func(token string) error {
		options = append(options, apitest.RequireBearer(token))
		return nil
	})
	flags.Func("key", "", func(text string) error {
		name, key, _ := strings.Cut(text, "=")
		options = append(options, apitest.RequireKey(name, key))
		return nil
	})
	flags.Func("fault", "", func(text string) error {
		faults, err := parseFault(text)
		options = append(options, faults...)
		return err
	})
	ts.Check(flags.Parse(args))
	api := apitest.New(options...)
	for _, text := range flags.Args() {
		c, err := parseCollection(text)
		ts.Check(err)
		api.Add(c)
	}
	url, stop, err := api.Start()
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("API", url)
}

func parseCollection(text string) (apitest.Collection, error) {
	name, number, _ := strings.Cut(text, "=")
	n, err := strconv.Atoi("0" + number)
	switch {
	case err != nil:
		return apitest.Collection{}, err
	case name == "shops":
		return apitest.Shops(), nil
	case name == "customers":
		return apitest.Customers(n), nil
	case name == "links":
		c := apitest.Customers(n)
		c.Path, c.Style = "/links", apitest.NextURL
		return c, nil
	case name == "orders":
		return apitest.Orders(n), nil
	}
	return apitest.Collection{}, fmt.Errorf("no collection %q", name)
}

var faultText = regexp.MustCompile(`^(/\w+)@(\d+)(?:-(\d+))?=(\w+)$`)

func parseFault(text string) ([]apitest.Option, error) {
	parts := faultText.FindStringSubmatch(text)
	if parts == nil {
		return nil, fmt.Errorf("not a fault: %q", text)
	}
	first, err := strconv.Atoi(parts[2])
	if err != nil {
		return nil, err
	}
	last := first
	if parts[3] != "" {
		if last, err = strconv.Atoi(parts[3]); err != nil {
			return nil, err
		}
	}
	fault, err := namedFault(parts[4])
	if err != nil {
		return nil, err
	}
	var all []apitest.Option
	for n := first; n <= last; n++ {
		all = append(all, apitest.OnPath(parts[1], n, fault))
	}
	return all, nil
}

func namedFault(name string) (apitest.Fault, error) {
	switch name {
	case "html":
		return apitest.HTML(), nil
	case "cut":
		return apitest.CutBody(100), nil
	case "hang":
		return apitest.Hang(), nil
	case "invalid":
		return apitest.Body(200, "application/json", `{"data":[{"id":1,"name":"A"},{"id":"two","name":"B"},{"id":3,"name":"C"}]}`), nil
	}
	code, err := strconv.Atoi(name)
	if err != nil {
		return apitest.Fault{}, fmt.Errorf("no fault %q", name)
	}
	return apitest.Status(code), nil
}

// takeState is the script command that writes the value of the last line of a
// run, which must be a STATE, to a file:
//
//	state stdout state.json
func takeState(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: state LINES FILE")
	}
	lines := strings.TrimSuffix(ts.ReadFile(args[0]), "\n")
	last := lines[strings.LastIndexByte(lines, '\n')+1:]
	value, found := strings.CutPrefix(last, `{"type":"STATE","value":`)
	if !found {
		ts.Fatalf("the last line is not a STATE: %.200s", last)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.TrimSuffix(value, "}")), 0o600))
}

// wantExit is the script command that runs another one and wants it to end
// with a code:
//
//	exit 75 tap-rest --config config.json
func wantExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit CODE PROGRAM [ARG]…")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// wantJSONLines is the script command that wants each line to be a JSON object:
//
//	jsonlines stderr
func wantJSONLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: jsonlines FILE")
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("%v in %q", err, line)
		}
	}
}
