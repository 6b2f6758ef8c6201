package auth_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
)

// ways are the ways of the definition to prove who asks, and what each makes of
// the settings user, key and name.
var ways = []struct {
	name           string
	auth           func() sources.Auth
	header, query  string // what carries the proof, as it is sent
	param, headers string // names that carry a secret
	secrets        string // by their names, as they come
	needs          string // the settings without which nothing is sent
}{
	{name: "none", auth: func() sources.Auth { return sources.Auth{Type: sources.AuthNone} }},
	{name: "bearer", auth: func() sources.Auth {
		return sources.Auth{Type: sources.AuthBearer, Token: template("{{ config.key }}")}
	}, header: "Authorization: Bearer k/1", secrets: "k/1", needs: "key"},
	{name: "basic", auth: func() sources.Auth {
		return sources.Auth{Type: sources.AuthBasic, Username: template("{{ config.user }}"), Password: template("{{ config.key }}")}
	}, header: "Authorization: Basic YW5uOmsvMQ==", secrets: "k/1 YW5uOmsvMQ==", needs: "user"},
	{name: "api_key in a header", auth: func() sources.Auth {
		return sources.Auth{Type: sources.AuthAPIKey, Name: template("{{ config.name }}"), Value: template("{{ config.key }}")}
	}, header: "X-Key: k/1", headers: "X-Key", secrets: "k/1", needs: "key name"},
	{name: "api_key in the query", auth: func() sources.Auth {
		return sources.Auth{Type: sources.AuthAPIKey, InQuery: true, Name: template("{{ config.name }}"), Value: template("{{ config.key }}")}
	}, query: "a=%2f&X-Key=k%2F1", param: "X-Key", secrets: "k/1", needs: "key name"},
}

func template(text string) *expr.Template {
	t, fault := sources.NewTemplates(nil).Compile(sources.InRequest, text)
	if fault != nil {
		panic(fault)
	}
	return t
}

// settings are the vars of a run without those settings.
func settings(without ...string) expr.Vars {
	var names []string
	var values []expr.Value
	for name, value := range map[string]string{"user": "ann", "key": "k/1", "name": "X-Key"} {
		for _, w := range without {
			if name == w {
				value = " "
			}
		}
		names, values = append(names, name), append(values, expr.String(value))
	}
	vars := make(expr.Vars, sources.VarCount)
	vars[sources.VarConfig] = expr.Dict(names, values)
	return vars
}

// prove sends nothing, but says what would be sent.
func prove(a auth.Authenticator, vars expr.Vars) (header, query string, err error) {
	r := &auth.Request{URL: &url.URL{RawQuery: "a=%2f"}, Header: http.Header{}, Vars: vars}
	_, err = a.Prove(context.Background(), r)
	for name := range r.Header {
		header += name + ": " + r.Header.Get(name)
	}
	return header, r.URL.RawQuery, err
}

// TestWays holds what all ways of the definition promise.
func TestWays(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			definition := way.auth()
			a := auth.New(&definition, nil)
			query := way.query
			if query == "" {
				query = "a=%2f"
			}
			for range 2 { // each attempt is proven
				if h, q, err := prove(a, settings()); h != way.header || q != query || err != nil {
					t.Errorf("sent %q and %q, %v; want %q and %q", h, q, err, way.header, query)
				}
			}
			known, err := a.Known(settings())
			var secrets []string
			for _, s := range known.Secrets {
				secrets = append(secrets, s.Reveal())
			}
			if err != nil || strings.Join(secrets, " ") != way.secrets || strings.Join(known.Headers, " ") != way.headers || strings.Join(known.Params, " ") != way.param {
				t.Errorf("knows %+q in %q and %q, %v", secrets, known.Headers, known.Params, err)
			}
			if a.Refused(context.Background(), 0, auth.Refusal{Status: 401}) {
				t.Error("has another proof")
			}
			for _, name := range strings.Fields(way.needs) {
				if _, _, err := prove(a, settings(name)); err == nil || !strings.Contains(err.Error(), "is empty: give the setting") {
					t.Errorf("without %s: %v", name, err)
				}
				if _, err := a.Known(settings(name)); err == nil || !strings.Contains(err.Error(), "config."+name) {
					t.Errorf("without %s nothing is known to be wrong: %v", name, err)
				}
			}
		})
	}
}
