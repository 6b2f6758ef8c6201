package schema

import (
	"fmt"
	"strings"
)

// formatTexts are texts at the border of each format that gojsonschema knows.
var formatTexts = map[string][]string{
	"hostname": {
		"a", "a-b.example", "a_b", "-a", "a-", "a.", ".a", "a..b", "A.B", "1.2.3.4", "xn--a", "é.example", "",
		strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 63) + ".b", "b." + strings.Repeat("a", 64),
		strings.Repeat("a.", 127) + "a", strings.Repeat("a.", 127) + "ab", strings.Repeat(strings.Repeat("a", 63)+".", 3) + strings.Repeat("b", 63), strings.Repeat(strings.Repeat("a", 63)+".", 3) + strings.Repeat("b", 64), "a\n",
	},
	"email": {
		"a@b", "a@b.c", "Ann <a@b>", "<a@b>", "\"a b\"@c.d", "a b@c", "a@", "@b", "a@b@c", "a..b@c", ".a@b", "a.@b", "a+b@c.example", "é@c.example", "a@é.example", "a@[127.0.0.1]", "a@b, c@d", "a@b (c)", " a@b ", "=?utf-8?q?x?= <a@b>", "a@-b", "a@b_c", "a@b.", "a@b..c", "a!#$%&'*+-/=?^_`{|}~@b", "\"\"@b", "a\u0000@b", "A@B.C", "1@2",
	},
	"ipv4": {"1.2.3.4", "0.0.0.0", "255.255.255.255", "256.1.1.1", "01.2.3.4", "1.2.3.04", "1.2.3", "1.2.3.4.5", "::1.2.3.4", "::ffff:1.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.４", "1.2.3.4%a", "", "00.0.0.0", "1..2.3", "1.2.3.4/8"},
	"ipv6": {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "1::8::", "::ffff:1.2.3.4", "::1.2.3.04", "fe80::1%eth0", "FE80::A", "12345::", "g::", ":1", "1:", ":::", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "[::1]", "::1/64", "0000:0000:0000:0000:0000:0000:0000:0001", "1::2:3:4:5:6:7:8"},
	"uuid": {"123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000", "123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}", "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-4266141740000", "123e4567-e89b-12d3-a456-42661417400g", "00000000-0000-0000-0000-000000000000", "urn:uuid:123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000\n", "123e4567-e89b-12d3-a456-42661417400F"},
	"uri": {
		"http://a", "mailto:a", "http://a/b?c=d#e", "/a", "a", "a:b", ":", ":a", "1a:b", "a+b-c.d:e", "http://a:1/b", "http://a:b/c", "http://[::1]/", "http://[::1", "http://a b", "http://a/b c", "http://a/%41", "http://a/%4", "http://%41/", "http://é/é", "http://a\\b", "HTTP://A", "http://u:p@h/", "http://u@p@h/", "urn:x:y", "http://a\u007f", "http://a/\n", "//a/b", "?a", "#a", "", "http:", "http://", "http:///a", "a_b:c", "é:a", "http://a?%zz", "http://a#%zz", "http://[fe80::1%25en0]/", "http://[fe80::1%en0]/", "http://a:/", "http://a:99999999/", "javascript:alert(1)", "http://<a>", "http://a/{b}", "http://a|b", "http://a^b", "http://a`b", "http://a\"b",
	},
	"uri-template":          {"/a/{b}", "/a/{b", "/a/b}", "{}", "{{a}}", "{a}{b}", "/{a}?{b", "a\\b", "/%zz", "", "http://a/{b}/c", "{?a,b}", "#{", "?{", "{a", "}a{", "é{é}"},
	"regex":                 {"", "a", "(", "(a)", "[", "[a]", "*", "a**", "\\d", "\\", "(?=a)", "(?<a>b)", "(?P<a>b)", "\\1", "a{2}", "a{2000}", "a{1001}", "a{,2}", "[z-a]", "\\p{L}", "\\p{X}", "(?i)a", "\\Q(", "[[:alpha:]]", strings.Repeat("(", 2000) + strings.Repeat(")", 2000), "�"},
	"json-pointer":          {"", "/", "/a", "a", "/a/b", "/a~0", "/a~1", "/a~", "/a~2", "//", "/é", "#/a", "/~", "/a\n", "\n", "/\"", "/~01"},
	"relative-json-pointer": {"0", "0#", "0/a", "1", "01", "10/a~1", "-1", "", "#", "/a", "0##", "1/a~", "0/a\n", "00", "1#/", "9999999999999999999"},
	"decimal":               {"x", ""},
	"singer.decimal":        {"x", "1.5"},
	"unknown":               {"x", ""},
	"DATE-TIME":             {"x", "2024-02-29"},
	"idn-hostname":          {"-", "a"},
}

