package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

// parse reads a file as Prometheus does.
func parse(t *testing.T, name string) map[string]*dto.MetricFamily {
	t.Helper()
	data := testrig.Read(t, name)
	p := expfmt.NewTextParser(model.LegacyValidation)
	all, err := p.TextToMetricFamilies(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	for name, family := range all {
		if family.GetHelp() == "" || family.GetType() == dto.MetricType_UNTYPED {
			t.Errorf("%s has no HELP or no TYPE", name)
		}
		if counts := family.GetType() == dto.MetricType_COUNTER; counts != strings.HasSuffix(name, "_total") {
			t.Errorf("%s is a %s", name, family.GetType())
		}
	}
	return all
}

// noneTwice proves that no two samples have the same labels: the textfile collector refuses
// a file in which two have.
func noneTwice(t *testing.T, all map[string]*dto.MetricFamily) {
	t.Helper()
	for name, family := range all {
		seen := map[string]bool{}
		for _, m := range family.GetMetric() {
			labels := fmt.Sprint(m.GetLabel())
			if seen[labels] {
				t.Errorf("%s is there twice with the labels %s", name, labels)
			}
			seen[labels] = true
		}
	}
}

// TestStreamReadTwice: a stream that is read for its own records and for its children has
// one sample of each metric, with what both came to.
func TestStreamReadTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bookmark := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
		own := report.StreamSnapshot{Name: "shops", Done: true, Numbers: report.Numbers{Records: 3, Calls: 1}, Course: report.Course{Bookmark: bookmark}, Answers: map[int]int64{200: 1}}
		feed := report.StreamSnapshot{Name: "shops", Feed: true, Failed: true, Numbers: report.Numbers{Calls: 2, Failures: 1}, Answers: map[int]int64{200: 1, 503: 1}}
		for _, streams := range [][]report.StreamSnapshot{{own, feed}, {feed, own}} {
			name := filepath.Join(t.TempDir(), "shop.prom")
			f, err := Open(name, "1", quiet, same)
			if err != nil {
				t.Fatal(err)
			}
			f.Saw(&report.Snapshot{Streams: streams})
			f.End(1)
			all := parse(t, name)
			noneTwice(t, all)
			for _, tt := range []struct {
				metric string
				labels []string
				want   float64
			}{
				{"tap_rest_stream_records_total", nil, 3},
				{"tap_rest_stream_calls_total", []string{"status=200"}, 2},
				{"tap_rest_stream_calls_total", []string{"status=503"}, 1},
				{"tap_rest_stream_failures_total", nil, 1},
				{"tap_rest_stream_failed", nil, 1},
				{"tap_rest_stream_complete", nil, 0},
				{"tap_rest_stream_bookmark_timestamp_seconds", nil, float64(bookmark.Unix())},
			} {
				if got, ok := value(all, tt.metric, append(tt.labels, "stream=shops")...); !ok || got != tt.want {
					t.Errorf("%s %q is %v, %v, want %v", tt.metric, tt.labels, got, ok, tt.want)
				}
			}
			if len(streams[0].Answers)+len(streams[1].Answers) != 3 {
				t.Error("the snapshot was changed")
			}
		}
	})
}

// value is that of the one sample of a metric with labels, given as name=value; false
// where there is none.
func value(all map[string]*dto.MetricFamily, name string, labels ...string) (float64, bool) {
	for _, m := range all[name].GetMetric() {
		has := map[string]bool{}
		for _, l := range m.GetLabel() {
			has[l.GetName()+"="+l.GetValue()] = true
		}
		fits := true
		for _, l := range labels {
			fits = fits && has[l]
		}
		if fits {
			return m.GetGauge().GetValue() + m.GetCounter().GetValue(), true
		}
	}
	return 0, false
}

