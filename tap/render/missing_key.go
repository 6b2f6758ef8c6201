package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/nearest"
	"github.com/tap-rest/tap-rest/tap/render/findings"
)

// mostFields is how many fields of a record a message names.
const mostFields = 20

// lacksKey is the error of a record without a field that the primary key names; nil
// for one that has them all.
func (c *checker) lacksKey(record []byte) error {
	for _, key := range c.keys {
		if raw.Text(record).Field(key) != nil {
			continue
		}
		fields, near := fieldsOf(record), ""
		if name := nearKey(key, fields); name != "" {
			near = fmt.Sprintf(" (did you mean %q?)", name)
		}
		way := "correct primary_key"
		if c.added(key) || someHave(c.page, key) {
			way += ", or say on_invalid: pass or quarantine, since other records have it"
		}
		return fmt.Errorf("%s: %w: it has no field %q, which primary_key names%s; the fields of the record: %s (%s)",
			c.stream.Name, errMisfit, key, near, listed(fields), way)
	}
	return nil
}

// added reports whether add makes a field.
func (c *checker) added(field string) bool {
	return slices.ContainsFunc(c.stream.Records.Add, func(p sources.Param) bool { return p.Name == field })
}

// someHave reports whether a record of a page has a field.
func someHave(page *fetch.Page, field string) bool {
	if page == nil {
		return false
	}
	for i := range page.Records.Len() {
		if raw.Text(page.Records.Record(i)).Field(field) != nil {
			return true
		}
	}
	return false
}

// fieldsOf are the names of a record's fields.
func fieldsOf(record []byte) (all []string) {
	for fields := raw.Text(record).Items(0); fields.Next(); {
		all = append(all, fields.Key.Unquote())
	}
	return all
}

// listed are names as a message shows them, not too many.
func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	var all []string
	for _, name := range names[:min(len(names), mostFields)] {
		all = append(all, string(findings.Clip([]byte(name))))
	}
	if len(names) > mostFields {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}

// nearKey is the field that somebody likely meant: one spelt much like it, or one of
// which the name is the other's end, as id and order_id.
func nearKey(key string, fields []string) string {
	if near := nearest.Name(key, fields); near != "" {
		return near
	}
	for _, f := range fields {
		a, b := strings.ToLower(f), strings.ToLower(key)
		if min(len(a), len(b)) > 1 && (strings.HasSuffix(a, b) || strings.HasSuffix(b, a)) {
			return f
		}
	}
	return ""
}
