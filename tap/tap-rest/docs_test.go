//go:build unix

package main_test

import (
	"bufio"
	"cmp"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/styles"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/tap/fleet/natstest"
	"github.com/tap-rest/tap-rest/testrig"
)

// TestDocs does what each document says, in a folder of its own, in which lie the files
// of first-api.md and of cookbook.md, against the sample API of demo --serve.
func TestDocs(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		if !strings.Contains(text, "```sh") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			runDocument(t, dir, serveSamples(t), docEnv(t, dir, name, &text), text)
		})
	}
}

// docEnv is what a document finds around it: the files of those that come before it, a
// target and, where it wants one, a queue.
func docEnv(t *testing.T, dir, name string, text *string) []string {
	if name != "first-api.md" && name != "cookbook.md" {
		for _, earlier := range []string{"first-api.md", "cookbook.md"} {
			*text = onlyFiles(string(testrig.Read(t, filepath.Join(docs, earlier)))) + *text
		}
	}
	if name == "recipes.md" {
		github := recipes["github.yaml"]
		*text = strings.NewReplacer(github.base, github.start(t).url, `"token": "…"`, `"token": "s3cret"`).Replace(*text)
	}
	if strings.Contains(*text, "nats://queue:4222") {
		*text = strings.ReplaceAll(*text, "nats://queue:4222", natstest.Start(t).URL())
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "target-parquet"), []byte(bulkTarget), 0o700); err != nil {
		t.Fatal(err)
	}
	return append(ownEnv(dir), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// onlyFiles returns the blocks of a document that are files.
func onlyFiles(text string) (files string) {
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		if block[1] != "sh" && block[2] != "" {
			files += block[0] + "\n"
		}
	}
	return files
}