func same(text string) string { return text }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestFile: the file has all that the run came to, in Prometheus's own reading: each
// minute, and with the exit code at the end.
func TestFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		name := filepath.Join(t.TempDir(), "shop.prom")
		f, err := Open(name, "1.2", quiet, func(text string) string { return strings.ReplaceAll(text, "hunter2", "***") })
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got, ok := value(parse(t, name), "tap_rest_running", "run=shop"); got != 1 || !ok {
			t.Errorf("at the beginning, running is %v, %v", got, ok)
		}
		odd := "or\"de\\rs\nof hunter2"
		s := &report.Snapshot{Started: began, Stopped: "run.max_requests is reached", Streams: []report.StreamSnapshot{
			{
				Name: odd, Doubted: true, Done: true,
				Numbers: report.Numbers{Records: 9_007_199_254_740_993, Pages: 3, Calls: 5, Recalled: 2, Retries: 1, Bytes: 100, Waited: 1500 * time.Millisecond, Spent: sources.OneCost / 4},
				Course:  report.Course{Partitions: 2, All: 5, Bookmark: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)}, Answers: map[int]int64{0: 1, 200: 3, 503: 1},
			},
			{Name: "shops", Failed: true, Numbers: report.Numbers{Failures: 1}},
			{Name: "files of a listing", Hidden: true},
		}}
		f.Saw(s)
		time.Sleep(every + time.Second)
		all := parse(t, name)
		shown := "stream=or\"de\\rs\nof ***"
		for _, tt := range []struct {
			metric string
			labels []string
			want   float64
		}{
			{"tap_rest_info", []string{"version=1.2"}, 1},
			{"tap_rest_running", nil, 1},
			{"tap_rest_start_timestamp_seconds", nil, float64(began.Unix())},
			{"tap_rest_duration_seconds", nil, 60},
			{"tap_rest_heartbeat_timestamp_seconds", nil, float64(began.Unix() + 60)},
			{"tap_rest_stopped_early", nil, 1},
			{"tap_rest_stream_records_total", []string{shown}, 9_007_199_254_740_993},
			{"tap_rest_stream_records_total", []string{"stream=shops"}, 0},
			{"tap_rest_stream_pages_total", []string{shown}, 3},
			{"tap_rest_stream_journal_hits_total", []string{shown}, 2},
			{"tap_rest_stream_retries_total", []string{shown}, 1},
			{"tap_rest_stream_received_bytes_total", []string{shown}, 100},
			{"tap_rest_stream_wait_seconds_total", []string{shown}, 1.5},
			{"tap_rest_stream_cost_total", []string{shown}, 0.25},
			{"tap_rest_stream_calls_total", []string{shown, "status=200"}, 3},
			{"tap_rest_stream_calls_total", []string{shown, "status=503"}, 1},
			{"tap_rest_stream_calls_total", []string{shown, "status=none"}, 1},
			{"tap_rest_stream_partitions", []string{shown}, 5},
			{"tap_rest_stream_partitions_done", []string{shown}, 2},
			{"tap_rest_stream_complete", []string{shown}, 0},
			{"tap_rest_stream_doubtful", []string{shown}, 1},
			{"tap_rest_stream_failed", []string{"stream=shops"}, 1},
			{"tap_rest_stream_failures_total", []string{"stream=shops"}, 1},
			{"tap_rest_stream_bookmark_timestamp_seconds", []string{shown}, 1740787200},
		} {
			if got, ok := value(all, tt.metric, append(tt.labels, "run=shop")...); !ok || got != tt.want {
				t.Errorf("%s %q is %v, %v, want %v", tt.metric, tt.labels, got, ok, tt.want)
			}
		}
		for _, metric := range []string{"tap_rest_exit_code", lastSuccess} {
			if _, ok := value(all, metric); ok {
				t.Errorf("%s is there, though the run goes on, and none came before", metric)
			}
		}
		if _, ok := value(all, "tap_rest_stream_records_total", "stream=files of a listing"); ok {
			t.Error("a stream is there that nobody knows by its name")
		}
		f.End(75)
		all = parse(t, name)
		if got, ok := value(all, "tap_rest_exit_code"); got != 75 || !ok {
			t.Errorf("the exit code is %v, %v", got, ok)
		}
		if got, _ := value(all, "tap_rest_running"); got != 0 {
			t.Error("it runs still")
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("others cannot read it: %v, %v", info.Mode(), err)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(name), "*.prom*")); err != nil || len(left) != 1 {
			t.Errorf("the folder has %q, %v", left, err)
		}
	})
}

