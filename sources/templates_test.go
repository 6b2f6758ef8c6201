package sources_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// TestTemplates proves which names each scope has, and what is said of others.
func TestTemplates(t *testing.T) {
	const request, response, record = sources.InRequest, sources.InResponse, sources.InRecord
	templates := sources.NewTemplates(settingsOf(t, `{"properties": {"token": {}, "since": {}}}`))
	for _, tt := range []struct {
		in     sources.Scope
		text   string
		only   string
		want   string // "": it compiles
		offset int
	}{
		{request, "plain", "", "", 0},
		{request, "{{ config.token }}{{ partition.a }}{{ window.start }}{{ page.token }}{{ auth.x }}{{ now }}", "", "", 0},
		{response, "{{ response.a }}{{ headers.b }}{{ config.token }}", "", "", 0},
		{record, "{{ record.a }}{{ parent.b }}{{ response.c }}", "", "", 0},
		{request, "{{ response.a }}", "", `unknown name "response"`, 3},
		{request, "x{{ headers.a }}", "", `unknown name "headers"`, 4},
		{request, "{{ record.a }}", "", `unknown name "record"`, 3},
		{response, "{{ record.a }}", "", `unknown name "record"`, 3},
		{response, "{{ parent.a }}", "", `unknown name "parent"`, 3},
		{record, "{{ recrod.a }}", "", `unknown name "recrod"`, 3},
		{request, "{{ now", "", "", -1},

		{request, "{{ window.stat }}", "", `unknown member of window "stat"; did you mean "start"?`, 0},
		{request, "{{ page.nubmer }}", "", `unknown member of page "nubmer"; did you mean "number"?`, 0},
		{request, "{{ window['end'] }}{{ page.size }}{{ page.records }}{{ page.offset }}", "", "", 0},
		{request, "{{ partition.anything.at_all }}", "", "", 0},

		{request, "{{ config.since }}", "config now", "", 0},
		{request, "{{ page.token }}", "config", "page cannot be used here, only config", 0},
		{request, "{{ page.token }}", "config now", "page cannot be used here, only config and now", 0},

		{request, "{{ config.tokne }}", "", `unknown setting "tokne"; did you mean "token"?`, 10},
		{request, "é{{ config['tokne'] }}", "", `unknown setting "tokne"; did you mean "token"?`, 13},
		{request, "{{ config.get('sinc') }}", "", `unknown setting "sinc"; did you mean "since"?`, 15},
		{request, "{{ config | get(\"frob\") }}", "", `unknown setting "frob"; known here: token, since`, 17},
		{request, "{{ config.items() | length }}", "", "", 0},
		{request, "{{ 'config.nope' }}", "", "", 0},
		{request, "config.nope", "", "", 0},
	} {
		t.Run(tt.text, func(t *testing.T) {
			compiled, fault := templates.Compile(tt.in, tt.text, strings.Fields(tt.only)...)
			switch {
			case tt.offset < 0:
				if fault == nil {
					t.Error("it compiles")
				}
			case tt.want == "" && (fault != nil || compiled.Source() != tt.text):
				t.Error(fault)
			case tt.want != "" && (fault == nil || !strings.HasPrefix(fault.Error(), tt.want) || fault.Offset != tt.offset):
				t.Errorf("got %+v, want %s at %d", fault, tt.want, tt.offset)
			}
		})
	}
}

// TestTemplatesAndSettings proves when a template may use a setting that is not
// declared.
func TestTemplatesAndSettings(t *testing.T) {
	for _, tt := range []struct {
		name     string
		settings *settings.Settings
		want     string
	}{
		{"not known", nil, ""},
		{"none", settings.None(), `unknown setting "a": declare it under settings.properties`},
		{"others", settingsOf(t, `{"properties": {"xyz": {}}}`), `unknown setting "a"; known here: xyz`},
		{"declared", settingsOf(t, `{"properties": {"a": {}}}`), ""},
		{"closed", settingsOf(t, `{"properties": {"xyz": {}}, "additionalProperties": false}`), `unknown setting "a"; known here: xyz`},
		{"open", settingsOf(t, `{"properties": {"xyz": {}}, "additionalProperties": true}`), ""},
		{"of several schemas", settingsOf(t, `{"properties": {"xyz": {}}, "anyOf": [{"required": ["xyz"]}]}`), ""},
		{"nothing said", settingsOf(t, `{}`), ""},
	} {
		_, fault := sources.NewTemplates(tt.settings).Compile(sources.InRequest, "{{ config.a }}")
		if got := (fault != nil); got != (tt.want != "") || got && fault.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, fault, tt.want)
		}
	}
}
