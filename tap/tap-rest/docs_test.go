//go:build unix

package main_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/styles"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/tap/fleet/natstest"
)

// TestDocs does what each document says, in a folder of its own, in which lie the files
// of first-api.md and of cookbook.md, against the sample API of demo --serve.
func TestDocs(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		if !strings.Contains(text, "```sh") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			runDocument(t, dir, serveSamples(t), docEnv(t, dir, name, &text), text)
		})
	}
}

// docEnv is what a document finds around it: the files of those that come before it, a
// target and, where it wants one, a queue.
func docEnv(t *testing.T, dir, name string, text *string) []string {
	if name != "first-api.md" && name != "cookbook.md" {
		for _, earlier := range []string{"first-api.md", "cookbook.md"} {
			*text = onlyFiles(string(readFile(t, filepath.Join(docs, earlier)))) + *text
		}
	}
	if strings.Contains(*text, "nats://queue:4222") {
		*text = strings.ReplaceAll(*text, "nats://queue:4222", natstest.Start(t).URL())
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "target-parquet"), []byte("#!/bin/sh\n"+loading), 0o700); err != nil {
		t.Fatal(err)
	}
	return append(ownEnv(dir), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// onlyFiles returns the blocks of a document that are files.
func onlyFiles(text string) (files string) {
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		if block[1] != "sh" && block[2] != "" {
			files += block[0] + "\n"
		}
	}
	return files
}

// serveSamples serves what demo --serve does, with a shop that does not fail: what
// it costs to wait for that, resume.md and the README pay. It returns the address.
func serveSamples(t *testing.T) string {
	mux := http.NewServeMux()
	shop := apitest.New(apitest.RequireBearer(styles.Secret)).Add(apitest.Shops()).Add(apitest.Customers(2000)).Add(apitest.Orders(20_000))
	if strings.HasSuffix(t.Name(), "/resume.md") {
		shop = apitest.Shop(apitest.RequireBearer(styles.Secret))
	}
	mux.Handle("/", shop)
	styles.Mount(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

const docs = "../../docs"

// documents returns the texts below docs, by their names there.
func documents(t *testing.T) map[string]string {
	texts := map[string]string{}
	err := filepath.WalkDir(docs, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			texts[strings.TrimPrefix(filepath.ToSlash(path), docs+"/")] = string(readFile(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestCookbook wants a definition for each style of the sample API, which reads
// all that it has.
func TestCookbook(t *testing.T) {
	t.Parallel()
	definitions := map[string]string{}
	for _, block := range fence.FindAllStringSubmatch(documents(t)["cookbook.md"], -1) {
		if block[1] == "yaml" {
			definitions[strings.TrimSuffix(block[2], ".yaml")] = block[3]
		}
	}
	address := serveSamples(t)
	for _, style := range styles.All() {
		definition := strings.ReplaceAll(definitions[style.Name], readmeAddress, address)
		delete(definitions, style.Name)
		t.Run(style.Name, func(t *testing.T) {
			t.Parallel()
			if definition == "" {
				t.Fatalf("docs/cookbook.md has no %s.yaml", style.Name)
			}
			dir := t.TempDir()
			writeFile(t, dir, "source.yaml", []byte(definition))
			settings := `{"source": "source.yaml"`
			for name, value := range map[string]string{
				"token": styles.Secret, "password": styles.Secret, "api_key": styles.Secret, "client_secret": styles.Secret,
				"username": styles.User, "client_id": styles.User,
			} {
				if strings.Contains(definition, "config."+name+" ") {
					settings += `, "` + name + `": "` + value + `"`
				}
			}
			writeFile(t, dir, "config.json", []byte(settings+"}"))
			first := recipeKeys(t, runRecipe(t, dir))
			if got := len(slices.Compact(slices.Clone(first))); got != style.Records || len(first) != got {
				t.Errorf("%d records come, %d different ones, want %d", len(first), got, style.Records)
			}
		})
	}
	for name := range definitions {
		t.Errorf("no style of the sample API is that of %s.yaml", name)
	}
}

// TestDocumentsLint holds all YAML of README and docs to the grammar of definitions:
// whole ones as they are, parts with what is missing.
func TestDocumentsLint(t *testing.T) {
	texts := documents(t)
	texts["../README.md"] = string(readFile(t, "../../README.md"))
	for name, text := range texts {
		for _, block := range fence.FindAllStringSubmatch(text, -1) {
			if block[1] != "yaml" || block[2] == "other" {
				continue
			}
			if _, err := config.Parse(name, []byte(wholeDefinition(block[3]))); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, block[3])
			}
		}
	}
}

// wholeDefinition puts before and behind a part of a definition what it lacks.
func wholeDefinition(part string) string {
	has := func(key string) bool { return regexp.MustCompile(`(?m)^` + key + `:`).MatchString(part) }
	if has("version") {
		return part
	}
	if strings.HasPrefix(part, "  - ") {
		part = "streams:\n" + part
	}
	if !has("streams") && !strings.HasPrefix(part, "streams:") {
		part += "streams: [{name: any, path: /any}]\n"
	}
	switch {
	case !has("client"):
		part = "client: {base_url: \"http://127.0.0.1:1\"}\n" + part
	case !strings.Contains(part, "base_url:"):
		part = strings.Replace(part, "client:\n", "client:\n  base_url: http://127.0.0.1:1\n", 1)
	}
	return "version: 1\nname: part\n" + part
}