// TestFolderIsMissing: none is made, which others could not enter, and the error says what
// to do; nor is one made that has gone meanwhile.
func TestFolderIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "nodir")
		name := filepath.Join(dir, "shop.prom")
		if _, err := Open(name, "1", quiet, same); err == nil || !strings.Contains(err.Error(), "--metrics-file: the folder "+dir+" is not there") || !strings.Contains(err.Error(), "mkdir -p -m 755 "+dir) {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder was made: %v", err)
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := Open(name, "1", quiet, same)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		f.End(0)
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder was made again: %v", err)
		}
	})
}

// TestLastSuccess: a run that fails takes over when the last one ended well.
func TestLastSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "shop.prom")
		run := func(code int) float64 {
			f, err := Open(name, "1", quiet, same)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			f.End(code)
			got, _ := value(parse(t, name), lastSuccess)
			return got
		}
		if got := run(1); got != 0 {
			t.Errorf("none ended well, and it says %v", got)
		}
		want := float64(time.Now().Add(time.Hour).Unix())
		for _, code := range []int{0, 1, 75, 2} {
			if got := run(code); got != want {
				t.Errorf("behind %d, the last success was at %v, want %v", code, got, want)
			}
		}
	})
}

// TestNoRunFails: what is no file of ours is no error, a folder that is gone is told once.
func TestNoRunFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "metrics")
		name := filepath.Join(dir, "shop.prom")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		testrig.Write(t, name, begin+"\n"+lastSuccess+"{} x\n"+lastSuccess+"{}\n\x00")
		var log bytes.Buffer
		f, err := Open(name, "1", func() *slog.Logger { return slog.New(slog.NewTextHandler(&log, nil)) }, same)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		f.End(0)
		if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "could not be written") {
			t.Errorf("the log says %d times\n%s", n, &log)
		}
		if _, err := Open(dir+"/x.prom", "1", quiet, same); err == nil || !strings.Contains(err.Error(), "--metrics-file: ") {
			t.Errorf("it cannot be written, and the error is %v", err)
		}
	})
}

// TestFolderOfFile: a folder is said not to be there where that is so.
func TestFolderOfFile(t *testing.T) {
	folders := map[string]string{filepath.Join(t.TempDir(), "none"): "is not there"}
	if runtime.GOOS == "linux" {
		folders["/proc/self"] = "/proc/self/x.prom cannot be written"
	}
	for dir, want := range folders {
		if _, err := Open(filepath.Join(dir, "x.prom"), "1", quiet, same); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", dir, err, want)
		}
	}
}

