package fleet_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap/fleet"
)

// TestNoPasswordIsPrinted: no error about --nats has a name, a password or a token in it,
// however these are written. Nothing listens at port 1.
func TestNoPasswordIsPrinted(t *testing.T) {
	for _, tt := range []struct{ name, given, shown string }{
		{"user and password", "nats://iuser:p1secret@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{"a user", "nats://iuser@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{"no scheme", "iuser:p1secret@127.0.0.1:1", "xxxxx@127.0.0.1:1"},
		{"a token without a scheme", "p1secret@127.0.0.1:1", "xxxxx@127.0.0.1:1"},
		{"several servers", "nats://127.0.0.1:1, iuser:p1secret@127.0.0.1:1,nats://iuser:psecret2@127.0.0.1:1", "nats://127.0.0.1:1,xxxxx@127.0.0.1:1,nats://xxxxx@127.0.0.1:1"},
		{"a slash in the password", "nats://iuser:p/1secret@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{"a slash after digits", "nats://iuser:12/p1secret@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{"a slash, without a scheme", "iuser:p/1secret@127.0.0.1:1", "xxxxx@127.0.0.1:1"},
		{"a question mark", "nats://iuser:p?1secret@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{"@ in the password", "nats://iuser:p@1secret@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{"@ and a slash", "nats://iuser:p@1secret/x@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{": in the password", "nats://iuser:p:1secret@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{"escapes", "nats://iuser:p%2F1secret@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{"% that is no escape", "nats://iuser:p%1secret@127.0.0.1:1", "nats://xxxxx@127.0.0.1:1"},
		{"a comma", "nats://iuser:psecret1,2secret@127.0.0.1:1", "(which is no URL)"},
		{"another scheme", "http://iuser:p1secret@127.0.0.1:1", "http://xxxxx@127.0.0.1:1"},
		{":// in the password", "iuser:p1secret://x@127.0.0.1:1", "xxxxx@127.0.0.1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := (&fleet.Address{URL: tt.given}).Connect(slog.New(slog.DiscardHandler), "test")
			if err == nil {
				conn.Close()
				t.Fatal("something listens at port 1")
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "iuser") || !strings.Contains(err.Error(), "--nats "+tt.shown+": ") {
				t.Errorf("got %v, want it to say --nats %s, and no secret", err, tt.shown)
			}
			if away := errors.As(err, new(*fleet.ServerError)); away != strings.Contains(err.Error(), "no NATS server can be spoken with") {
				t.Errorf("%v is an error of the server: %v", err, away)
			}
		})
	}
}

// TestURLsThatAreTaken: what package nats reads is not refused before it is asked.
func TestURLsThatAreTaken(t *testing.T) {
	for _, given := range []string{
		"nats://h", "h", "h:4222", "tls://h:4222", "wss://h:443/path", "a:1,b:2, nats://c", "u:p@h", "t@h:1", "nats://u:p@x:y@h:1",
		"nats://u:p%2Fq@[::1]:4222", "nats://h,",
	} {
		if err := (&fleet.Address{URL: given}).Check(); err != nil {
			t.Errorf("%s: %v", given, err)
		}
	}
}
