package config_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/document"
)

// around are the variables and files of the tests.
func around(dotEnv ...string) config.Around {
	a := config.Around{
		Environ: []string{"SHOP_KEY=sesame", "EMPTY=", "TWICE=${SHOP_KEY}", "HOST=a.example"},
		Open: func(name string) ([]byte, error) {
			text, there := map[string]string{"etc/key": "sesame\n", "/run/pem": "a\nb\r\n", "etc/raw": "\xff", "etc/blank": " \n"}[name]
			if !there {
				return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
			}
			return []byte(text), nil
		},
	}
	for _, text := range dotEnv {
		a.DotEnv = append(a.DotEnv, config.File{Name: "etc/.env", Data: []byte(text)})
	}
	return a
}

// TestReferences proves what a text in a config stands for, or what is said of it. None
// of the messages has a value.
func TestReferences(t *testing.T) {
	def, err := definition.Parse("t.yaml", []byte(shopLike))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, key, want, err string }{
		{"variable", "${SHOP_KEY}", "sesame", ""},
		{"within a text", "a ${SHOP_KEY} b ${HOST}", "a sesame b a.example", ""},
		{"empty variable", "x${EMPTY}", "x", ""},
		{"no reference in a value", "${TWICE}", "${SHOP_KEY}", ""},
		{"of .env", "${FROM_DOT}", "dot", ""},
		{"the process before .env", "${HOST}", "a.example", ""},
		{"escaped", "$${SHOP_KEY}", "${SHOP_KEY}", ""},
		{"other dollars", "$SHOP_KEY ${} ${a-b} $$ ${1}", "$SHOP_KEY ${} ${a-b} $$ ${1}", ""},
		{"file", "file:key", "sesame", ""},
		{"absolute file", "file:/run/pem", "a\nb", ""},
		{"URL of a file", "file:///run/pem", "file:///run/pem", ""},
		{"missing variable", "sesame${NOWHERE}${NOR_HERE}", "", "config etc/c.json: /auth/key: the variable NOWHERE is not set: set it, or write $${NOWHERE} where that is plain text\n" +
			"config etc/c.json: /auth/key: the variable NOR_HERE is not set: set it, or write $${NOR_HERE} where that is plain text"},
		{"missing file", "file:lost", "", "config etc/c.json: /auth/key: the file lost cannot be read: file does not exist"},
		{"file without text", "file:blank", "", "config etc/c.json: /auth/key: the file blank cannot be read: it has no text"},
		{"binary file", "file:raw", "", "config etc/c.json: /auth/key: the file raw cannot be read: it is not text in UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := `{"base_url": "https://${HOST}", "auth": {"key": ` + quote(tt.key) + `}}`
			in, err := around("FROM_DOT=dot\nHOST=other.example\n").Read([]config.File{{Name: "etc/c.json", Data: []byte(text)}}, nil)
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("error %v, want %s", err, tt.err)
				}
				return
			}
			c, err := in.Configure(def)
			if err != nil {
				t.Fatal(err)
			}
			if got := values(c); !strings.Contains(got, `"base_url":"https://a.example"`) || !strings.Contains(got, `"key":`+quote(tt.want)) {
				t.Errorf("got %s, want the key %q", got, tt.want)
			}
		})
	}
}

