package fetch

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
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
		out.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
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
	if !a.InQuery {
		out.header.Set(name, value)
		return nil
	}
	query, err := parsePairs(out.url.RawQuery)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	out.url.RawQuery = query.set(name, value).encode()
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
	if strings.ContainsAny(text, "\r\n\x00") {
		return "", fmt.Errorf("auth.%s: has a line break", key)
	}
	return text, nil
}

// isCredential reports whether the header is the one that auth api_key sets.
func (c *Client) isCredential(header string) bool {
	a := c.source.Auth
	if a.Type != sources.AuthAPIKey || a.InQuery {
		return false
	}
	name, ok := a.Name.Const()
	return !ok || strings.EqualFold(name.Text(), header)
}

// credentials are the secret texts that auth makes of the settings.
func credentials(a *sources.Auth, vars expr.Vars) []sources.Secret {
	var all []sources.Secret
	for _, t := range []*expr.Template{a.Token, a.Password, a.Value} {
		if t == nil {
			continue
		}
		if text, err := t.Text(vars); err == nil && text != "" {
			all = append(all, sources.NewSecret(text))
		}
	}
	return all
}
