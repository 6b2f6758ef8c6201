package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// maxImage is the size in bytes of an image, unpacked.
const maxImage = 34_000_000

// imageDefinition is what the containers of these tests read. Its file is
// mounted where a definition that is baked in would lie.
const imageDefinition = `version: 1
name: orders
settings:
  required: [base_url]
  properties:
    base_url: {type: string, title: Where the API is}
client:
  base_url: "{{ config.base_url }}"
streams:
  - name: orders
    path: /orders
    records: data
    primary_key: [id]
    pagination: {type: cursor, next: next_page, param: cursor}
`

// TestImage runs the image that TAP_REST_IMAGE names, as Airbyte's platform
// does: by its entrypoint, as the user that it says, with files of the host.
func TestImage(t *testing.T) {
	image := os.Getenv("TAP_REST_IMAGE")
	if image == "" {
		t.Skip("TAP_REST_IMAGE names no image: make image-test")
	}
	orders := apitest.Orders(250)
	url := testrig.Serve(t, apitest.New().Add(orders))
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { // the container's user is another one
		t.Fatal(err)
	}
	files := map[string]string{
		"source.yaml": imageDefinition,
		"config.json": fmt.Sprintf(`{"base_url":%q}`, url),
		"catalog.json": `{"streams":[{"stream":{"name":"orders","json_schema":{},"supported_sync_modes":["full_refresh"]},` +
			`"sync_mode":"full_refresh","destination_sync_mode":"append"}]}`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	box := newContainer(t, image, dir)

	if got := string(box.run(t, "--version")); !strings.HasPrefix(got, "tap-rest ") {
		t.Errorf("--version says %q", got)
	}
	if got := box.messages(t, "spec"); len(got["SPEC"]) != 1 || !bytes.Contains(got["SPEC"][0], []byte(`"Where the API is"`)) {
		t.Errorf("spec says %s", got)
	}
	if got := box.messages(t, "check", "--config", "/data/config.json")["CONNECTION_STATUS"]; len(got) != 1 ||
		!bytes.Contains(got[0], []byte(`"SUCCEEDED"`)) {
		t.Errorf("check says %s", got)
	}
	if got := box.messages(t, "discover", "--config", "/data/config.json")["CATALOG"]; len(got) != 1 ||
		!bytes.Contains(got[0], []byte(`"shipping_address"`)) {
		t.Errorf("discover says %s", got)
	}
	read := box.messages(t, "read", "--config", "/data/config.json", "--catalog", "/data/catalog.json")
	if got := len(read["RECORD"]); got != 250 {
		t.Errorf("read has %d records, want 250", got)
	}
	if len(read["STATE"]) == 0 {
		t.Error("read has no state")
	}
}

// container is an image that is run with a folder of the host as /data, and the
// definition in it as the one that is baked in.
type container struct{ command []string }

// newContainer checks what the image says of itself. Docker runs it where its
// engine answers, else buildah.
func newContainer(t *testing.T, image, dir string) *container {
	t.Helper()
	mounts := []string{"-v", dir + ":/data:ro", "-v", dir + "/source.yaml:/etc/tap-rest/source.yaml:ro"}
	if exec.Command("docker", "info").Run() == nil {
		run := append([]string{"docker", "run", "--rm", "--network", "host"}, mounts...)
		return &container{append(run, image)}
	}
	if size := imageSize(t, image); size == 0 || size > maxImage {
		t.Errorf("the image has %d bytes, want at most %d", size, maxImage)
	}
	id := strings.TrimSpace(output(t, "buildah", "from", "--pull-never", image))
	t.Cleanup(func() { output(t, "buildah", "rm", id) })
	var about struct {
		OCIv1 struct {
			Config struct {
				User            string
				Env, Entrypoint []string
				Labels          map[string]string
			}
		}
	}
	if err := json.Unmarshal([]byte(output(t, "buildah", "inspect", id)), &about); err != nil {
		t.Fatal(err)
	}
	c := about.OCIv1.Config
	switch {
	case c.User != "1000:1000":
		t.Errorf("it runs as %q", c.User)
	case len(c.Entrypoint) != 1 || !strings.Contains(strings.Join(c.Env, "\n"), "AIRBYTE_ENTRYPOINT="+c.Entrypoint[0]):
		t.Errorf("the entrypoint is %q, the variables are %q", c.Entrypoint, c.Env)
	case c.Labels["io.airbyte.version"] == "" || c.Labels["io.airbyte.name"] == "":
		t.Errorf("the labels are %q", c.Labels)
	}
	run := append([]string{"buildah", "run", "--isolation", "chroot"}, mounts...)
	return &container{append(append(run, id, "--"), c.Entrypoint...)}
}

func imageSize(t *testing.T, image string) (size int64) {
	t.Helper()
	var all []struct{ Size string }
	if err := json.Unmarshal([]byte(output(t, "buildah", "images", "--json", image)), &all); err != nil || len(all) == 0 {
		t.Fatalf("%v, %v", all, err)
	}
	var number float64
	var unit string
	if _, err := fmt.Sscanf(all[0].Size, "%f %s", &number, &unit); err != nil || unit != "MB" {
		t.Fatalf("%q: %v", all[0].Size, err)
	}
	return int64(number * 1e6)
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, &stderr)
	}
	return string(out)
}

// run returns what the program in the container writes to stdout. Each command
// of these tests writes something: now and then buildah, which copies it, ends
// before it has.
func (c *container) run(t *testing.T, args ...string) (out []byte) {
	t.Helper()
	for range 3 {
		if out = []byte(output(t, c.command[0], append(slices.Clip(c.command[1:]), args...)...)); len(out) > 0 {
			break
		}
	}
	return out
}

// messages returns the lines that it writes, by their types.
func (c *container) messages(t *testing.T, args ...string) map[string][]json.RawMessage {
	t.Helper()
	all := map[string][]json.RawMessage{}
	for line := range bytes.Lines(c.run(t, args...)) {
		var m struct{ Type string }
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%q: %v: %s", args, err, line)
		}
		all[m.Type] = append(all[m.Type], bytes.Clone(line))
	}
	return all
}
