package expr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/expr"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ template, want string }{
		// What differs from Jinja.
		{"{{ true }} {{ config.on }} {{ [true, none] }}", "true true [true, None]"},
		{"{{ config.nothing < 1 }}{{ 1 >= config.nothing }}", "falsefalse"},
		{"[{{ config.nothing.at.all[0]['x'] }}]", "[]"},
		{"{{ config.nothing.split(',') }}{{ config.nothing.get('x', 'y') }}{{ record.a.b2.lower() }}", "y"},
		{"{{ record.id }} {{ config.pi }} {{ record.big + 1 }}", "12345678901234567890.10 3.10 9007199254740994"},
		{"{{ now }}", "2024-03-05T01:02:03Z"},
		{"{{ record.when == '2024-03-05T01:02:03Z' }} {{ record.when <= now }} {{ '2024-03-05' < now }}", "true true true"},
		{"{{ {200: 'ok', 404: 'gone'}[200] }}", "ok"},
		{"{{ record.lines | string ~ '!' }}", "[1, 2, 3]!"},
		{`{{ 'order 17' | regex_search('\d+') }}`, "17"},

		// Text around expressions.
		{"a {{- 'b' -}} c", "abc"},
		{"a{# comment {{ #}b{#- x -#} c", "abc"},
		{"{{ 'a' }}\n", "a"},
		{"a\n", "a\n"},
		{"{{ '}}' }}{{ {'a': {'b': 1}} }}", "}}{'a': {'b': 1}}"},
		{"{ {a} }", "{ {a} }"},

		// Time.
		{"{{ now_utc() }} {{ now() }} {{ today_utc() }}", "2024-03-05T01:02:03Z 2024-03-05T01:02:03Z 2024-03-05"},
		{"{{ day_delta(-1) }} {{ day_delta(1, '%d') }}", "2024-03-04T01:02:03.000000+0000 06"},
		{"{{ now - duration('1d') }} {{ now + duration('PT1H30M') }}", "2024-03-04T01:02:03Z 2024-03-05T02:32:03Z"},
		{"{{ str_to_datetime('2024-01-31') + duration('P1M') }}", "2024-02-29T00:00:00Z"},
		{"{{ today_utc() - duration('P1D') }}", "2024-03-04"},
		{"{{ now - window.end }} {{ (now - window.end).days }} {{ (now - window.end).total_seconds() }}", "P62DT21H57M58S 62 5435878.0"},
		{"{{ duration('1h') * 2 + duration('30m') }} {{ duration('1h') / 4 }} {{ duration('1h') / duration('1m') }}", "PT2H30M PT15M 60.0"},
		{"{{ -duration('P1M') }} {{ duration('36h') }} {{ duration('0') }} {{ duration('1.5s') }}", "-P1M P1DT12H PT0S PT1.5S"},
		{"{{ now.replace(day=1, hour=0, minute=0, second=0) }}", "2024-03-01T00:00:00Z"},
		{"{{ now.year }}-{{ now.month }} {{ now.date() }} {{ now.isoformat() }} {{ now.weekday() }} {{ now.isoweekday() }}", "2024-3 2024-03-05 2024-03-05T01:02:03+00:00 1 2"},
		{"{{ now.timestamp() }} {{ now | timestamp | int }} {{ timestamp(12.7) }}", "1709600523.0 1709600523 12"},
		{"{{ now | strftime('%s %ms') }} {{ now.strftime('%Y') }}", "1709600523 1709600523000 2024"},
		{"{{ format_datetime(1709600523, '%F') }} {{ '05.03.24' | format_datetime('%F', '%d.%m.%y') }}", "2024-03-05 2024-03-05"},
		{"{{ format_datetime('Tue, 05 Mar 2024 01:02:03 GMT', '%T') }}", "01:02:03"},

		{"{{ today_with_timezone('Asia/Tokyo') }} {{ today_with_timezone('America/Lima') }}", "2024-03-05 2024-03-04"},
		{"{{ today_utc().isoformat() }} {{ str_to_datetime('2024-03-05T01:02:03.5').isoformat() }}", "2024-03-05 2024-03-05T01:02:03.500000+00:00"},
		{"{{ now.day }} {{ now.hour }} {{ now.minute }} {{ now.second }} {{ now.microsecond }} {{ now.zone }}", "5 1 2 3 0 "},
		{"{{ duration('-1s').days }} {{ duration('-1s').seconds }} {{ duration('1500ms').microseconds }} {{ duration('1h').x }}", "-1 86399 500000 "},
		{"{{ duration('1h') - duration('P1M') }} {{ duration('7h') % duration('2h') }} {{ duration('7h') // duration('2h') }} {{ 2 * duration('1d') }}", "P-1MT1H PT1H 3 P2D"},
		{"{{ window.end > '2024-01-02' and window.end < now }} {{ duration('1h') > duration('1m') }} {{ duration('-1h') | abs }}", "true true PT1H"},

		// Filters, functions and methods that Jinja does not have.
		{"{{ {'b': 1, 'a': 2} | keys }} {{ {'b': 1} | values }} {{ {'b': 1} | get('b') }} {{ {} | get('b', 3) }}", "['b', 'a'] [1] 1 3"},
		{"{{ 'a,b' | split(',') }} {{ 'abc' | startswith('a') }} {{ 'abc' | endswith('a') }} {{ ' a ' | strip }}", "['a', 'b'] true false a"},
		{"{{ 'ab' | base64encode }} {{ 'YWI=' | base64decode }} {{ 'YWI' | b64decode }} {{ 'ab' | b64encode }}", "YWI= ab ab YWI="},
		{"{{ 'a' | hash }} {{ 'a' | hash('sha1') }}", "0cc175b9c0f1b6a831c399e269772661 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"},
		{"{{ 'a' | hmac('key') }}", "780c3db4ce3de5b9e55816fba98f590631d96c075271b26976238d5f4444219b"},
		{"{{ 'a' | hmac('key', 'sha256', encoding='base64') }}", "eAw9tM495bnlWBb7qY9ZBjHZbAdScbJpdiONX0REIZs="},
		{`{{ '2024-03-05' | regex_replace('(\d+)-(\d+)', '\\2/\\g<1>$') }}`, "03/2024$-05"},
		{`{{ 'abc' is match('b') }} {{ 'abc' is search('b') }} {{ null is null }}`, "false true true"},
		{"{{ record.lines | tojson }} {{ record | tojson | length > 10 }}", "[1, 2, 3] true"},
		{"{{ 'x-y'.removeprefix('x-') }} {{ 'x-y'.removesuffix('-y') }}", "y x"},
		{"{{ max([1, 3, 2]) }} {{ min(3, 1) }} {{ range(3) | list }}", "3 1 [0, 1, 2]"},
		{"{{ record.esc }} {{ record.esc | upper }} {{ record.esc == 'aé\"b' }}", `aé"b AÉ"B true`},
		{"{{ config.token + '!' }} {{ 'a' ~ config.page }} {{ config.tags + [config.page] }}", "s3cr3t! a5 ['a', 'b', 5]"},
		{"{{ ' a  b c '.rsplit(none, 1) }} {{ 'a\nb\r\n'.splitlines() }} {{ ''.splitlines() }}", "[' a  b', 'c'] ['a', 'b'] []"},
		{"{{ config.tags.count('a') }} {{ config.tags.index('b') }} {{ 'banana'.index('n') }} {{ 'banana'.count('an') }}", "1 1 2 2"},
		{"{{ {'a': 'x y', 'b': [1]} | urlencode }} {{ [['k', 'v/w']] | urlencode }} {{ 'a b/c' | urlencode }}", "a=x+y&b=%5B1%5D k=v%2Fw a%20b/c"},
		{"{{ config.big | default(2 ** 64) // -7 }} {{ (2 ** 64) % -7 }} {{ -(2 ** 64) | abs }}", "-2635249153387078803 -5 18446744073709551616"},
		{"{{ '\\x41\\u00e9\\U0001F600\\101\\q' }}", "Aé😀A\\q"},
		{"{{ config.deep.x | tojson }} {{ {'a': [none, 1.5]} | tojson }}", `{"y": 1} {"a":[null,1.5]}`},
		{"{{ 'a' | default('b', boolean=true) }} {{ config.x | default(config.y) | default('z') }}", "a z"},
	} {
		t.Run(c.template, func(t *testing.T) {
			got, err := compile(t, testScope, c.template).Text(testVars)
			if err != nil || got != c.want {
				t.Errorf("got %q, error %v, want %q", got, err, c.want)
			}
		})
	}
}

