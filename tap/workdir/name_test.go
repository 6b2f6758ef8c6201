package workdir_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap/workdir"
	"github.com/tap-rest/tap-rest/testrig"
)

func TestName(t *testing.T) {
	for _, text := range []string{"orders", "order_lines", "order-lines", "v2.orders", "0", strings.Repeat("a", 100), "com", "com10", "console", "nul_"} {
		if got := workdir.Name(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	seen := map[string]string{}
	for _, text := range []string{
		"", ".", "..", "../../../evil", "/etc/passwd", `..\evil`, "a/b", "a b", "a_b ", "a.", ".a", "-a", "Orders", "ORDERS", "orDers", "ördérs",
		"o\u0308rders", "con", "CON", "con.x", "nul", "com1", "lpt9.txt", "aux.", "a:b", "a*b", "a\x00b", "a\nb", "\xff\xfe", "a~b", "$HOME", "a%2Fb",
		workdir.Name("Orders"), strings.Repeat("a", 101), strings.Repeat("a", 300), strings.Repeat("ü", 300), strings.Repeat("Ab/", 5000),
	} {
		got := workdir.Name(text)
		if other, taken := seen[strings.ToLower(got)]; taken {
			t.Errorf("%q and %q are both %q", text, other, got)
		}
		seen[strings.ToLower(got)] = text
		stem, _, _ := strings.Cut(got, ".")
		if got == text || len(got) > 80 || strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != "" || !strings.Contains(stem, "~") {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// FuzzName: whatever a text is, its name stays in its folder and fits there.
func FuzzName(f *testing.F) {
	f.Add("../x")
	f.Add("orders")
	f.Fuzz(func(t *testing.T, text string) {
		got := workdir.Name(text)
		if len(got) > 100 || !filepath.IsLocal(got) || filepath.Base(got) != got || strings.ToLower(got) != got {
			t.Errorf("%q became %q", text, got)
		}
		if got != text && !strings.Contains(got, "~") {
			t.Errorf("%q has the name of another: %q", text, got)
		}
	})
}

// TestEntry: what an older version named otherwise is found again, by its exact
// name, and only in its folder.
func TestEntry(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"Orders.jsonl", "my%20orders.jsonl"} {
		testrig.Write(t, filepath.Join(dir, name), "")
	}
	for _, tt := range []struct{ text, older, want string }{
		{"orders", "orders.jsonl", "orders.jsonl"},
		{"Orders", "Orders.jsonl", "Orders.jsonl"},
		{"my orders", "my%20orders.jsonl", "my%20orders.jsonl"},
		{"ORDERS", "ORDERS.jsonl", workdir.Name("ORDERS") + ".jsonl"},
		{"../x", "../" + filepath.Base(dir), workdir.Name("../x") + ".jsonl"},
		{"..", "..", workdir.Name("..") + ".jsonl"},
	} {
		if got := workdir.Entry(dir, tt.text, ".jsonl", tt.older); got != filepath.Join(dir, tt.want) {
			t.Errorf("%q lies in %s, want %s", tt.text, got, tt.want)
		}
	}
}
