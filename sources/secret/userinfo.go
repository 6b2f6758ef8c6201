package secret

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

// UserInfo is the password in a URL, with what Basic makes of it; none where
// there is none. The URL may be broken: it is in an error then, above all. name
// says where it stands.
func UserInfo(name, text string) List {
	_, rest, found := strings.Cut(text, "://")
	at := strings.LastIndexByte(rest, '@')
	if !found || at < 0 || strings.ContainsAny(rest[:at], " \n") {
		return nil
	}
	user, password, found := strings.Cut(rest[:at], ":")
	if !found {
		return nil
	}
	all := List{{name + " user", rest[:at]}, {name + " password", password}}
	if plain, err := url.PathUnescape(password); err == nil && plain != password {
		all = append(all, Text{name + " plain", plain}, Text{name + " plain basic", base64.StdEncoding.EncodeToString([]byte(user + ":" + plain))})
	}
	return append(all, Text{name + " basic", base64.StdEncoding.EncodeToString([]byte(rest[:at]))})
}

// userPart matches the user and the password in a URL, with what is before
// them.
var userPart = pattern.New(`(://)[^\s/?#"'@]*:[^\s/?#"'@]*@`)

// withoutUsers returns text with *** in the place of users and passwords in
// URLs.
func withoutUsers(text string) string {
	if !strings.Contains(text, "://") || !strings.Contains(text, "@") {
		return text
	}
	return userPart().ReplaceAllString(text, "${1}"+hidden+"@")
}
