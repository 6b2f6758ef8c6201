package sources_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/settings"
)

const handSettings = `{"required": ["url"], "properties": {
	"url": {"type": "string"}, "token": {"type": "string", "secret": true}, "size": {"type": "integer", "default": 10}}}`

// byHand is a definition that no file describes.
func byHand(t *testing.T) *sources.Definition {
	t.Helper()
	settings, faults := settings.New(object(t, handSettings))
	if faults != nil {
		t.Fatal(faults[0].Msg)
	}
	templates := sources.NewTemplates(settings)
	compile := func(text string) *expr.Template {
		t.Helper()
		compiled, fault := templates.Compile(sources.InRequest, text)
		if fault != nil {
			t.Fatal(fault)
		}
		return compiled
	}
	return &sources.Definition{
		Name:     "hand",
		Settings: settings,
		Streams: []*sources.Stream{{
			Name:           "orders",
			Client:         &sources.Client{BaseURL: compile("{{ config.url }}")},
			Request:        sources.Request{Path: compile("/orders"), Params: []sources.Param{{Name: "since", Value: sources.Tree{Leaf: compile("{{ window.start }}")}}}},
			Records:        sources.Records{Steps: []string{"data"}},
			ReplicationKey: "updated",
			Incremental:    &sources.Incremental{Start: compile("2024-01-01T00:00:00Z")},
		}},
	}
}

func object(t *testing.T, text string) *document.Node {
	t.Helper()
	n, err := document.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestModelByHand proves that a definition which no loader made has settings
// that are checked, secrets that are hidden, defaults and a shape.
func TestModelByHand(t *testing.T) {
	def := byHand(t)
	c, err := def.Configure(sources.Given{Settings: object(t, `{"url": "https://a.example", "token": "s3cret-s3cret", "sise": 5}`)})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(c.Values.AppendJSON(nil)), `{"url":"https://a.example","token":"s3cret-s3cret","sise":5,"size":10}`; got != want {
		t.Errorf("values %s, want %s", got, want)
	}
	if got, want := strings.Join(c.Warnings, "; "), `config: unknown setting "sise"; did you mean "size"? (it is not used)`; got != want {
		t.Errorf("warnings %q, want %q", got, want)
	}
	if got := c.Hider.Line("asked with s3cret-s3cret"); strings.Contains(got, "s3cret") {
		t.Errorf("a secret is in %q", got)
	}
	if c.Run != sources.DefaultRun() {
		t.Errorf("run %+v, want the default", c.Run)
	}
	if url, err := def.Streams[0].Client.BaseURL.Text(vars(c)); err != nil || url != "https://a.example" {
		t.Errorf("base URL %q, %v", url, err)
	}
}

func vars(c *sources.Config) expr.Vars {
	v := make(expr.Vars, sources.VarCount)
	v[sources.VarConfig] = c.Values
	return v
}

// TestModelRefusesSettings proves that what is wrong with settings is said
// without the secret.
func TestModelRefusesSettings(t *testing.T) {
	_, err := byHand(t).Configure(sources.Given{Settings: object(t, `{"token": "s3cret-s3cret", "size": "s3cret-s3cret"}`)})
	var problems settings.Problems
	if !errors.As(err, &problems) || len(problems) != 2 {
		t.Fatalf("error %v, want two problems", err)
	}
	for _, want := range []string{"url is missing; give it in the config or as TAP_REST_URL", "config: /size: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a secret is in %q", err)
	}
}