// TestAlertRules: the rules for Prometheus that docs/operations.md has say what it says of
// them, by files as this package writes them.
func TestAlertRules(t *testing.T) {
	rules := documentedRules(t)
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "shop.prom")
		f, err := Open(name, "1", quiet, same)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		began := parse(t, name)
		time.Sleep(50 * time.Minute)
		synctest.Wait()
		killed := parse(t, name)
		killedAt := time.Now()
		f.End(0)
		well, ended := parse(t, name), time.Now()
		if f, err = Open(name, "1", quiet, same); err != nil {
			t.Fatal(err)
		}
		f.End(1)
		failed := parse(t, name)
		ends := func(name string, code int) map[string]*dto.MetricFamily {
			f, err := Open(name, "1", quiet, same)
			if err != nil {
				t.Fatal(err)
			}
			f.End(code)
			return parse(t, name)
		}
		broken, killedTarget, forNow := ends(name, 2), ends(name, 137), ends(name, 75)
		never := filepath.Join(t.TempDir(), "shop.prom")
		first := ends(never, 75)
		time.Sleep(27 * time.Hour)
		again, againAt := ends(never, 75), time.Now()
		for _, tt := range []struct {
			name string
			file map[string]*dto.MetricFamily
			at   time.Time
			want string
		}{
			{"a run that has begun", began, killedAt.Add(-50*time.Minute + 59*time.Second), ""},
			{"one that goes on", killed, killedAt.Add(59 * time.Second), ""},
			{"one that was killed", killed, killedAt.Add(4 * time.Minute), "TapRestKilled"},
			{"one that ended well", well, ended.Add(time.Hour), ""},
			{"one that failed for good", failed, ended.Add(time.Minute), "TapRestFailed"},
			{"one with a config that cannot be", broken, ended.Add(time.Minute), "TapRestFailed"},
			{"one whose target failed with a code of its own", killedTarget, ended.Add(time.Minute), "TapRestFailed"},
			{"one that failed for now", forNow, ended.Add(time.Minute), ""},
			{"failures for now, and none that ended well for too long", forNow, ended.Add(27 * time.Hour), "TapRestLate"},
			{"the first one, which failed for now", first, ended.Add(time.Minute), ""},
			{"none that ever ended well", again, againAt.Add(time.Minute), "TapRestLate"},
			{"none for too long", well, ended.Add(27 * time.Hour), "TapRestLate"},
			{"one that failed, and none for too long", failed, ended.Add(27 * time.Hour), "TapRestFailed TapRestLate"},
		} {
			var fire []string
			for _, r := range rules {
				if r.holds(t, tt.file, tt.at) {
					fire = append(fire, r.Alert)
				}
			}
			if got := strings.Join(fire, " "); got != tt.want {
				t.Errorf("%s: %q fire, want %q", tt.name, got, tt.want)
			}
		}
	})
}

// rule is a rule for Prometheus.
type rule struct {
	Alert, Expr string
	Annotations map[string]string
}

func documentedRules(t *testing.T) []rule {
	t.Helper()
	text := testrig.Read(t, "../../docs/operations.md")
	_, block, found := strings.Cut(string(text), "```yaml tap-rest.rules.yml\n")
	block, _, _ = strings.Cut(block, "```")
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal([]byte(block), &file); err != nil || !found || len(file.Groups) != 1 {
		t.Fatalf("%v in %q", err, block)
	}
	return file.Groups[0].Rules
}

// holds evaluates as much of PromQL as the rules have: comparisons of a metric, of one or
// else another, or of the time since it, with a number, and of all of them.
func (r rule) holds(t *testing.T, file map[string]*dto.MetricFamily, now time.Time) bool {
	t.Helper()
	term := regexp.MustCompile(`^(time\(\) - )?(?:([a-z_]+)|\(([a-z_]+) or ([a-z_]+)\)) (==|!=|>) (\d+)$`)
	all := true
	for one := range strings.SplitSeq(r.Expr, " and ") {
		m := term.FindStringSubmatch(one)
		if m == nil {
			t.Fatalf("%s: this test does not know %q", r.Alert, one)
		}
		got, there := value(file, m[2]+m[3], "run=shop")
		if !there && m[4] != "" {
			got, there = value(file, m[4], "run=shop")
		}
		if m[1] != "" {
			got = float64(now.UnixMilli())/1000 - got
		}
		want, err := strconv.ParseFloat(m[6], 64)
		if err != nil {
			t.Fatal(err)
		}
		holds := map[string]bool{"==": got == want, "!=": got != want, ">": got > want}
		all = all && there && holds[m[5]]
	}
	return all
}
