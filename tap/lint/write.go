package lint

import (
	"bytes"
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
)

// line is a finding as JSON has it.
type line struct {
	File       string   `json:"file"`
	Line       int      `json:"line"`
	Column     int      `json:"column"`
	Severity   Severity `json:"severity"`
	Rule       string   `json:"rule"`
	Place      string   `json:"place,omitempty"` // the keys that lead there
	Message    string   `json:"message"`
	Suggestion string   `json:"suggestion,omitempty"` // what to write instead
}

// JSON returns what was found as one object: {"errors": 1, "warnings": 0, "findings":
// […]}. No findings are an empty list.
func JSON(reports []Report) []byte {
	sum := struct {
		Errors   int    `json:"errors"`
		Warnings int    `json:"warnings"`
		Findings []line `json:"findings"`
	}{Findings: []line{}}
	for _, f := range all(reports) {
		switch f.Severity {
		case Error:
			sum.Errors++
		case Warning:
			sum.Warnings++
		}
		sum.Findings = append(sum.Findings, line{f.File, f.Line, f.Column, f.Severity, rules[ruleOf(f)].id, f.Place, f.Msg, suggestion(f)})
	}
	return indented(sum)
}

// SARIF returns what was found as a log of SARIF 2.1.0. Version is the program's.
func SARIF(reports []Report, version string) []byte {
	results := []any{}
	for _, f := range all(reports) {
		results = append(results, sarifResult(f))
	}
	return indented(object{
		"$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
		"version": "2.1.0",
		"runs": []any{object{
			"tool":       object{"driver": object{"name": "tap-rest lint", "version": version, "rules": sarifRules()}},
			"columnKind": "unicodeCodePoints",
			"results":    results,
		}},
	})
}

type object = map[string]any

func sarifRules() (list []any) {
	for _, r := range rules {
		list = append(list, object{"id": r.id, "shortDescription": object{"text": r.about}})
	}
	return list
}

// sarifResult is one finding. What it suggests stands in its message; a fix of SARIF
// would have to say which bytes to replace.
func sarifResult(f Finding) object {
	text := f.Msg
	at := object{"physicalLocation": object{
		"artifactLocation": object{"uri": uri(f.File)},
		"region":           object{"startLine": f.Line, "startColumn": f.Column},
	}}
	if f.Place != "" {
		text = f.Place + ": " + text
		at["logicalLocations"] = []any{object{"fullyQualifiedName": f.Place}}
	}
	n := ruleOf(f)
	return object{
		"ruleId": rules[n].id, "ruleIndex": n, "level": f.Severity,
		"message": object{"text": text}, "locations": []any{at},
	}
}

// uri is the name of a file as a reference: relative ones stay so.
func uri(file string) string {
	u := url.URL{Path: filepath.ToSlash(file)}
	if filepath.IsAbs(file) {
		u.Scheme, u.Path = "file", "/"+strings.TrimPrefix(u.Path, "/")
	}
	return u.String()
}

func indented(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic("lint: findings are not JSON: " + err.Error()) // they are made of texts and numbers
	}
	return b.Bytes()
}
