package sources

// SplitPath cuts a path at its points, but for those behind a backslash.
func SplitPath(path string) []string {
	keys := []string{""}
	for i := 0; i < len(path); i++ {
		last := &keys[len(keys)-1]
		switch {
		case path[i] == '\\' && i+1 < len(path):
			i++
			*last += path[i : i+1]
		case path[i] == '.':
			keys = append(keys, "")
		default:
			*last += path[i : i+1]
		}
	}
	return keys
}