// TestNoReferences: a source, a variable of the environment, and a config that is read
// without anything around it stand for themselves.
func TestNoReferences(t *testing.T) {
	in, err := around().Read([]config.File{{Name: "c.json", Data: []byte(`{"source": {"version": 1, "name": "x", "streams": [{"name": "a", "path": "https://a.example/${NOWHERE}"}]}}`)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Definition(); err != nil {
		t.Error(err)
	}
	def, err := definition.Parse("t.yaml", []byte(shopLike))
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(`{"base_url": "https://a.example", "auth": {"key": "${SHOP_KEY}"}}`)
	in, err = config.Read([]config.File{{Name: "c.json", Data: text}}, []string{"TAP_REST_TOKEN=${SHOP_KEY}"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := in.Configure(def)
	if err != nil {
		t.Fatal(err)
	}
	if got := values(c); !strings.Contains(got, `"key":"${SHOP_KEY}"`) {
		t.Errorf("got %s", got)
	}
}

// TestDotEnv proves what a .env file gives, or what is said of it.
func TestDotEnv(t *testing.T) {
	def, err := definition.Parse("t.yaml", []byte(shopLike))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text, want, err string }{
		{"plain", "TAP_REST_AUTH__KEY=a b", "a b", ""},
		{"export and blanks", "\n  export TAP_REST_AUTH__KEY = a \n", "a", ""},
		{"comment", "# x=1\nTAP_REST_AUTH__KEY=a#b # c\n", "a#b", ""},
		{"single quotes", `TAP_REST_AUTH__KEY='a # \n "b" $x' # c`, `a # \n "b" $x`, ""},
		{"double quotes", `TAP_REST_AUTH__KEY="a\n\"b\" \\n $x"`, "a\n\"b\" \\n $x", ""},
		{"lines", "A=1\nTAP_REST_AUTH__KEY=\"a\nb\"\r\nB=2", "a\nb", ""},
		{"last one", "TAP_REST_AUTH__KEY=a\nTAP_REST_AUTH__KEY=b", "b", ""},
		{"no expansion", "A=1\nTAP_REST_AUTH__KEY=${A}$A", "${A}$A", ""},
		{"byte order mark", "\ufeffTAP_REST_AUTH__KEY=a\r\n", "a", ""},
		{"one underscore", "TAP_REST_AUTH_KEY=a", "a", ""},
		{"no variable", "A=1\n\nsesame\n", "", "etc/.env: line 3 is not NAME=VALUE, nor a comment (#)"},
		{"no end", "A=\"1\n2\"\nB='sesame\n", "", "etc/.env: line 3: the value of B has no end, or something behind it: quote it, or close its quotes"},
		{"something behind it", "B='sesame'x\n", "", "etc/.env: line 1: the value of B has no end, or something behind it: quote it, or close its quotes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, err := around(tt.text).Read([]config.File{{Name: "etc/c.json", Data: []byte(`{"base_url": "https://a.example", "auth": {"key": "of the file"}}`)}}, nil)
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("error %v, want %s", err, tt.err)
				}
				return
			}
			c, err := in.Configure(def)
			if err != nil {
				t.Fatal(err)
			}
			if got := values(c); !strings.Contains(got, `"key":`+quote(tt.want)) {
				t.Errorf("got %s, want the key %q", got, tt.want)
			}
		})
	}
}

// TestProcessBeforeDotEnv: variables of the process win, however they are written, and
// without a word.
func TestProcessBeforeDotEnv(t *testing.T) {
	def, err := definition.Parse("t.yaml", []byte(shopLike))
	if err != nil {
		t.Fatal(err)
	}
	for _, process := range []string{"TAP_REST_AUTH__KEY=p", "TAP_REST_AUTH_KEY=p"} {
		a := around("TAP_REST_AUTH__KEY=d\nTAP_REST_BASE_URL=https://d.example\n")
		a.Environ = append(a.Environ, process)
		in, err := a.Read(nil, a.Environ)
		if err != nil {
			t.Fatal(err)
		}
		c, err := in.Configure(def)
		if err != nil {
			t.Fatal(err)
		}
		if got := values(c); !strings.Contains(got, `"key":"p"`) || !strings.Contains(got, "d.example") || len(c.Warnings) > 0 {
			t.Errorf("%s: got %s, warnings %q", process, got, c.Warnings)
		}
	}
}

// TestTOMLConfig reads configs in TOML. What is wrong with one is said without a piece of
// it.
func TestTOMLConfig(t *testing.T) {
	def, err := definition.Parse("t.yaml", []byte(shopLike))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text, want, err string }{
		{"values", "base_url = \"https://a.example\"\npage-size = 7\naccounts = ['x']\n[auth]\nkey = '7'\n[run]\nmax_requests = 3\n",
			`{"accounts":["x"],"auth":{"key":"7","kind":"a"},"base_url":"https://a.example","page-size":7}`, ""},
		{"reference", "base_url = \"https://${HOST}\"\n", `{"base_url":"https://a.example","accounts":["eu","us"],"page-size":100,"auth":{"kind":"a"}}`, ""},
		{"syntax", "a = 1\ntoken = sesame\n", "", "config c.toml: line 2: not TOML: a value that needs quotes, a key that stands twice, or a quote that is missing"},
		{"twice", "token = 'sesame'\ntoken = 'sesame'\n", "", "config c.toml: line 2: not TOML: a value that needs quotes, a key that stands twice, or a quote that is missing"},
		{"infinite", "a = inf\n", "", "config c.toml: inf and nan are no numbers of JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, err := around().Read([]config.File{{Name: "c.toml", Data: []byte(tt.text)}}, nil)
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("error %v, want %s", err, tt.err)
				}
				return
			}
			c, err := in.Configure(def)
			if err != nil {
				t.Fatal(err)
			}
			if got := values(c); got != tt.want {
				t.Errorf("values\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestTOMLValues proves how values of TOML are read, as JSON.
func TestTOMLValues(t *testing.T) {
	text := "n = 9007199254740993\nf = 1.5\nd = 2024-01-02\nt = 03:04:05\nl = 2024-01-02T03:04:05\no = 2024-01-02T03:04:05+02:00\nb = true\n[[a]]\nx = 1\n[[a]]\nx = [[1], ['y']]\n"
	in, err := config.Read([]config.File{{Name: "c.toml", Data: []byte("k = 'v'\n[open]\n" + text)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := in.With([]string{"k"}, "v")
	want := `{"a":[{"x":1},{"x":[[1],["y"]]}],"k":"v","open":{"b":true,"d":"2024-01-02","f":1.5,"l":"2024-01-02T03:04:05","n":9007199254740993,"o":"2024-01-02T03:04:05+02:00","t":"03:04:05"}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func quote(text string) string { return string(document.AppendText(nil, text)) }