// serveSamples serves what demo --serve does, with a shop that does not fail: what
// it costs to wait for that, resume.md and the README pay. It returns the address.
func serveSamples(t *testing.T) string {
	mux := http.NewServeMux()
	shop := apitest.New(apitest.RequireBearer(styles.Secret)).Add(apitest.Shops()).Add(apitest.Customers(2000)).Add(apitest.Orders(20_000))
	if strings.HasSuffix(t.Name(), "/resume.md") {
		shop = apitest.Shop(apitest.RequireBearer(styles.Secret))
	}
	mux.Handle("/", shop)
	styles.Mount(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

const docs = "../../docs"

// documents returns the texts below docs, by their names there.
func documents(t *testing.T) map[string]string {
	texts := map[string]string{}
	err := filepath.WalkDir(docs, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			texts[strings.TrimPrefix(filepath.ToSlash(path), docs+"/")] = string(testrig.Read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestCookbook wants a definition for each style of the sample API, which reads
// all that it has.
func TestCookbook(t *testing.T) {
	t.Parallel()
	definitions := map[string]string{}
	for _, block := range fence.FindAllStringSubmatch(documents(t)["cookbook.md"], -1) {
		if block[1] == "yaml" {
			definitions[strings.TrimSuffix(block[2], ".yaml")] = block[3]
		}
	}
	address := serveSamples(t)
	for _, style := range styles.All() {
		definition := strings.ReplaceAll(definitions[style.Name], readmeAddress, address)
		delete(definitions, style.Name)
		t.Run(style.Name, func(t *testing.T) {
			t.Parallel()
			if definition == "" {
				t.Fatalf("docs/cookbook.md has no %s.yaml", style.Name)
			}
			dir := t.TempDir()
			writeFile(t, dir, "source.yaml", []byte(definition))
			settings := `{"source": "source.yaml"`
			for name, value := range map[string]string{
				"token": styles.Secret, "password": styles.Secret, "api_key": styles.Secret, "client_secret": styles.Secret,
				"username": styles.User, "client_id": styles.User,
			} {
				if strings.Contains(definition, "config."+name+" ") {
					settings += `, "` + name + `": "` + value + `"`
				}
			}
			writeFile(t, dir, "config.json", []byte(settings+"}"))
			first := recipeKeys(t, runRecipe(t, dir))
			if got := len(slices.Compact(slices.Clone(first))); got != style.Records || len(first) != got {
				t.Errorf("%d records come, %d different ones, want %d", len(first), got, style.Records)
			}
		})
	}
	for name := range definitions {
		t.Errorf("no style of the sample API is that of %s.yaml", name)
	}
}

// The marks of blocks of commands that are not run with the others of their document.
const (
	inTerminal = "terminal" // they go on until Ctrl-C, in a terminal of their own
	inCheckout = "checkout" // of this repository
)

// runInTerminal runs a command that serves at readmeAddress until Ctrl-C: another address
// here, where it must answer.
func runInTerminal(t *testing.T, dir string, env []string, body string) {
	t.Helper()
	address := freeAddress(t)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "exec "+strings.TrimSpace(body)+" --listen "+address)
	cmd.Dir, cmd.Env = dir, env
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), address) { // it says where it serves once it does
	}
	resp, err := http.Get("http://" + address + "/")
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s: its root answers %s", body, resp.Status)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	_ = cmd.Wait() // how it ended is in its state
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
		t.Errorf("%s: it ended with %v", body, cmd.ProcessState)
	}
}

// TestInteropMeasurements runs the commands of scale.md as small as they can be made: they
// build and link what make test has built, which make interop has the time for.
func TestInteropMeasurements(t *testing.T) {
	t.Parallel()
	ran := 0
	for name, text := range documents(t) {
		for _, block := range fence.FindAllStringSubmatch(text, -1) {
			if block[2] != inCheckout {
				continue
			}
			ran++
			env := append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TAP_REST_") }), "FULL=", "SHORT=true", "TIMES=1x")
			if out := runScript(t, "../..", env, "set -eu\n"+block[3]); strings.Contains(out, "no tests to run") || len(regexp.MustCompile(`(?m)^ok\s`).FindAllString(out, -1)) != strings.Count(block[3], " ./") {
				t.Errorf("%s: a command runs nothing:\n%s", name, out)
			}
		}
	}
	if ran != 1 {
		t.Errorf("%d blocks are for a checkout, want that of scale.md", ran)
	}
}

// TestDocumentedSchedules runs what crontab and unit of operations.md run, against the sample
// API, holds their schedules to their own grammar, and has systemd look at the units where
// it is there.
func TestDocumentedSchedules(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for _, block := range fence.FindAllStringSubmatch(documents(t)["operations.md"], -1) {
		if block[1] == "ini" || block[1] == "crontab" {
			files[cmp.Or(block[2], block[1])] = block[3]
		}
	}
	service := unit(t, files["tap-rest-shop.service"])
	for key, want := range map[string]string{"Type": "oneshot", "Restart": "on-failure", "RestartPreventExitStatus": "1 2"} {
		if got := service[key]; got != want {
			t.Errorf("%s of the service is %q, want %q", key, got, want)
		}
	}
	if got := unit(t, files["tap-rest-shop.timer"])["OnCalendar"]; !regexp.MustCompile(`^\*-\*-\* \*:\d\d:\d\d$`).MatchString(got) {
		t.Errorf("OnCalendar of the timer is %q: not every hour", got)
	}
	cron := regexp.MustCompile(`^(?:(?:\*|\d+) ){5}([^%\n]+)\n$`).FindStringSubmatch(files["crontab"])
	if cron == nil {
		t.Fatalf("not a line of crontab: %q", files["crontab"])
	}
	for name, tt := range map[string]struct{ folder, command string }{
		"cron":    {"/srv/shop", cron[1]},
		"systemd": {"/etc/tap-rest", "set -a; . /etc/tap-rest/shop.env; " + service["Environment"] + "; cd /etc/tap-rest; " + service["ExecStart"]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scheduled(t, tt.folder, tt.command)
		})
	}
	t.Run("systemd-analyze", func(t *testing.T) { analyzed(t, files) })
}

// scheduled runs a command that a schedule runs. Its folder is one that has the files of
// first-api.md.
func scheduled(t *testing.T, folder, command string) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "target-postgres"), []byte(bulkTarget), 0o700); err != nil {
		t.Fatal(err)
	}
	address := serveSamples(t)
	for _, block := range fence.FindAllStringSubmatch(strings.ReplaceAll(onlyFiles(documents(t)["first-api.md"]), readmeAddress, address), -1) {
		writeFile(t, dir, block[2], []byte(block[3]))
	}
	config := testrig.Read(t, filepath.Join(dir, "config.json"))
	writeFile(t, dir, "shop.json", config)
	writeFile(t, dir, "token", []byte("s3cret"))
	writeFile(t, dir, "shop.env", []byte("TAP_REST_TOKEN=s3cret\n"))
	command = strings.NewReplacer(folder, dir, "/usr/local/bin/tap-rest", "tap-rest", "/var/lib/tap-rest-shop", dir).Replace(command)
	out := runScript(t, dir, append(ownEnv(dir), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH")), "set -eu\n"+command)
	if loaded, err := os.ReadFile(filepath.Join(dir, "loaded")); err != nil || strings.Count(string(loaded), `"RECORD"`) != 9_990 {
		t.Errorf("%d records were loaded: %v\n%s", strings.Count(string(loaded), `"RECORD"`), err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "state.json")); err != nil {
		t.Error(err)
	}
}

// unit returns the settings of a unit of systemd, and wants each to be known.
func unit(t *testing.T, text string) map[string]string {
	t.Helper()
	known := map[string][]string{
		"Unit": {"Description", "Wants", "After"}, "Install": {"WantedBy"}, "Timer": {"OnCalendar", "Persistent"},
		"Service": {"Type", "DynamicUser", "StateDirectory", "WorkingDirectory", "Environment", "EnvironmentFile", "ExecStart", "Restart", "RestartSec", "RestartPreventExitStatus", "TimeoutStopSec", "MemoryMax"},
	}
	settings, section := map[string]string{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]")
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if line == "" {
			continue
		}
		if !found || !slices.Contains(known[section], key) {
			t.Errorf("[%s] %s: this is no setting that is known here", section, line)
		}
		settings[key] = value
	}
	if len(settings) == 0 {
		t.Fatal("there is no unit")
	}
	return settings
}