// formatLikes names what a format is tried with.
var formatLikes = map[string]string{"idn-email": "email", "iri": "uri", "iri-reference": "uri", "uri-reference": "uri"}

var formatNames = append([]string{"date", "time", "date-time", "idn-email", "iri", "iri-reference", "uri-reference"}, sortedKeys(formatTexts)...)

// formatted returns a text like those of the format.
func (m *maker) formatted(name string) string {
	if like := formatLikes[name]; like != "" {
		name = like
	}
	var text string
	switch name {
	case "date":
		text = m.date()
	case "time":
		text = m.clock() + m.zone()
	case "date-time":
		text = pick(m, []string{m.date() + "T" + m.clock() + m.zone(), m.date() + "T" + m.clock() + m.zone(), m.date() + "T" + m.clock() + m.zone(), m.date(), m.clock() + m.zone(), m.date() + pick(m, []string{" ", "t", "T", "_"}) + m.clock() + m.zone()})
	default:
		text = pick(m, formatTexts[name])
	}
	if m.chance(3) {
		text = m.formatted(pick(m, []string{"date", "time", "ipv4", "ipv6", "email", "uri", "uuid", "hostname"}))
	}
	for m.chance(25) {
		text = m.slip(text)
	}
	return text
}

func (m *maker) date() string {
	year := pick(m, []int{2024, 2023, 2000, 1900, 2100, 0, 4, 9999, 1, 1582, m.IntN(10000)})
	month := pick(m, []int{1, 2, 2, 2, 12, 4, 6, 11, 0, 13, 1 + m.IntN(12)})
	day := pick(m, []int{1, 28, 29, 30, 31, 0, 32, 1 + m.IntN(28), 1 + m.IntN(28), 1 + m.IntN(28)})
	return fmt.Sprintf(pick(m, []string{"%04d-%02d-%02d", "%04d-%02d-%02d", "%04d-%02d-%02d", "%04d-%02d-%02d", "%04d-%02d-%02d", "%d-%d-%d", "%04d%02d%02d", "%04d/%02d/%02d", "+%04d-%02d-%02d", "%05d-%02d-%02d"}), year, month, day)
}

func (m *maker) clock() string {
	hour := pick(m, []int{0, 23, 24, 12, m.IntN(24), m.IntN(24), m.IntN(24)})
	minute := pick(m, []int{0, 59, 60, m.IntN(60), m.IntN(60), m.IntN(60)})
	second := pick(m, []int{0, 59, 60, m.IntN(60), m.IntN(60), m.IntN(60)})
	text := fmt.Sprintf(pick(m, []string{"%02d:%02d:%02d", "%02d:%02d:%02d", "%02d:%02d:%02d", "%02d:%02d:%02d", "%02d:%02d:%02d", "%d:%02d:%02d", "%d:%d:%d", "%02d%02d%02d"}), hour, minute, second)
	return text + pick(m, []string{"", "", "", ".5", ".123", ",5", ",123456", ".", ",", ".123456789", ".1234567890123", ".0000000000", ".5 ", ".x", ".1a"})
}

func (m *maker) zone() string {
	if m.chance(40) {
		return pick(m, []string{"Z", "Z", "Z", "z", "", "UTC", " Z", "+", "-00:00", "Z+00:00", "ZZ"})
	}
	hour := pick(m, []int{0, 1, 5, 12, 14, 23, 24, 25, m.IntN(24)})
	minute := pick(m, []int{0, 0, 30, 45, 59, 60, 61, m.IntN(60)})
	return fmt.Sprintf(pick(m, []string{"%s%02d:%02d", "%s%02d:%02d", "%s%02d:%02d", "%s%02d:%02d", "%s%02d%02d", "%s%d:%02d", "%s%02d:%d", "%s%02d"}), pick(m, []string{"+", "-", "-", "+", "−"}), hour, minute)
}
