package draft_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/curl"
)

func curlEnv(name string) (string, bool) {
	value, set := map[string]string{"TOKEN": "s3cret", "LIMIT": "50"}[name]
	return value, set
}

// curlShown writes a call in lines.
func curlShown(c *call.Call) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", c.Method, c.Address())
	for _, h := range c.Headers {
		fmt.Fprintf(&b, "%s: %s\n", h.Name, h.Value)
	}
	if c.Basic {
		fmt.Fprintf(&b, "user %s:%s\n", c.User, c.Password)
	}
	if len(c.Body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", c.Body)
	}
	return b.String()
}

func TestCurl(t *testing.T) {
	tests := []struct {
		name, line, want string
		remarks          []string
	}{
		{"documentation", `curl -H "Authorization: Bearer $TOKEN" "https://api.example.com/v1/orders?limit=${LIMIT}"`,
			"GET https://api.example.com/v1/orders?limit=50\nAuthorization: Bearer s3cret\n", nil},
		{"a prompt, lines that go on, another program behind", "$ curl -sSL \\\n  --request GET \\ \n  --url https://a.example/x \\\n  --header 'accept: application/json' | jq .",
			"GET https://a.example/x\naccept: application/json\n", []string{"what stands behind | is left out"}},
		{"bash of a browser", `curl 'https://a.example/q' -X 'POST' -H 'content-type: application/json' -b 'sid=1; x=2' --data-raw $'{"a":"it\'s \u00e9 \ud83d\ude00\\n\x41\101"}' --compressed`,
			"POST https://a.example/q\ncontent-type: application/json\nCookie: sid=1; x=2\n\n{\"a\":\"it's é 😀\\nAA\"}\n", nil},
		{"cmd of a browser", "curl ^\"https://a.example/q?a=1^&b=%^20c^\" ^\r\n  -H ^\"accept: */*^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"x^^y^\\^\"^}^\"",
			"POST https://a.example/q?a=1&b=+c\naccept: */*\nContent-Type: application/x-www-form-urlencoded\n\n{\"a\":\"x^y\"}\n", nil},
		{"cmd with plain quotes", "curl \"https://a.example/q?a=1&b=2\" ^\n -H \"A: b \"\"c\"\" ^\" -d \"{\\\"a\\\": \\\"\\\\\\\\\\\"}\"",
			"POST https://a.example/q?a=1&b=2\nA: b \"c\" ^\nContent-Type: application/x-www-form-urlencoded\n\n{\"a\": \"\\\\\"}\n", nil},
		{"PowerShell", "curl.exe `\n  -H 'Authorization: Bearer it''s' `\n  -d '{\\\"a\\\": 1}' `\n  \"https://a.example/q?a=`$top\"",
			"POST https://a.example/q?a=%24top\nAuthorization: Bearer it's\nContent-Type: application/x-www-form-urlencoded\n\n{\"a\": 1}\n", nil},
		{"an address without quotes", `curl https://a.example/q?a=1&b=2 -u key:`, "GET https://a.example/q?a=1&b=2\nuser key:\n", nil},
		{"-G, data that is encoded here, joined flags", `curl -sG a.example/q -d a=1 -d'b=2' --data-urlencode 'c=x y&z' -HA:b -XGET`, "GET http://a.example/q?a=1&b=2&c=x+y%26z\nA: b\n", nil},
		{"JSON", `curl --json '{"a":' --json '1}' https://a.example/`, "POST https://a.example/\nContent-Type: application/json\n\n{\"a\":1}\n", nil},
		{"-A, -e, user in the address", `curl -A me/1 -e https://b.example https://u:p@a.example/x#frag`, "GET https://a.example/x\nUser-Agent: me/1\nReferer: https://b.example\nuser u:p\n", nil},
		{"$ in an address in double quotes", `curl "https://a.example/odata?$top=5&$filter=x"`, "GET https://a.example/odata?%24top=5&%24filter=x\n", nil},
		{"what is not known is said", `curl -k --frobnicate 7 --proxy http://p:1 --compressed -z https://a.example/ -F x=1`,
			"GET https://a.example/\n", []string{
				"-k takes any certificate; tap-rest proves it. Say with tls: {ca: FILE} whom it believes", "--frobnicate is not known, and left out",
				"--proxy names a proxy: give it in the variable HTTPS_PROXY", "-z is not known, and left out",
				"-F sends a form of several parts, which a definition cannot send: is there a GET, or a body of JSON?"}},
		{"headers that curl leaves out", `curl -H 'Accept:' -H 'X-Empty;' -H ' B : c ' https://a.example`, "GET https://a.example\nX-Empty: \nB: c\n", nil},
		{"a comment, an empty word", "curl '' https://a.example # as in the docs\n", "GET https://a.example\n", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, remarks, err := curl.Parse(test.line, curlEnv)
			if err != nil {
				t.Fatal(err)
			}
			if got := curlShown(c); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
			if !slices.Equal(remarks, test.remarks) {
				t.Errorf("remarks %q, want %q", remarks, test.remarks)
			}
			if !curl.LooksLike([]byte(test.line)) {
				t.Errorf("LooksLike is false")
			}
		})
	}
}

