package tap_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// TestModelWithoutALoader proves that a run reads, and resumes, an API that no
// file describes: what a loader leaves out has its defaults.
func TestModelWithoutALoader(t *testing.T) {
	schema, err := document.ParseJSON([]byte(`{"properties": {"start": {"type": "string", "default": "2024-01-01T00:00:00Z"}, "token": {"type": "string", "secret": true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	settings, faults := settings.New(schema)
	if faults != nil {
		t.Fatal(faults[0].Msg)
	}
	templates := sources.NewTemplates(settings)
	compile := func(text string) *expr.Template {
		compiled, fault := templates.Compile(sources.InRequest, text)
		if fault != nil {
			t.Fatal(fault)
		}
		return compiled
	}
	d := &sources.Definition{Name: "t", Settings: settings, Streams: []*sources.Stream{{
		Name: "customers", Client: &sources.Client{BaseURL: compile("http://api.test"), Auth: &sources.Auth{Type: sources.AuthBearer, Token: compile("{{ config.token }}")}},
		Request: sources.Request{Path: compile("/customers")},
		Records: sources.Records{Steps: []string{"data"}},
		Keys:    []string{"id"},
		Pagination: sources.Pagination{
			Type: sources.PaginatePage, Start: 1, Sends: sources.PageSending{Param: "page", SizeParam: "per_page", Size: 7},
			Ends: sources.PageEnds{Total: sources.Ref{Path: "meta.total"}},
		},
	}, {
		Name: "orders", Client: &sources.Client{BaseURL: compile("http://api.test")},
		Request:        sources.Request{Path: compile("/orders"), Params: []sources.Param{{Name: "from", Value: sources.Tree{Leaf: compile("{{ window.start }}")}}}},
		Records:        sources.Records{Steps: []string{"data"}},
		Keys:           []string{"id"},
		ReplicationKey: "updated_at",
		Incremental:    &sources.Incremental{Start: compile("{{ config.start }}")},
		Pagination:     sources.Pagination{Type: sources.PaginateCursor, Next: sources.Ref{Path: "next_page"}, Sends: sources.PageSending{Param: "cursor"}},
	}}}
	s := setup{
		model: d, config: `{"token": "s3cret-s3cret"}`, workDir: memoryFolder(t),
		api: apitest.New().Add(apitest.Customers(20)).Add(apitest.Orders(30)),
	}
	first := s.must(t)
	if customers, orders := len(first.records("customers")), len(first.records("orders")); customers != 20 || orders != 30 {
		t.Errorf("%d customers and %d orders, want 20 and 30\n%s", customers, orders, first.log)
	}
	if strings.Contains(first.log, "s3cret") {
		t.Errorf("the log holds a secret: %s", first.log)
	}
	s.state = first.state()
	again := s.must(t)
	if orders := len(again.records("orders")); orders == 0 || orders == 30 || strings.Contains(again.log, "start over") {
		t.Errorf("%d orders from where the first run ended, want some of the 30\n%s", orders, again.log)
	}
}
