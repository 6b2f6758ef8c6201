package auth

import (
	"testing"
)

// TestAdopt: of the refresh token that this machine's file has and the one that the fleet
// knows, the later one is sent. What the given token has not become is not.
func TestAdopt(t *testing.T) {
	file := func(who, token string, former ...string) *rotationFile {
		f := &rotationFile{Version: rotationVersion, For: digest(who), Token: token}
		for _, one := range former {
			f.Former = append(f.Former, digest(one))
		}
		return f
	}
	for _, tt := range []struct {
		name        string
		here, known *rotationFile // nil: there is none
		given, want string
	}{
		{"nobody knows another", nil, nil, "t0", "t0"},
		{"the fleet does", nil, file("me", "t2", "t0", "t1"), "t0", "t2"},
		{"the fleet knows the one that is given", nil, file("me", "t2", "t0", "t1"), "t2", "t2"},
		{"the fleet's is of a token that was not given", nil, file("me", "t2", "t0", "t1"), "new", "new"},
		{"the fleet's is somebody else's", nil, file("you", "t2", "t0", "t1"), "t0", "t0"},
		{"the fleet's is later", file("me", "t1", "t0"), file("me", "t2", "t0", "t1"), "t0", "t2"},
		{"the file's is later", file("me", "t3", "t0", "t1", "t2"), file("me", "t2", "t0", "t1"), "t0", "t3"},
		{"the file began with another", file("me", "t1", "t0", "s0"), file("me", "t2", "t1"), "s0", "t2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &rotation{token: tt.given, file: rotationFile{Version: rotationVersion, For: digest("me")}}
			if tt.here != nil {
				r.file, r.token, r.stored = *tt.here, tt.here.Token, true
			}
			if r.adopt(tt.known); r.token != tt.want {
				t.Errorf("sends %s, want %s", r.token, tt.want)
			}
		})
	}
}
