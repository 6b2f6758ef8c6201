package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// basic sends a name and a password (RFC 7617). An empty password is what many
// APIs ask for beside a key as the name.
type basic struct {
	constant
	username, password part
}

func newBasic(a *sources.Auth, _ func() Keeping) Authenticator {
	return basic{username: part{"username", a.Username}, password: part{"password", a.Password}}
}

func (b basic) Prove(_ context.Context, r *Request) (Proof, error) {
	user, password, err := userOf(r, b.username, b.password)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Basic "+encode(user, password))
	return 0, nil
}

// Known has the password, and both as the header has them, which answers may
// echo.
func (b basic) Known(vars expr.Vars) (Known, error) {
	user, _ := b.username.template.Text(vars)
	password, _ := b.password.template.Text(vars)
	return Known{Secrets: secret.List{
		b.password.secret(vars), secret.New("auth.basic", encode(strings.TrimSpace(user), password)),
	}}, check(vars, b.username)
}

func encode(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// userOf are the name and the password of a user, which may be empty.
func userOf(r *Request, username, password part) (name, secret string, err error) {
	if name, err = username.text(r.Vars); err != nil {
		return "", "", err
	}
	if secret, err = password.template.Text(r.Vars); err != nil {
		err = fmt.Errorf("auth.password: %w", err)
	}
	return name, secret, err
}
