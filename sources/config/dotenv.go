package config

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

// dotVar is a variable of a .env file.
type dotVar struct{ name, value, file string }

// dotEnvLine is how a line begins that gives a variable.
var dotEnvLine = pattern.New(`^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*`)

// dotEnv reads a .env file: NAME=VALUE on each line, or export NAME=VALUE. In single
// quotes a value stands as it is, in double quotes \n, \r, \t, \" and \\ are escapes, and
// both may go over several lines; without quotes it ends at the line's end, or before a
// blank and #. No value refers to another: a $ is a $. Errors quote no value.
func (f File) dotEnv() (vars []dotVar, err error) {
	text := strings.ReplaceAll(string(bytes.TrimPrefix(f.Data, []byte("\ufeff"))), "\r\n", "\n")
	for line := 1; text != ""; {
		rest, ok := dotEnvBlank(text)
		if !ok {
			m := dotEnvLine().FindStringSubmatch(text)
			if m == nil {
				return nil, fmt.Errorf("%s: line %d is not NAME=VALUE, nor a comment (#)", f.Name, line)
			}
			var value string
			if value, rest, ok = dotEnvValue(text[len(m[0]):]); !ok {
				return nil, fmt.Errorf("%s: line %d: the value of %s has no end, or something behind it: quote it, or close its quotes", f.Name, line, m[1])
			}
			vars = append(vars, dotVar{m[1], value, f.Name})
		}
		line += strings.Count(text[:len(text)-len(rest)], "\n")
		text = rest
	}
	return vars, nil
}

// dotEnvBlank returns what follows a line without a variable.
func dotEnvBlank(text string) (rest string, ok bool) {
	line, rest, _ := strings.Cut(text, "\n")
	line = strings.TrimSpace(line)
	return rest, line == "" || line[0] == '#'
}

var dotEnvEscapes = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\\`, `\`)

// dotEnvValue returns the value at the beginning of a text, and what follows its line.
func dotEnvValue(text string) (value, rest string, ok bool) {
	if text == "" || text[0] != '\'' && text[0] != '"' {
		value, rest, _ = strings.Cut(text, "\n")
		if at := strings.Index(value, " #"); at >= 0 {
			value = value[:at]
		}
		if strings.HasPrefix(value, "#") {
			value = ""
		}
		return strings.TrimSpace(value), rest, true
	}
	end := 1
	for end < len(text) && text[end] != text[0] {
		if text[0] == '"' && text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(text) {
		return "", "", false
	}
	value = text[1:end]
	if text[0] == '"' {
		value = dotEnvEscapes.Replace(value)
	}
	line, rest, _ := strings.Cut(text[end+1:], "\n")
	line = strings.TrimSpace(line)
	return value, rest, line == "" || line[0] == '#'
}
