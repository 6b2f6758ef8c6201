package fetch

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// authorize proves who asks.
func (w *Walk) authorize(out *outgoing) error {
	a := w.client.source.Auth
	switch a.Type {
	case sources.AuthBearer:
		token, err := w.credential("token", a.Token)
		if err != nil {
			return err
		}
		out.header.Set("Authorization", "Bearer "+token)
	case sources.AuthBasic:
		user, err := w.credential("username", a.Username)
		if err != nil {
			return err
		}
		// An empty password is what many APIs ask for beside a key as the name.
		password, err := a.Password.Text(w.vars)
		if err != nil {
			return fmt.Errorf("auth.password: %w", err)
		}
		out.header.Set("Authorization", "Basic "+basic(user, password))
	case sources.AuthAPIKey:
		return w.authorizeKey(out, a)
	}
	return nil
}

func (w *Walk) authorizeKey(out *outgoing, a *sources.Auth) error {
	name, err := w.credential("name", a.Name)
	if err != nil {
		return err
	}
	value, err := w.credential("value", a.Value)
	if err != nil {
		return err
	}
	if a.InQuery {
		out.url.RawQuery = uri.ParsePairs(out.url.RawQuery).Set(name, value).InURL()
	} else {
		out.header.Set(name, value)
	}
	return nil
}

// credential evaluates a part of auth that must not be empty: a request
// without it would be somebody else's.
func (w *Walk) credential(key string, t *expr.Template) (string, error) {
	v, err := t.Eval(w.vars)
	if err != nil {
		return "", fmt.Errorf("auth.%s: %w", key, err)
	}
	text := strings.TrimSpace(v.Text())
	if v.Missing() || text == "" {
		return "", fmt.Errorf("auth.%s: %s is empty: give the setting that it is made of", key, t.Source())
	}
	return text, nil
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// Check reports what would keep every request of the client from being made: a
// base_url that is none, a credential that is empty. vars hold what templates
// see as config and now. Base URLs and credentials that depend on more are
// left to the requests.
func (c *Client) Check(vars expr.Vars) error {
	w := &Walk{client: c, vars: vars}
	if t := c.source.BaseURL; !perRequest(t) {
		base, err := t.Text(vars)
		if err == nil {
			_, err = uri.Parse(base)
		}
		if err != nil {
			return fmt.Errorf("base_url: %s: %w", c.Secrets.Redact(base), err)
		}
	}
	a := c.source.Auth
	for _, part := range []struct {
		key string
		t   *expr.Template
	}{{"token", a.Token}, {"username", a.Username}, {"name", a.Name}, {"value", a.Value}} {
		if part.t == nil || perRequest(part.t) {
			continue
		}
		if _, err := w.credential(part.key, part.t); err != nil {
			return err
		}
	}
	return nil
}

// perRequest reports whether a template depends on the request under way.
func perRequest(t *expr.Template) bool {
	return t.Uses("page") || t.Uses("partition") || t.Uses("window") || t.Uses("auth")
}

// credentials are the secret texts that auth makes of the settings, in an
// order that does not depend on their values.
func credentials(a *sources.Auth, vars expr.Vars) secret.List {
	var all secret.List
	for _, t := range []*expr.Template{a.Token, a.Password, a.Value} {
		if t == nil {
			continue
		}
		text, _ := t.Text(vars) // an error comes again with the first request
		all = append(all, secret.New(strings.TrimSpace(text)))
	}
	if a.Type == sources.AuthBasic { // as the header has it, which answers may echo
		user, _ := a.Username.Text(vars)
		password, _ := a.Password.Text(vars)
		all = append(all, secret.New(basic(strings.TrimSpace(user), password)))
	}
	return all
}
