/*
Package expr is the {{ }} language of definitions: text with expressions in it, compiled once and
evaluated to typed values.

# Terms

A template is text with any number of {{ expressions }} in it. A [Scope] is the list of names that
templates may use; each name has a slot, and [Vars] holds the values by slot. A [Value] is typed:
undefined, null, boolean, integer, float, number, string, list, dict, time or duration. What comes
out of JSON stays the bytes that it was and is walked when asked, so a number prints as it came.

# Promises

  - What is wrong with a template itself is found by [Scope.Compile]: syntax, unknown names,
    filters, functions, methods and tests, wrong arguments, regular expressions, constants that
    cannot be computed.
  - A path, a comparison or a constant is evaluated without allocating.
  - Nothing panics and nothing hangs. Nesting ends at 200, text at 1 MiB, integers at 4,300
    digits, regular expressions at 1,000 bytes, and one evaluation at an amount of work (about
    500,000 items made). Beyond that is an error. Regular expressions are RE2's: linear in time,
    without look-around.
  - Errors show no values, since those may be secrets.

# Templates

The syntax and the meaning are Jinja's, with these differences:

  - Text prints true and false, times as RFC 3339, durations as ISO 8601, and JSON's numbers as
    they came.
  - <, <=, > and >= with an undefined value are false.
  - What lies inside an undefined value is undefined, and so is what a method of an undefined
    value or of null returns.
  - A time may be compared with a string that is one.
  - A name that is not in the scope is an error when the template is compiled.
  - After a dot, a name without parentheses is always a key: response.items is the key "items".
  - Keys of dicts are text: {200: 'ok'}[200] finds what {'200': 'ok'} holds.
  - Statements ({% %}) are not supported.

[Scope.Jinja] turns off the first four, for definitions that were written for Jinja; its filters
string and regex_search are then those of Airbyte's CDK.

A template that is one {{ }} whole has the value of its expression; mixed with text it is a string.
{# comments #} are left out. {{- and -}} strip the space beside them. One newline at the end of a
template is not part of it; text without any {{ is taken as it is.

# Expressions

From the loosest to the tightest:

	a if condition else b        without else: undefined
	a or b, a and b, not a       or and and return one of their operands
	== != < <= > >= in not in    chains: 1 < x < 5
	+ -                          numbers, strings, lists, times, durations
	~                            the texts of both
	* / // %                     / is a float; // rounds down; 'text' % values
	**                           from left to right
	a | filter, a is test
	-a +a
	a.key a['key'] a[0] a[-1] a[1:5:2] a.method()

Literals are 1, 1_000, 0xFF, 1.5, 2e3; 'text' and "text", with the escapes \n \t \r \\ \' \" \xhh
\uhhhh \Uhhhhhhhh; [lists], (tuples,) and {'dicts': 1}; true, false, none (also True, False, None,
null). Integers are exact at any size. False are undefined, none, false, 0, "", [], {} and a
duration of nothing.

# Functions

	now(), now_utc()            the value of the name now, where the scope has it and it is a time;
	                            else the clock
	today_utc()                 its day
	today_with_timezone(timezone)
	day_delta(num_days, format='%Y-%m-%dT%H:%M:%S.%f%z')    the time that many days from now
	format_datetime(dt, format, input_format)    dt: a time, or what package times recognises
	str_to_datetime(s)          a time, in UTC; s: likewise
	timestamp(dt)               seconds since 1970
	duration(text)              ISO 8601 (P1M, PT1H) or Go's with d, w, mo and y (1d12h, 1mo)
	max(values…), min(values…)  or of one list
	range(start, stop, step)

# Filters

	default(default_value='', boolean=false), d    where undefined; with boolean, where false
	length, count, first, last, list, reverse, items, keys, values, get(key, default)
	join(d='', attribute), sort(reverse, case_sensitive, attribute)
	unique(case_sensitive, attribute), min and max (likewise), sum(attribute, start=0)
	map(attribute='a.b', default), map('filter', arguments…)
	select('test', arguments…), reject(…), selectattr('attribute', 'test', arguments…), rejectattr(…)
	lower, upper, title, capitalize, trim(chars), strip(chars), string
	replace(old, new, count), split(sep, maxsplit), startswith(prefix), endswith(suffix)
	format(values…)             %s %r %d %f %e %g %x %o %%
	regex_search(pattern)       the first group, else the whole match; '' where nothing matches
	regex_replace(pattern, replacement)    '\\1' and '\\g<name>' stand for groups
	int(default=0, base=10), float(default=0.0), abs, round(precision=0, method='common')
	tojson, urlencode           urlencode leaves / as it is; of a dict it makes a query
	base64encode, b64encode, base64decode, b64decode
	hash(hash_type='md5', salt='', encoding='hex')    md5 sha1 sha224 sha256 sha384 sha512;
	                            encoding: hex or base64
	hmac(key, hash_type='sha256', encoding='hex')
	format_datetime(format, input_format), strftime(format), str_to_datetime, timestamp
	safe                        in a URL's path: not percent-encoded

# Methods

	strings     split rsplit splitlines join replace lower upper title capitalize strip lstrip
	            rstrip removeprefix removesuffix startswith endswith find index count isdigit zfill
	dicts       get(key, default) items keys values
	lists       index count
	times       strftime(format) isoformat timestamp date weekday isoweekday
	            replace(year=, month=, day=, hour=, minute=, second=, microsecond=)
	durations   total_seconds

Times have the keys year, month, day, hour, minute, second and microsecond; durations days, seconds
and microseconds. Time ± duration, time − time and duration × number are what they seem; a month
later than January 31 is the last day of February.

# Tests

	defined undefined none null boolean true false string number integer float mapping sequence
	iterable odd even divisibleby(num) lower upper in(seq) match(pattern) search(pattern)
	eq equalto ne lt le gt ge (other)

# Times

Text and numbers are read as package times does: ISO 8601, dates, the forms of HTTP headers, and
counts from 1970 in seconds, milliseconds, microseconds or nanoseconds by their size. A zone that is
an abbreviation, as JST, is an error.

Formats are those of Python's strftime, see [times.Strftime]: %Y %m %d %H %M %S %f %z %Z %j %y %b %B %a
%A %p %I %e %% and the rest of the C library's, with %s (Unix seconds), %ms (Unix milliseconds),
%_ms (three digits of milliseconds), %s_as_float and %epoch_microseconds of Airbyte's CDK.

# One room

The package has many files and is one room on purpose. The parser makes no tree: it compiles as it
reads, to closures over a run, and computes what is constant by the same filters that run later. So
the parser needs the tables of filters, the filters need the run and the inside of a Value, and a
Value compares and prints by both: whichever of them moved out would need the others' insides. From
the text to the result, the files are lexer, parser, builtin and parameters (calls), node and access
(closures), run and loop (an evaluation), value, items and json (data), number and arithmetic; what
tables.go names stands in the rest, by what it works on.
*/
package expr
