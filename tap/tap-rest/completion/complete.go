package completion

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Place is a value that is to be completed, of which the model has no list.
type Place struct {
	Command string   // its name; "": none
	Value   string   // name of the flag or argument
	Args    []string // positional arguments before it
	Words   []string // all words before it
}

// Names returns what may stand at a place, as the streams of a definition.
type Names func(Place) []string

// Complete returns the lines that a shell's script wants of the words behind the program's
// name, of which the last one, empty or not, is to be completed.
func Complete(model *kong.Application, shell string, words []string, names Names) []string {
	words = joined(words)
	if len(words) == 0 {
		words = []string{""}
	}
	l := line{model: model, node: model.Node, names: names}
	last := words[len(words)-1]
	for _, word := range words[:len(words)-1] {
		if word == "--" {
			return nil // what follows is the command of a target
		}
		l.pass(word)
	}
	var lines []string
	for _, c := range l.candidates(last) {
		if !strings.HasPrefix(c.word, last) {
			continue
		}
		lines = append(lines, c.as(shell))
	}
	return lines
}

// joined returns the words with those put together that bash takes apart: --format = json.
func joined(words []string) (all []string) {
	for i, word := range words {
		switch n := len(all) - 1; {
		case n >= 0 && word == "=" && strings.HasPrefix(all[n], "--"):
			all[n] += "="
		case n >= 0 && i > 0 && words[i-1] == "=" && strings.HasSuffix(all[n], "="):
			all[n] += word
		default:
			all = append(all, word)
		}
	}
	return all
}

// candidate is a word that may stand there.
type candidate struct{ word, help string }

// as returns the candidate as a shell's script wants it. Bash completes what stands behind
// a =, the others the whole word.
func (c candidate) as(shell string) string {
	help, _, _ := strings.Cut(c.help, "\n")
	switch shell {
	case "zsh":
		return strings.ReplaceAll(c.word, ":", `\:`) + ":" + help
	case "fish":
		return c.word + "\t" + help
	}
	if at := strings.IndexByte(c.word, '='); at >= 0 && at < len(c.word)-1 {
		return c.word[at+1:]
	}
	return c.word
}

// line is a command line as far as it was read.
type line struct {
	model *kong.Application
	node  *kong.Node
	names Names
	args  []string   // positional words
	words []string   // all of them
	flag  *kong.Flag // that the next word is the value of
}

// pass reads a word that is complete.
func (l *line) pass(word string) {
	l.words = append(l.words, word)
	if l.flag != nil {
		l.flag = nil
		return
	}
	if strings.HasPrefix(word, "-") {
		name, _, within := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if f := l.flagNamed(name); f != nil && !within && !f.IsBool() {
			l.flag = f
		}
		return
	}
	if child := l.child(word); child != nil && len(l.args) == 0 {
		l.node = child
		return
	}
	l.args = append(l.args, word)
}

func (l *line) child(name string) *kong.Node {
	for _, c := range l.node.Children {
		if c.Name == name && c != l.model.DefaultCmd {
			return c
		}
	}
	return nil
}

// flags are those that may stand here: of the command, of those above it, and at the top
// of the command that runs without a name.
func (l *line) flags() (all []*kong.Flag) {
	for n := l.node; n != nil; n = n.Parent {
		all = append(all, n.Flags...)
	}
	if l.node == l.model.Node && l.model.DefaultCmd != nil {
		all = append(all, l.model.DefaultCmd.Flags...)
	}
	return slices.DeleteFunc(all, func(f *kong.Flag) bool { return f.Hidden })
}

func (l *line) flagNamed(name string) *kong.Flag {
	all := l.flags()
	if i := slices.IndexFunc(all, func(f *kong.Flag) bool { return f.Name == name }); i >= 0 {
		return all[i]
	}
	return nil
}

// candidates are the words that may stand in the place of one that is begun.
func (l *line) candidates(begun string) []candidate {
	if l.flag != nil {
		return l.values(l.flag.Value, "", begun)
	}
	if name, _, found := strings.Cut(strings.TrimPrefix(begun, "--"), "="); found && strings.HasPrefix(begun, "--") {
		if f := l.flagNamed(name); f != nil {
			return l.values(f.Value, "--"+name+"=", begun)
		}
		return nil
	}
	if strings.HasPrefix(begun, "-") {
		return l.ofFlags()
	}
	var all []candidate
	if len(l.args) == 0 {
		for _, c := range l.node.Children {
			if !c.Hidden {
				all = append(all, candidate{c.Name, c.Help})
			}
		}
	}
	if n := len(l.node.Positional); n > 0 {
		all = append(all, l.values(l.node.Positional[min(len(l.args), n-1)], "", begun)...)
	}
	return all
}

func (l *line) ofFlags() (all []candidate) {
	for _, f := range l.flags() {
		word := "--" + f.Name
		if !f.IsBool() {
			word += "="
		}
		all = append(all, candidate{word, f.Help})
	}
	slices.SortFunc(all, func(a, b candidate) int { return strings.Compare(a.word, b.word) })
	return all
}

// values are those of a flag or an argument, behind what of the word is there already.
func (l *line) values(v *kong.Value, before, begun string) (all []candidate) {
	var known []string
	switch {
	case v.Enum != "":
		known = v.EnumSlice()
	case l.names != nil:
		known = l.names(Place{l.node.Name, v.Name, l.args, l.words})
	}
	if at := strings.LastIndexByte(begun, ','); at >= 0 && v.IsSlice() {
		before = begun[:at+1]
	}
	for _, name := range known {
		all = append(all, candidate{word: before + name})
	}
	return all
}
