//go:build unix

package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tap-rest/tap-rest/tap/fleet/natstest"
	"github.com/tap-rest/tap-rest/testrig"
)

// TestInteropKubernetes builds docs/kubernetes with kustomize, has Kubernetes' own code
// validate what comes out, and then does what the Jobs say: two passes, with pods that
// are processes here, whose exit codes the Jobs' policies decide about.
func TestInteropKubernetes(t *testing.T) {
	t.Parallel()
	in := newInterop(t)
	c := &cluster{in: in, dir: t.TempDir(), jobs: map[string]*kubeJob{}}
	c.build(t, "base", "plan", "read", "close", "nats", "cronjob")
	shop := newFlakyShop(t)
	c.mount(t, shop)

	c.run(t, "tap-rest-plan", "")
	c.run(t, "tap-rest-read", "1 of 8 failed, 1 tried again")
	c.run(t, "tap-rest-close", "failed at once")
	for _, step := range []string{"plan", "read", "close"} {
		c.run(t, "tap-rest-"+step, "")
	}
	shop.compare(t, filepath.Join(c.dir, "work", "loaded"))
	shop.checkState(t, filepath.Join(c.dir, "work", "state.json"))

	// The hourly run has a state of its own, and loads everything by itself.
	if err := os.RemoveAll(filepath.Join(c.dir, "work", "loaded")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(c.dir, "work", "loaded"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.run(t, "tap-rest-hourly", "")
	shop.compare(t, filepath.Join(c.dir, "work", "loaded"))

	// The workers load everything, and end when they are told to.
	if err := os.RemoveAll(filepath.Join(c.dir, "work", "loaded")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(c.dir, "work", "loaded"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.work(t)
	shop.compare(t, filepath.Join(c.dir, "work", "loaded"))
}

// work submits a pass, and runs the Deployment's pods until it is over.
func (c *cluster) work(t *testing.T) {
	t.Helper()
	deployed := c.jobs["tap-rest-worker"]
	if deployed == nil || deployed.Replicas < 2 {
		t.Fatalf("docs/kubernetes has no Deployment of workers: %+v", deployed)
	}
	container := &deployed.Template.Spec.Containers[0]
	for i, v := range container.Env {
		if v.Name == "NATS_URL" {
			container.Env[i].Value = natstest.Start(t).URL()
		}
	}
	submit := c.command(t, deployed, 0)
	submit.Args = append(submit.Args[:1], "submit", "--config", c.here("/etc/tap-rest/config.json"))
	if out, err := submit.CombinedOutput(); err != nil {
		t.Fatalf("submit: %v\n%s", err, out)
	}
	pods, logs := make([]*exec.Cmd, deployed.Replicas), make([]bytes.Buffer, deployed.Replicas)
	for i := range pods {
		pods[i] = c.command(t, deployed, i)
		pods[i].Stdout, pods[i].Stderr = &logs[i], &logs[i]
		if err := pods[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	last := c.command(t, deployed, len(pods)) // ends with the pass
	at := slices.Index(last.Args, "--")
	last.Args = slices.Insert(last.Args, at, "--until-done")
	if out, err := last.CombinedOutput(); err != nil {
		t.Errorf("a worker: %v\n%s", err, out)
	}
	for i, pod := range pods {
		_ = pod.Process.Signal(syscall.SIGTERM)
		_ = pod.Wait() // how it ended is in its state
		if status := pod.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
			t.Errorf("a worker that was told to end: %v\n%s", pod.ProcessState, logs[i].String())
		}
	}
}

// TestPassOnKubernetes has docs/kubernetes/pass.sh make passes with a kubectl that only says
// how each Job has ended.
func TestPassOnKubernetes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failed string // the Job that fails
		steps  string // that are applied
		good   bool
	}{
		"all complete": {"none", "plan read close ", true},
		"no plan":      {"plan", "plan ", false},
		"a part fails": {"read", "plan read close ", true},
		"no end":       {"close", "plan read close ", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			kubectl := writeFile(t, dir, "kubectl", []byte(`#!/bin/sh
case $* in
*"get --namespace tap-rest job/tap-rest-$FAILED "*) echo FailureTarget Failed ;;
get*) echo SuccessCriteriaMet Complete ;;
"apply -k "*) [ -f "$3/kustomization.yaml" ] && printf '%s ' "$3" >>"$APPLIED" ;;
esac
`))
			if err := os.Chmod(kubectl, 0o700); err != nil {
				t.Fatal(err)
			}
			applied := filepath.Join(dir, "applied")
			pass := exec.CommandContext(t.Context(), "sh", "../../docs/kubernetes/pass.sh")
			pass.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "FAILED="+test.failed, "APPLIED="+applied)
			out, err := pass.CombinedOutput()
			if steps := string(testrig.Read(t, applied)); (err == nil) != test.good || steps != test.steps {
				t.Errorf("pass.sh applies %q and ends with %v, want %q\n%s", steps, err, test.steps, out)
			}
		})
	}
}

// A cluster runs the Jobs of docs/kubernetes in a folder, in which the mounted folders lie.
type cluster struct {
	in      *interop
	dir     string
	config  map[string]string // the ConfigMap
	secrets map[string][]byte // the Secret
	jobs    map[string]*kubeJob
}

// A kubeJob is what a Job says.
type kubeJob struct {
	Completions int
	Parallelism int
	Replicas    int  // of a Deployment
	Limit       *int `json:"backoffLimit"`
	LimitIndex  *int `json:"backoffLimitPerIndex"`
	Policy      struct {
		Rules []struct {
			Action string
			Codes  struct{ Values []int } `json:"onExitCodes"`
		}
	} `json:"podFailurePolicy"`
	Template struct {
		Spec struct {
			Containers []struct {
				Command, Args []string
				Env           []struct{ Name, Value string }
				VolumeMounts  []struct{ MountPath string }
			}
		}
	}
}

// build builds and validates the kustomizations.
func (c *cluster) build(t *testing.T, folders ...string) {
	t.Helper()
	var args []string
	for _, folder := range folders {
		path, err := filepath.Abs(filepath.Join("../../docs/kubernetes", folder))
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	check := exec.CommandContext(t.Context(), "go", append([]string{"run", "."}, args...)...)
	check.Dir = "../../testdata/kubernetes"
	var log bytes.Buffer
	check.Stderr = &log
	built, err := check.Output()
	if err != nil {
		t.Fatalf("docs/kubernetes is refused: %v\n%s", err, log.Bytes())
	}
	kinds := map[string]int{}
	for line := range bytes.Lines(built) {
		var o struct {
			Kind     string
			Metadata struct{ Name string }
			Data     json.RawMessage
			Spec     json.RawMessage
		}
		decode(t, line, &o)
		kinds[o.Kind]++
		switch o.Kind {
		case "ConfigMap":
			decode(t, o.Data, &c.config)
		case "Secret":
			decode(t, o.Data, &c.secrets)
		case "Job":
			job := &kubeJob{Completions: 1, Parallelism: 1}
			decode(t, o.Spec, job)
			c.jobs[o.Metadata.Name] = job
		case "Deployment":
			c.jobs[o.Metadata.Name] = &kubeJob{}
			decode(t, o.Spec, c.jobs[o.Metadata.Name])
		case "CronJob":
			var cron struct {
				JobTemplate struct{ Spec json.RawMessage }
			}
			decode(t, o.Spec, &cron)
			job := &kubeJob{Completions: 1, Parallelism: 1}
			decode(t, cron.JobTemplate.Spec, job)
			c.jobs[o.Metadata.Name] = job
		}
	}
	want := map[string]int{"Namespace": 1, "PersistentVolumeClaim": 1, "ConfigMap": 1, "Secret": 1, "Job": 3, "CronJob": 1, "Deployment": 1}
	if !maps.Equal(kinds, want) {
		t.Fatalf("docs/kubernetes has %v, want %v", kinds, want)
	}
}

// mount lays the volumes, with the shop's address, and its token as the secret.
func (c *cluster) mount(t *testing.T, shop *flakyShop) {
	t.Helper()
	for _, folder := range []string{"etc/tap-rest", "work/loaded", "tmp"} {
		if err := os.MkdirAll(filepath.Join(c.dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const address = "http://shop.example.internal:8025"
	if !strings.Contains(c.config["config.json"], address) || c.secrets["TAP_REST_TOKEN"] == nil {
		t.Fatalf("the ConfigMap has %q, and not %s; or the Secret no TAP_REST_TOKEN", c.config, address)
	}
	c.secrets["TAP_REST_TOKEN"] = []byte(flakyToken)
	c.config["config.json"] = strings.Replace(c.config["config.json"], address, shop.url, 1)
	c.config["shop.yaml"] = string(shop.definition(t))
	for name, text := range c.config {
		writeFile(t, filepath.Join(c.dir, "etc", "tap-rest"), name, []byte(c.here(text)))
	}
}

// here puts the folders of a pod under the cluster's.
func (c *cluster) here(text string) string {
	return mounted.ReplaceAllString(text, "${1}"+c.dir+"$2")
}

// mounted finds the folders of a pod in what its container is told.
var mounted = regexp.MustCompile(`(^|[ "=])(/etc/tap-rest|/work|/tmp)\b`)

// run runs a Job, of which want says how it ends; "": it completes.
func (c *cluster) run(t *testing.T, name, want string) {
	t.Helper()
	job := c.jobs[name]
	if job == nil {
		t.Fatalf("docs/kubernetes has no Job %s, but %v", name, slices.Collect(maps.Keys(c.jobs)))
	}
	var (
		all    sync.WaitGroup
		places = make(chan struct{}, job.Parallelism)
		ends   = make([]jobEnd, job.Completions)
	)
	for i := range ends {
		all.Go(func() {
			places <- struct{}{}
			ends[i] = c.index(t, job, i)
			<-places
		})
	}
	all.Wait()
	got, failed, again, log := "", 0, 0, ""
	for i, end := range ends {
		if end.again > 0 {
			again++
		}
		if end.failed != "" {
			failed++
		}
		log += fmt.Sprintf("== %s %d\n%s", name, i, end.log)
		if end.failed == "FailJob" {
			got = "failed at once"
		}
	}
	if got == "" && failed+again > 0 {
		got = fmt.Sprintf("%d of %d failed, %d tried again", failed, len(ends), again)
	}
	if got != want {
		t.Fatalf("the Job %s ends %q, want %q\n%s", name, got, want, log)
	}
	if strings.Contains(log, flakyToken) {
		t.Errorf("the log of %s shows the token", name)
	}
}

// jobEnd is how an index of a Job ended.
type jobEnd struct {
	failed string // the action of its policy, or "limit"; "": it succeeded
	again  int    // how often it was tried again
	log    string
}

// index runs pods of an index until one succeeds, or the Job's policy or limit says that
// none follows.
func (c *cluster) index(t *testing.T, job *kubeJob, i int) (end jobEnd) {
	limit := job.Limit
	if job.LimitIndex != nil {
		limit = job.LimitIndex
	}
	for {
		code, log := c.pod(t, job, i)
		end.log += log
		action := job.action(code)
		switch {
		case code == 0:
			return end
		case action == "FailJob", action == "FailIndex":
			end.failed = action
			return end
		case end.again == *limit:
			end.failed = "limit"
			return end
		}
		end.again++
	}
}

// action is what the policy says of an exit code.
func (j *kubeJob) action(code int) string {
	for _, rule := range j.Policy.Rules {
		if slices.Contains(rule.Codes.Values, code) {
			return rule.Action
		}
	}
	return "Count"
}

// pod runs the container, and returns its exit code and its log.
func (c *cluster) pod(t *testing.T, job *kubeJob, i int) (code int, log string) {
	cmd := c.command(t, job, i)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Errorf("%q: %v", cmd.Args, err)
		return 2, ""
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// command is what a container of a Job, or of a Deployment, runs.
func (c *cluster) command(t *testing.T, job *kubeJob, i int) *exec.Cmd {
	container := job.Template.Spec.Containers[0]
	variables := map[string]string{}
	for _, v := range container.Env {
		variables["$("+v.Name+")"] = v.Value
	}
	var command []string
	for _, arg := range append(slices.Clone(container.Command), container.Args...) {
		if value, ok := variables[arg]; ok {
			arg = value
		}
		command = append(command, c.here(arg))
	}
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = filepath.Join(c.dir, "work")
	cmd.Env = []string{
		"JOB_COMPLETION_INDEX=" + strconv.Itoa(i),
		"PATH=" + strings.Join([]string{filepath.Dir(c.in.binary), filepath.Dir(c.in.program("target-jsonl", "python")), os.Getenv("PATH")}, ":"),
	}
	for name, value := range c.secrets {
		cmd.Env = append(cmd.Env, name+"="+string(value))
	}
	for _, v := range container.Env {
		if v.Name == "SHARDS" && v.Value != strconv.Itoa(job.Completions) {
			t.Errorf("SHARDS is %s, and completions %d", v.Value, job.Completions)
		}
		cmd.Env = append(cmd.Env, v.Name+"="+c.here(v.Value))
	}
	return cmd
}