func TestCurlRefuses(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"a quote that is open", `curl 'https://a.example`, "curl: a quote of the line is not closed: is it all of the line?"},
		{"no URL", `curl -s`, "curl: the line names no URL"},
		{"a variable that is not set", `curl -H "A: $SECRET_KEY" a.example`, "curl: the line uses the variable SECRET_KEY, which is not set: write export SECRET_KEY=… before it, or put the value into the line"},
		{"another command", `curl -H "A: $(cat token)" a.example`, "curl: the line runs another command, in $(…): write what it prints in its place"},
		{"a body in a file", `curl -d @body.json a.example`, "curl: -d: the body stands in a file: put its text into the line"},
		{"a method that does not read", `curl -X DELETE a.example`, "curl: -X names a method that does not read: GET, POST, PUT and PATCH can be the request of a stream"},
		{"an address that is none", `curl 'https://s3cret@[x/'`, "curl: the URL cannot be read: missing ']' in host"},
		{"another scheme", `curl ftp://a.example`, "curl: the URL begins with ftp://, and tap-rest reads http:// and https://"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, _, err := curl.Parse(test.line, curlEnv); err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

// FuzzCurl reads any line, and writes a definition of what it understands: that loads.
func FuzzCurl(f *testing.F) {
	f.Add(`curl -H "Authorization: Bearer s3cret" "https://api.example.com/v1/{{orders}}?limit=50&limit=60&x={%" -b 'a=b'`)
	f.Add(`curl -u a:b --json '{"query":"{a}","variables":{"x":["{{"]}}' https://a.example/bot12345:AAbbCC112233ddeeff/x%2Fy -XPUT`)
	f.Add("curl.exe `\n -d 'a=%zz&b' \"http://a\" -H 'Content-Type: text/plain'")
	f.Add("curl ^\"http://a:99/^\" ^\n --data-raw ^\"^{^}^\" -H ^\"A: {#^\"")
	f.Fuzz(func(t *testing.T, text string) {
		c, _, err := curl.Parse(text, curlEnv)
		if err != nil || len(text) > 10_000 {
			return
		}
		described := c.Describe()
		var d draft.Definition
		d.Root.Set("version", 1, "").Set("name", described.Name, "")
		call.AppendSettings(&d.Root, described.Settings)
		d.Root.Set("client", described.Client, "")
		d.Root.Set("streams", []any{&draft.Map{Entries: slices.Concat([]draft.Entry{{Key: "name", Value: described.Name}}, described.Stream.Entries)}}, "")
		d.Left = described.Left
		yaml := d.AppendYAML(nil)
		if _, err := definition.Parse("fuzz.yaml", yaml); err != nil {
			t.Errorf("%v\nin:\n%s", err, yaml)
		}
	})
}