// TestModelShape proves that the shape of a stream that no loader hashed
// changes with what its requests are made of, and with nothing else.
func TestModelShape(t *testing.T) {
	settings := `{"url": "https://a.example", "token": "s3cret-s3cret"}`
	shape := func(given string, change func(*sources.Stream)) string {
		t.Helper()
		def := byHand(t)
		change(def.Streams[0])
		c, err := def.Configure(sources.Given{Settings: object(t, given)})
		if err != nil {
			t.Fatal(err)
		}
		return c.Shape(def.Streams[0])
	}
	other, fault := sources.NewTemplates(nil).Compile(sources.InRequest, "/customers")
	if fault != nil {
		t.Fatal(fault)
	}
	base := shape(settings, func(*sources.Stream) {})
	for _, tt := range []struct {
		name     string
		settings string
		change   func(*sources.Stream)
		same     bool
	}{
		{"nothing", settings, func(*sources.Stream) {}, true},
		{"another token", `{"url": "https://a.example", "token": "an0ther-one"}`, func(*sources.Stream) {}, true},
		{"another setting", `{"url": "https://b.example", "token": "s3cret-s3cret"}`, func(*sources.Stream) {}, false},
		{"path", settings, func(s *sources.Stream) { s.Request.Path = other }, false},
		{"parameter", settings, func(s *sources.Stream) { s.Request.Params[0].Name = "from" }, false},
		{"constant", settings, func(s *sources.Stream) {
			s.Request.Params = append(s.Request.Params, sources.Param{Name: "n", Value: sources.Tree{Const: expr.Bool(true)}})
		}, false},
		{"method", settings, func(s *sources.Stream) { s.Request.Method = "POST" }, false},
		{"records", settings, func(s *sources.Stream) { s.Records.Steps = []string{"items"} }, false},
		{"pagination", settings, func(s *sources.Stream) { s.Pagination = sources.Pagination{Type: sources.PaginatePage} }, false},
		{"window", settings, func(s *sources.Stream) { s.Incremental.Windows.Format = "date" }, false},
		{"zone", settings, func(s *sources.Stream) { s.Incremental.Windows.Timezone = time.FixedZone("X", 3600) }, false},
		{"lookback", settings, func(s *sources.Stream) { s.Incremental.Lookback.Nanos = time.Hour }, true},
		{"settle", settings, func(s *sources.Stream) { s.Incremental.Settle = time.Hour }, true},
		{"sorted", settings, func(s *sources.Stream) { s.Incremental.Sorted = true }, true},
		{"client_filter", settings, func(s *sources.Stream) { s.Incremental.ClientFilter = true }, true},
		{"retry", settings, func(s *sources.Stream) { s.Call.Retry.Attempts = 2 }, true},
		{"policy", settings, func(s *sources.Stream) { s.Schema.OnInvalid = sources.Pass }, true},
		{"loader's text", settings, func(s *sources.Stream) { s.Loaded.Shape = "as it has always been" }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if same := shape(tt.settings, tt.change) == base; same != tt.same {
				t.Errorf("same shape: %v, want %v", same, tt.same)
			}
		})
	}
}

// TestModelDefaults proves what a loader may leave out.
func TestModelDefaults(t *testing.T) {
	absolute, fault := sources.NewTemplates(nil).Compile(sources.InRequest, "https://a.example/x?y=1")
	if fault != nil {
		t.Fatal(fault)
	}
	child := &sources.Stream{Name: "lines", PartitionBy: []sources.PartitionSource{{Parent: "orders"}}}
	def := &sources.Definition{Name: "d", Streams: []*sources.Stream{child, {Name: "orders", Request: sources.Request{Path: absolute}, Incremental: &sources.Incremental{}}}}
	def.Complete()
	s := def.Streams[1]
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"settings", string(def.Settings.Shown()), `{"type":"object","properties":{}}`},
		{"check", def.Check, "orders"},
		{"base URL", s.Client.BaseURL.Source(), "https://a.example"},
		{"base URL of a child", child.Client.BaseURL.Source(), ""},
		{"auth", s.Client.Auth.Type, sources.AuthNone},
		{"requests at a time", s.Client.MaxInFlight, 4},
		{"method", s.Request.Method, "GET"},
		{"timeout", s.Call.Timeout, time.Minute},
		{"retry", s.Call.Retry, sources.DefaultRetry()},
		{"records", strings.Join(s.Records.Steps, " "), "@this"},
		{"pagination", s.Pagination.Type, sources.PaginateNone},
		{"on_invalid", s.Schema.OnInvalid, sources.Fail},
		{"on_new_field", s.Schema.OnNewField, sources.Evolve},
		{"format", s.Incremental.Windows.Format, "rfc3339"},
		{"timezone", s.Incremental.Windows.Timezone, time.UTC},
		{"timezone of records", s.Incremental.RecordTimes.Timezone, time.UTC},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}
