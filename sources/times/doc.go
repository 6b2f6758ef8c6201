/*
Package times reads and writes times, zones and durations: one reader for
templates, windows, bookmarks, settings and the headers of HTTP. It imports
nothing of ours, and any package may import it.

# What is recognised

  - ISO 8601 and RFC 3339, 2006-01-02T15:04:05.123Z: with T, t or a space in the
    middle; without seconds; with a fraction of any length, read to nine digits;
    with Z, UTC, GMT, an offset (+01:00, +0100, +01) or no zone. A second 60 is
    the first of the next minute.
  - A date, 2006-01-02: its midnight. So are 8 digits, 20060102, in text or as a
    number; 14 digits are a date and a time of day, 20060102150405, and
    20060102T150405Z is read too.
  - The forms of HTTP and mail: Mon, 02 Jan 2006 15:04:05 GMT, Monday, 02-Jan-06
    15:04:05 GMT and Mon Jan  2 15:04:05 2006, with the same zones.
  - A count from 1970, in text or as a number, whose size says its unit: below
    1e11 seconds, with any fraction; below 1e14 milliseconds; below 1e17
    microseconds; else nanoseconds. So milliseconds and what is finer begin in
    March 1973, and end in the year 5138, nanoseconds in 2262.

A zone that is an abbreviation (JST, EST, PST) is refused by its name, never
read as UTC: several places share most of them. All else is refused too, with
the reason. No error shows more of the text than those letters: it may be a
secret.

# Times without a zone

They are of the Reader's Zone. A time that clocks skip when they are set forward
is read by the offset from before. One that they show twice when they are set
back is the earlier one, and [Time.Again] says how much later the other is: a
bookmark that is too early reads some rows twice, one that is too late loses
them.

# Layouts

They are those of Python's strftime with the words of Airbyte's CDK beside them.
[Strftime] writes by github.com/itchyny/timefmt-go. [Strptime] reads by itself,
since timefmt-go (0.1.9) reads February 30 as March 1, takes any abbreviation
for %Z and calls it UTC, ends at six digits of a second, wants spaces exactly as
the layout has them, and lets a program that wants to know whether the text
named a zone find out only by the pointer of a location.
*/
package times
