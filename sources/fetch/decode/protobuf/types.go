//go:build !small

package protobuf

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/nearest"
)

// Check says what is wrong with what a definition says of messages, and keeps in it
// what Open needs. It is called before any file is opened.
func Check(p *sources.Protobuf) error {
	m, err := compiled(p)
	if err == nil {
		p.Compiled = m
	}
	return err
}

// compiled returns the plan of the message that records are.
func compiled(p *sources.Protobuf) (m *message, err error) {
	if m, ok := p.Compiled.(*message); ok {
		return m, nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the types of %s cannot be read: %v", p.Message, r)
		}
	}()
	files, err := load(p)
	if err != nil {
		return nil, err
	}
	types := typesOf(files)
	name := strings.TrimPrefix(p.Message, ".")
	d, ok := types.messages[name]
	if !ok {
		return nil, unknownMessage(name, slices.Sorted(maps.Keys(types.messages)))
	}
	return types.root(d)
}

// unknownMessage says which name is likely meant: one with a package, or one that is
// written nearly so.
func unknownMessage(name string, known []string) error {
	meant := ""
	for _, k := range known {
		if strings.HasSuffix(k, "."+name) {
			meant = k
			break
		}
	}
	if meant == "" {
		meant = nearest.Name(name, known)
	}
	if meant != "" {
		return fmt.Errorf("no message is called %q: did you mean %q?", name, meant)
	}
	if len(known) == 0 {
		return fmt.Errorf("no message is called %q: there is no message at all", name)
	}
	const few = 10
	more := ""
	if len(known) > few {
		known, more = known[:few], ", …"
	}
	return fmt.Errorf("no message is called %q: there are %s%s", name, strings.Join(known, ", "), more)
}

// load returns the files that types are in.
func load(p *sources.Protobuf) ([]protoreflect.FileDescriptor, error) {
	if p.Descriptor != nil {
		return loadSet(p.Descriptor)
	}
	return loadText(p.Sources, p.Roots)
}

// loadText compiles .proto files. Those of google/protobuf need not be there.
func loadText(texts map[string][]byte, roots []string) ([]protoreflect.FileDescriptor, error) {
	if len(roots) == 0 {
		roots = slices.Sorted(maps.Keys(texts))
	}
	find := func(path string) (protocompile.SearchResult, error) {
		text, ok := texts[path]
		if !ok {
			return protocompile.SearchResult{}, &missingError{path: path, known: slices.Sorted(maps.Keys(texts))}
		}
		return protocompile.SearchResult{Source: strings.NewReader(string(text))}, nil
	}
	c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(protocompile.ResolverFunc(find)), MaxParallelism: 1}
	linked, err := c.Compile(context.Background(), roots...)
	if err != nil {
		return nil, textError(err)
	}
	files := make([]protoreflect.FileDescriptor, len(linked))
	for i, f := range linked {
		files[i] = f
	}
	return files, nil
}

// textError leaves out what the compiler says twice of a missing file.
func textError(err error) error {
	var missing *missingError
	if errors.As(err, &missing) {
		if place, _, ok := strings.Cut(err.Error(), ": "); ok && strings.Count(place, ":") == 2 {
			return fmt.Errorf("%s: %w", place, missing)
		}
		return missing
	}
	return err
}

// missingError is a .proto file that is not there.
type missingError struct {
	path  string
	known []string
}

func (e *missingError) Error() string {
	meant := ""
	for _, k := range e.known {
		if strings.HasSuffix(e.path, "/"+k) || strings.HasSuffix(k, "/"+e.path) {
			meant = k
		}
	}
	if meant == "" {
		meant = nearest.Name(e.path, e.known)
	}
	if meant != "" {
		return fmt.Sprintf("the file %q is missing: did you mean %q?", e.path, meant)
	}
	return fmt.Sprintf("the file %q is missing: there are %s and those of google/protobuf", e.path, strings.Join(e.known, ", "))
}

func (e *missingError) Is(err error) bool { return err == fs.ErrNotExist }

// loadSet reads a serialized FileDescriptorSet. Files of google/protobuf may be missing.
func loadSet(b []byte) ([]protoreflect.FileDescriptor, error) {
	var set descriptorpb.FileDescriptorSet
	// Custom options stay unknown fields: nothing here asks for them.
	if err := (proto.UnmarshalOptions{Resolver: (*protoregistry.Types)(nil)}).Unmarshal(b, &set); err != nil || len(set.File) == 0 {
		return nil, errors.New("the descriptor is no FileDescriptorSet: write it with protoc --include_imports --descriptor_set_out=NAME")
	}
	if err := complete(&set); err != nil {
		return nil, err
	}
	registry, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, fmt.Errorf("the descriptor has a fault: %w", err)
	}
	var files []protoreflect.FileDescriptor
	for _, f := range set.File {
		d, err := registry.FindFileByPath(f.GetName())
		if err != nil {
			return nil, fmt.Errorf("the descriptor has a fault: %w", err)
		}
		files = append(files, d)
	}
	return files, nil
}

// complete adds the files of google/protobuf that a set imports and does not have.
func complete(set *descriptorpb.FileDescriptorSet) error {
	has := map[string]bool{}
	for _, f := range set.File {
		has[f.GetName()] = true
	}
	for i := 0; i < len(set.File); i++ {
		for _, path := range set.File[i].Dependency {
			if has[path] {
				continue
			}
			d, err := protoregistry.GlobalFiles.FindFileByPath(path)
			if err != nil || !strings.HasPrefix(path, "google/protobuf/") {
				return fmt.Errorf("the descriptor lacks %q, which its %q imports: write it with protoc --include_imports", path, set.File[i].GetName())
			}
			has[path] = true
			set.File = append(set.File, protodesc.ToFileDescriptorProto(d))
		}
	}
	return nil
}

// types are the messages and extensions of files and of those that they import.
type types struct {
	files      map[string]bool
	messages   map[string]protoreflect.MessageDescriptor
	extensions map[protoreflect.FullName][]protoreflect.ExtensionDescriptor // by the message that they extend
	plans      map[protoreflect.FullName]*message
	any        map[string]*message // nil: no message reaches an Any
}

func typesOf(files []protoreflect.FileDescriptor) *types {
	t := &types{
		files: map[string]bool{}, messages: map[string]protoreflect.MessageDescriptor{},
		extensions: map[protoreflect.FullName][]protoreflect.ExtensionDescriptor{},
		plans:      map[protoreflect.FullName]*message{},
	}
	for _, f := range files {
		t.file(f)
	}
	for _, list := range t.extensions {
		slices.SortFunc(list, func(a, b protoreflect.ExtensionDescriptor) int { return int(a.Number()) - int(b.Number()) })
	}
	return t
}

func (t *types) file(f protoreflect.FileDescriptor) {
	if t.files[f.Path()] || f.IsPlaceholder() {
		return
	}
	t.files[f.Path()] = true
	t.within(f)
	for i := range f.Imports().Len() {
		t.file(f.Imports().Get(i).FileDescriptor)
	}
}

// within adds what a file or a message declares.
func (t *types) within(in interface {
	Messages() protoreflect.MessageDescriptors
	Extensions() protoreflect.ExtensionDescriptors
}) {
	for i := range in.Extensions().Len() {
		e := in.Extensions().Get(i)
		of := e.ContainingMessage().FullName()
		t.extensions[of] = append(t.extensions[of], e)
	}
	for i := range in.Messages().Len() {
		m := in.Messages().Get(i)
		if !m.IsMapEntry() {
			t.messages[string(m.FullName())] = m
		}
		t.within(m)
	}
}