// analyzed has systemd look at units, where it is there.
func analyzed(t *testing.T, files map[string]string) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	var units []string
	for name, text := range files {
		if strings.HasPrefix(name, "tap-rest-shop.") {
			writeFile(t, dir, name, []byte(strings.Replace(text, "/usr/local/bin/tap-rest", "/bin/true", 1)))
			units = append(units, filepath.Join(dir, name))
		}
	}
	// What it has against units of this machine is not ours: its exit code says nothing.
	out, err := exec.Command("systemd-analyze", append([]string{"verify"}, units...)...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || strings.Contains(string(out), "tap-rest-shop") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestDockerfiles: what an image is built from names things that are there.
func TestDockerfiles(t *testing.T) {
	found := 0
	for name, text := range documents(t) {
		for _, block := range regexp.MustCompile("(?ms)^ *```dockerfile\n(.*?)^ *```$").FindAllStringSubmatch(text, -1) {
			found++
			for line := range strings.Lines(block[1]) {
				words := strings.Fields(line)
				switch {
				case words[0] == "FROM" && len(words) == 2 && (words[1] == "tap-rest:dev" || strings.HasPrefix(words[1], "python:")):
				case words[0] == "COPY" && len(words) == 3 && (words[2] == "/etc/tap-rest/source.yaml" || strings.HasPrefix(words[1], "dist/") && words[2] == "/tmp/"):
				case words[0] == "RUN" && strings.HasPrefix(line[strings.Index(line, "RUN"):], "RUN pip install "):
				default:
					t.Errorf("%s: this test knows nothing of %q", name, line)
				}
			}
		}
	}
	if found != 2 {
		t.Errorf("%d Dockerfiles are in the documents, want 2", found)
	}
}

// TestDocumentedPython runs the Python of airbyte.md with a stand-in for PyAirbyte, which
// asks the program what PyAirbyte does. The interop tests have PyAirbyte itself.
func TestDocumentedPython(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	address := serveSamples(t)
	for _, block := range fence.FindAllStringSubmatch(onlyFiles(documents(t)["first-api.md"]), -1) {
		writeFile(t, dir, block[2], []byte(block[3]))
	}
	writeFile(t, dir, "airbyte.py", []byte(pyAirbyte))
	for name, text := range documents(t) {
		for _, block := range fence.FindAllStringSubmatch(text, -1) {
			if block[1] != "python" {
				continue
			}
			if name != "airbyte.md" {
				t.Errorf("%s: nothing runs its Python", name)
			}
			writeFile(t, dir, "read.py", []byte(strings.NewReplacer("/path/to/shop.yaml", "orders.yaml", `"base_url": "…"`, `"base_url": "http://`+address+`"`, `"token": "…"`, `"token": "s3cret"`).Replace(block[3])))
			if out := runScript(t, dir, ownEnv(dir), "python3 read.py"); !strings.Contains(out, "read 20003 records into shop.duckdb") {
				t.Errorf("it prints %s", out)
			}
		}
	}
}

// pyAirbyte is as much of PyAirbyte as the document uses: it asks for the specification,
// checks the config, discovers all streams and reads them.
const pyAirbyte = `import json, subprocess

class DuckDBCache:
    def __init__(self, db_path): self.db_path = db_path

class Source:
    def __init__(self, program, config, streams):
        self.program, self.streams = program, streams
        with open("airbyte_config.json", "w") as f: json.dump(config, f)
        spec = self.run("spec")["SPEC"][0]["spec"]["connectionSpecification"]
        assert set(spec["required"]) <= set(config) <= set(spec["properties"]), spec
        status = self.run("check", "--config", "airbyte_config.json")["CONNECTION_STATUS"][0]
        assert status["connectionStatus"]["status"] == "SUCCEEDED", status

    def run(self, *args):
        messages = {}
        out = subprocess.run([self.program, *args], stdout=subprocess.PIPE, check=True).stdout
        for line in out.splitlines():
            message = json.loads(line)
            messages.setdefault(message["type"], []).append(message)
        return messages

    def read(self, cache):
        streams = self.run("discover", "--config", "airbyte_config.json")["CATALOG"][0]["catalog"]["streams"]
        chosen = [s for s in streams if self.streams == "*" or s["name"] in self.streams]
        with open("airbyte_catalog.json", "w") as f:
            json.dump({"streams": [{"stream": s, "sync_mode": "full_refresh", "destination_sync_mode": "append"} for s in chosen]}, f)
        read = self.run("read", "--config", "airbyte_config.json", "--catalog", "airbyte_catalog.json")
        print("read", len(read["RECORD"]), "records into", cache.db_path)

def get_source(name, local_executable, config, streams): return Source(local_executable, config, streams)
`

// TestEveryBlockIsRun refuses a block of a document that nothing runs, or reads.
func TestEveryBlockIsRun(t *testing.T) {
	texts := documents(t)
	texts["../README.md"] = string(testrig.Read(t, "../../README.md"))
	for name, text := range texts {
		blocks, before := fence.FindAllStringSubmatch(text, -1), ""
		if all, known := strings.Count(text, "```"), 2*len(blocks); all != known && name != "kubernetes/README.md" {
			t.Errorf("%s: %d fences, but %d blocks that begin with a language and stand at the beginning of a line", name, all, len(blocks))
		}
		var commands string
		for _, block := range blocks {
			if block[1] == "sh" {
				commands += block[3]
			}
		}
		for _, block := range blocks {
			if why := unrun(name, block[1], block[2], before, commands); why != "" {
				t.Errorf("%s: %s: %s\n%s", name, strings.TrimSpace(block[1]+" "+block[2]), why, block[3])
			}
			before = block[1]
		}
	}
}

// unrun says why nothing runs a block; "": a test does.
func unrun(document, language, mark, before, commands string) string {
	program, needs := strings.CutPrefix(mark, "needs=")
	switch language {
	case "sh":
		switch {
		case mark == "", mark == inTerminal, mark == inCheckout && document == "scale.md":
		case needs && (program == "target-jsonl" || program == "meltano" && document == "meltano.md"): // TestInteropMeltano
		default:
			return "no test runs commands of this mark"
		}
	case "text":
		if before != "sh" && before != "text" && document != "reference.md" { // TestReference
			return "no commands print it"
		}
	case "yaml": // TestDocumentsLint, and for-models.md TestForModels
		if mark == alertRules {
			return "" // TestAlertRules of tap/metrics
		}
		if mark != "" && !strings.HasSuffix(mark, ".yaml") {
			return "no test knows the mark"
		}
	case "json":
		if mark == "" || !strings.Contains(commands, mark) {
			return "no command uses the file"
		}
	case "python", "dockerfile": // TestDocumentedPython, TestDockerfiles
	case "ini", "crontab": // TestDocumentedSchedules
		if document != "operations.md" {
			return "no test runs it"
		}
	default:
		return "no test knows the language"
	}
	return ""
}

// alertRules is the file of rules for Prometheus.
const alertRules = "tap-rest.rules.yml"

// TestDocumentsLint holds all YAML of README and docs to the grammar of definitions:
// whole ones as they are, parts with what is missing.
func TestDocumentsLint(t *testing.T) {
	texts := documents(t)
	texts["../README.md"] = string(testrig.Read(t, "../../README.md"))
	for name, text := range texts {
		for _, block := range fence.FindAllStringSubmatch(text, -1) {
			if block[1] != "yaml" || block[2] == alertRules {
				continue
			}
			if _, err := config.Parse(name, []byte(wholeDefinition(block[3]))); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, block[3])
			}
		}
	}
}

// wholeDefinition puts before and behind a part of a definition what it lacks.
func wholeDefinition(part string) string {
	has := func(key string) bool { return regexp.MustCompile(`(?m)^` + key + `:`).MatchString(part) }
	if has("version") {
		return part
	}
	if strings.HasPrefix(part, "  - ") {
		part = "streams:\n" + part
	}
	if !has("streams") && !strings.HasPrefix(part, "streams:") {
		part += "streams: [{name: any, path: /any}]\n"
	}
	switch {
	case !has("client"):
		part = "client: {base_url: \"http://127.0.0.1:1\"}\n" + part
	case !strings.Contains(part, "base_url:"):
		part = strings.Replace(part, "client:\n", "client:\n  base_url: http://127.0.0.1:1\n", 1)
	}
	return "version: 1\nname: part\n" + part
}
