package styles

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// The ways to prove who asks. All of them page by cursor.

func basic() Style {
	return paged("basic", "a user and a password", "-u ada:s3cret 'BASE/basic/orders?limit=100'",
		orders(apitest.Cursor), apitest.RequireBasic(User, Secret))
}

func apiKey() Style {
	return paged("key", "a key in a header", "-H 'X-Api-Key: s3cret' 'BASE/key/orders?limit=100'",
		orders(apitest.Cursor), apitest.RequireKey("X-Api-Key", Secret))
}

// What the logins give out. These are samples, as the secret is.
const (
	accessToken  = "sample-access-token"
	sessionToken = "sample-session-token"
)

// oauth2 gives a token to who has the client's secret (RFC 6749, client_credentials).
func oauth2() Style {
	style := paged("oauth2", "a token that is asked for with an id and a secret (OAuth 2, client credentials)",
		"-d grant_type=client_credentials -d client_id=ada -d client_secret=s3cret 'BASE/oauth2/token'",
		orders(apitest.Cursor), apitest.RequireBearer(accessToken))
	mux := http.NewServeMux()
	mux.Handle("/oauth2/", style.handler)
	mux.HandleFunc("POST /oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_id") != User || r.FormValue("client_secret") != Secret {
			answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
			return
		}
		answer(w, http.StatusOK, map[string]any{"access_token": accessToken, "token_type": "Bearer", "expires_in": 3600})
	})
	style.handler = mux
	return style
}

// session gives a token to who logs in with a name and a password.
func session() Style {
	style := paged("session", "a login, whose token goes into a header",
		`-H 'Content-Type: application/json' -d '{"user":"ada","password":"s3cret"}' 'BASE/session/login'`,
		orders(apitest.Cursor), apitest.RequireKey("X-Session", sessionToken))
	mux := http.NewServeMux()
	mux.Handle("/session/", style.handler)
	mux.HandleFunc("POST /session/login", func(w http.ResponseWriter, r *http.Request) {
		var who struct{ User, Password string }
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&who); err != nil || who.User != User || who.Password != Secret {
			answer(w, http.StatusUnauthorized, map[string]any{"error": "wrong user or password"})
			return
		}
		answer(w, http.StatusOK, map[string]any{"session": sessionToken})
	})
	style.handler = mux
	return style
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}
