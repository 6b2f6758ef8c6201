package config

import (
	"slices"
	"strings"
)

// origins says where a key of the config was given.
type origins struct {
	files []inputFile
	env   map[string]string // pointer to variable
}

// of returns the file or the variable that gave the key at a JSON pointer, or
// what it lies in.
func (o origins) of(pointer string) string {
	for p := pointer; p != ""; p = p[:strings.LastIndexByte(p, '/')] {
		if name, found := o.env[p]; found {
			return name
		}
	}
	steps := strings.Split(pointer, "/")[1:]
	for depth := len(steps); depth > 0; depth-- {
		for _, f := range slices.Backward(o.files) {
			if found := f.root.At(steps[:depth]); found != f.root.At(steps[:depth-1]) {
				return "config " + f.name
			}
		}
	}
	if len(o.files) == 1 {
		return "config " + o.files[0].name
	}
	return "config"
}

// exactly returns what gave the key at a JSON pointer, with what that refers to; the
// default where nothing did.
func (o origins) exactly(pointer string) string {
	for p := pointer; p != ""; p = p[:strings.LastIndexByte(p, '/')] {
		if name, found := o.env[p]; found {
			return name
		}
	}
	for _, f := range slices.Backward(o.files) {
		if exactly(f.root, pointer) == nil {
			continue
		}
		if refers := f.refers[pointer]; refers != nil {
			return "config " + f.name + ", which refers to " + strings.Join(refers, ", ")
		}
		return "config " + f.name
	}
	return "default"
}
