package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestAboutNamesRun: whoever asks what the program takes is told of each key of
// run that FORMAT.md has a row for.
func TestAboutNamesRun(t *testing.T) {
	format := testrig.Read(t, "../../sources/definition/FORMAT.md")
	_, table, _ := strings.Cut(string(format), "\n### Run\n")
	table, _, _ = strings.Cut(table, "<!-- end -->")
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)`").FindAllStringSubmatch(table, -1)
	if len(rows) < 5 {
		t.Fatalf("FORMAT.md has %d rows of run:\n%s", len(rows), table)
	}
	for _, as := range []aboutFormat{"text", "markdown", "meltano"} {
		text, err := (&product{}).format(as)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if !regexp.MustCompile(`how it is read: .*\b` + row[1] + `\b`).MatchString(text) {
				t.Errorf("--format=%s does not name run.%s:\n%s", as, row[1], text)
			}
		}
	}
}