// TestJinjaText has what testdata/jinja.json has not: times, whose texts are those of Python.
func TestJinjaText(t *testing.T) {
	for _, c := range []struct{ template, want string }{
		{"{{ now }} {{ today_utc() }}", "2024-03-05 01:02:03+00:00 2024-03-05"},
		{"{{ now + duration('1500us') }}", "2024-03-05 01:02:03.001500+00:00"},
		{"{{ duration('P1D') }} {{ duration('-1h') }} {{ duration('51h5us') }} {{ duration('1m') }}", "1 day, 0:00:00 -1 day, 23:00:00 2 days, 3:00:00.000005 0:01:00"},
		{"{{ config.pi }} {{ record.id }} {{ record.big }} {{ config.on }}", "3.1 1.2345678901234567e+19 9007199254740993 True"},
		{"{{ config.deep | string }} {{ config.deep | tojson }}", `"""{"x": {"y": 1}}""" {"x": {"y": 1}}`},
		{`[{{ 'order 17' | regex_search('\d+') }}{{ 'order 17' | regex_search('(\d)+') }}]`, "[7]"},
	} {
		t.Run(c.template, func(t *testing.T) {
			got, err := compile(t, testScope.Jinja(), c.template).Text(testVars)
			if err != nil || got != c.want {
				t.Errorf("got %q, error %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestEvalKeepsTypes(t *testing.T) {
	for _, c := range []struct {
		template string
		kind     expr.Kind
		json     string
	}{
		{"{{ config.page }}", expr.KindNumber, "5"},
		{"{{ config.pi }}", expr.KindNumber, "3.10"},
		{"{{ config.page + 1 }}", expr.KindInt, "6"},
		{"{{ config.page / 2 }}", expr.KindFloat, "2.5"},
		{"{{ config.on }}", expr.KindBool, "true"},
		{"{{ record.a.b2 }}", expr.KindNull, "null"},
		{"{{ record.a.b3 }}", expr.KindUndefined, "null"},
		{"{{ config.x | default(config.y) }}", expr.KindUndefined, "null"},
		{"{{ record.esc }}", expr.KindString, `"a\u00e9\"b"`},
		{"{{ record.lines }}", expr.KindList, "[1, 2, 3]"},
		{"{{ [config.page, 'a\"\n', {'b': record.a}] }}", expr.KindList, `[5,"a\"\n",{"b":{"b": "c", "b2": null}}]`},
		{"{{ window.end }}", expr.KindTime, `"2024-01-02T03:04:05Z"`},
		{"{{ duration('1d') }}", expr.KindDuration, `"P1D"`},
		{"{{ config.page }} ", expr.KindString, `"5 "`},
		{"text", expr.KindString, `"text"`},
		{"{# nothing #}{{ config.page }}", expr.KindNumber, "5"},
	} {
		t.Run(c.template, func(t *testing.T) {
			got, err := compile(t, testScope, c.template).Eval(testVars)
			if err != nil || got.Kind() != c.kind || string(got.AppendJSON(nil)) != c.json {
				t.Errorf("got %s %s, error %v, want %s %s", got.Kind(), got.AppendJSON(nil), err, c.kind, c.json)
			}
		})
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct {
		template string
		offset   int
		message  string
	}{
		{"a {{ confg.token }}", 5, `unknown name "confg", did you mean "config"?`},
		{"{{ zebra }}", 3, `unknown name "zebra"`},
		{"{{ max }}", 3, "max is a function: write max(…)"},
		{"{{ config() }}", 3, `this is a value, not a function: "config"`},
		{"{{ nw_utc() }}", 3, `unknown function "nw_utc", did you mean "now_utc"?`},
		{"{{ 'a' | uper }}", 9, `unknown filter "uper", did you mean "upper"?`},
		{"{{ 'a'.splitt() }}", 7, `unknown method "splitt", did you mean "split"?`},
		{"{{ 1 is definde }}", 8, `unknown test "definde", did you mean "defined"?`},
		{"{{ 'a' | replace('b') }}", 9, `replace needs the argument "new"`},
		{"{{ 'a' | upper(1) }}", 9, "too many arguments for upper()"},
		{"{{ 'a' | join(sep=1) }}", 14, `join(d?, attribute?) has no argument "sep"`},
		{"{{ 'a' | regex_search('(?=a)') }}", 9, "regex_search: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"},
		{"{% if config.on %}x{% endif %}", 0, "statements ({% %}) are not supported"},
		{"x {{ config.token", 17, "the {{ has no }}"},
		{"x {# config", 2, "the comment has no #}"},
		{"{{ }}", 3, "the expression is empty"},
		{"{{ 1 + }}", 7, "the expression breaks off"},
		{"{{ (1 }}", 6, "the ( is not closed before this }"},
		{"{{ 1) }}", 4, "the ) closes nothing"},
		{"{{ 'abc }}", 3, "the string has no end"},
		{"{{ config.token secret }}", 16, "want }}, got secret"},
		{"{{ 1 / 0 }}", 0, "division by zero"},
		{"{{ 'a' + 1 }} {{ config.token }}", 0, "+ is not for a string and an integer"},
		{"{{ config ? 1 }}", 10, `'?' has no meaning here`},
		{"{{ [1, 2 }}", 9, "the [ is not closed before this }"},
		{"{{ config[] }}", 12, "the index is empty"},
		{"{{ config.tags | map('nope') }}", 17, `unknown filter "nope"`},
		{"{{ config.tags | select(config.token) }}", 17, "select needs a name in quotes"},
	} {
		t.Run(c.template, func(t *testing.T) {
			_, err := testScope.Compile(c.template)
			var got *expr.SyntaxError
			if !errors.As(err, &got) {
				t.Fatalf("got error %v, want a SyntaxError", err)
			}
			if got.Offset != c.offset || !strings.HasPrefix(got.Msg, c.message) {
				t.Errorf("got %d %q, want %d %q", got.Offset, got.Msg, c.offset, c.message)
			}
		})
	}
}

func TestSyntaxErrorShowsItsPlace(t *testing.T) {
	_, err := testScope.Compile("https://a.example/with/a/long/path/{{ confg.token }}/and/more/of/it/afterwards")
	want := `unknown name "confg", did you mean "config"?, at byte 38: …ple/with/a/long/path/{{ »confg.token }}/and/more/of/it/…`
	if err == nil || !strings.HasSuffix(err.Error(), want[len(want)-50:]) || !strings.HasPrefix(err.Error(), want[:50]) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestEvalErrors(t *testing.T) {
	for _, c := range []struct{ template, want string }{
		{"a {{ config.token + 1 }}", "{{ config.token + 1 }}: + is not for a string and an integer"},
		{"{{ config.page / (config.page - 5) }}", "division by zero"},
		{"{{ record.a.b2 > 1 }}", "cannot compare null with an integer"},
		{"{{ config.token | format_datetime('%Y') }}", "format_datetime: the value is no time: it is not written in a way"},
		{"{{ config.token | format_datetime('%Y', '%m') }}", `by the format "%m": it does not match`},
		{"{{ config.page.lower() }}", "lower: a number has no such method"},
		{"{{ config.page | length }}", "length: a number has no length"},
		{"{{ 'x' | regex_search(config.token ~ '(') }}", "the value is not a regular expression of RE2"},
		{"{{ now.strftime('%Q') ~ config.token }}", "time layout: %Q is unknown"},
		{"{{ now.replace(month=2, day=30) }}", "there is no such time"},
		{"{{ now + duration('P9000Y') }}", "outside the years 1 to 9999"},
	} {
		t.Run(c.template, func(t *testing.T) {
			_, err := compile(t, testScope, c.template).Eval(testVars)
			var failed *expr.EvalError
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got error %v, want an EvalError with %q", err, c.want)
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error shows a value: %v", err)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	for _, template := range []string{
		"{{ 'x' * (config.page * 1000000000) }}",
		"{{ [config.page] * 1000000000 }}",
		"{{ [[[[[config.page] * 100] * 100] * 100] * 100] * 100 }}",
		"{{ config.page ** 999999 }}",
		"{{ range(config.page * 100000000) }}",
		"{{ range(config.page * 20000) | select('in', range(config.page * 20000)) | list }}",
		"{{ ('a' * 1000000) | replace('a', 'b' * 1000000 ~ config.page) }}",
		"{{ ('a' * config.page * 200000) | regex_search('(a?){300}(a*)*b') }}",
		"{{ ('a' * config.page * 200000) | regex_replace('a', 'aaaa') }}",
		"{{ (['a' * 1000] * 1000) | map('replace', 'a', 'b' * 1000) | join(config.token) }}",
		"{{ '%999d' | format(config.page) * 2000 }}",
		"{{ now.strftime('%c' * 100000) }}",
	} {
		t.Run(template, func(t *testing.T) {
			if v, err := compile(t, testScope, template).Text(testVars); err == nil {
				t.Errorf("got %d bytes, want an error", len(v))
			}
		})
	}
}

func TestSourceLimits(t *testing.T) {
	for name, template := range map[string]string{
		"parentheses": "{{ " + strings.Repeat("(", 100_000) + " }}",
		"brackets":    "{{ " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + " }}",
		"minus":       "{{ " + strings.Repeat("-", 100_000) + "1 }}",
		"not":         "{{ " + strings.Repeat("not ", 100_000) + "1 }}",
		"else":        "{{ " + strings.Repeat("1 if config else ", 10_000) + "1 }}",
		"chain":       "{{ config" + strings.Repeat(" + config", 10_000) + " }}",
		"path":        "{{ config" + strings.Repeat(".a", 10_000) + " }}",
		"maps":        "{{ config" + strings.Repeat("|map('map'", 10_000) + " }}",
		"power":       "{{ 9 ** 9999 }}",
		"pattern":     "{{ 'a' | regex_search('" + strings.Repeat("a", 2000) + "') }}",
		"repeats":     "{{ 'a' | regex_search('" + strings.Repeat("a{1000}", 20) + "') }}",
		"size":        strings.Repeat("x", 2<<20),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := testScope.Compile(template); err == nil {
				t.Error("got no error")
			}
		})
	}
}
