package auth_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// TestNoTokenIsSpentOnAFullDisk proves that a refresh token is not sent while the one
// that comes next could not be kept; that this may be over soon; and that nothing but
// the token's file and its lock is left.
func TestNoTokenIsSpentOnAFullDisk(t *testing.T) {
	full, asked, dir := true, 0, filepath.Join(t.TempDir(), "tokens")
	a := auth.New(&sources.Auth{Type: sources.AuthOAuth2, OAuth2: &sources.OAuth2{
		Grant: "refresh_token", TokenURL: template("http://api.test/token"), RefreshToken: template("{{ config.key }}"),
	}}, func() auth.Keeping {
		return auth.Keeping{Dir: dir, Secrets: secret.NewHider(nil).ForClient(nil), Log: slog.New(slog.DiscardHandler), Replace: func(path string, data []byte) error {
			if full && len(data) > 4096 {
				return &fs.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
			}
			return workdir.Replace(path, data)
		}}
	}).(auth.Login)
	ask := func(context.Context, *http.Request) (*auth.Answer, error) {
		asked++
		return &auth.Answer{Status: 200, Header: http.Header{}, Body: []byte(`{"access_token":"a-2","refresh_token":"r-2"}`)}, nil
	}
	err := a.Prepare(t.Context(), settings(), ask)
	var failure *auth.Failure
	if !errors.As(err, &failure) || !failure.Later || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(failure.Advice, "make room") || asked > 0 {
		t.Fatalf("after %d requests: %v", asked, err)
	}
	full = false
	if err := a.Prepare(t.Context(), settings(), ask); err != nil || asked != 1 || a.Answer().Get("access_token").Text() != "a-2" {
		t.Errorf("with room, after %d requests: %v", asked, err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 2 || !strings.HasSuffix(files[0], "lock") || !strings.HasSuffix(files[1], ".json") {
		t.Errorf("left %q", files)
	}
}
