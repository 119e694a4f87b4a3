package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	shipped "github.com/postrider/postrider/environments"
	"github.com/postrider/postrider/runner/collection"
)

// values are what a flag may be given: current is what of it stands before the cursor.
func (p *program) values(l commandLine, flag cli.Flag, current string) []candidate {
	value, _ := usageOf(flag)
	switch flag.Names()[0] {
	case "environment":
		return append(environmentCandidates(), p.files(current, ".toml")...)
	case "request":
		return requestCandidates(l.words)
	case "folder":
		return folderCandidates(l.words)
	case "report":
		if format, file, assigned := strings.Cut(current, "="); assigned {
			return prefixed(format+"=", p.files(file))
		}
		if l.command.Name == "load" {
			return words(loadFormats...)
		}
		return words(reportFormats...)
	case "color":
		return words("auto", "always", "never")
	case "error-format":
		return words("long", "short")
	case "spoil":
		return words(spoiledKinds...)
	}
	return p.kind(value, current)
}

// arguments are what may stand in the place of the next argument, which the command's usage tells.
func (p *program) arguments(l commandLine, current string) []candidate {
	kinds := argumentKinds(l.command)
	if l.command.Name == "check" { // its paths may be names as well
		kinds = []string{"COLLECTION…"}
	}
	if n := len(l.words); n < len(kinds) {
		return p.kind(strings.TrimSuffix(kinds[n], "…"), current)
	}
	if n := len(kinds); n > 0 && strings.HasSuffix(kinds[n-1], "…") {
		return p.kind(strings.TrimSuffix(kinds[n-1], "…"), current)
	}
	return nil
}

// argumentKinds reads the arguments of "postrider export [--strict] FORMAT [COLLECTION…]": FORMAT and COLLECTION….
func argumentKinds(command *cli.Command) []string {
	var kinds []string
	inFlags := false
	for _, field := range strings.Fields(strings.TrimPrefix(command.UsageText, fullName(command))) {
		inFlags = inFlags || strings.HasPrefix(field, "[-")
		kind := strings.Trim(field, "[]")
		if !inFlags && kind != "flags" {
			kinds = append(kinds, kind)
		}
		inFlags = inFlags && !strings.HasSuffix(field, "]")
	}
	return kinds
}

// kind are the words for a value as usages name it: ENV, URL|FILE, collection|environment. What is in lower case stands for itself.
func (p *program) kind(kind, current string) []candidate {
	var all []candidate
	for _, k := range strings.Split(kind, "|") {
		switch {
		case k == "COLLECTION":
			all = append(append(all, collectionCandidates()...), p.files(current, ".toml", ".json")...)
		case k == "PATH":
			all = append(all, p.files(current, ".toml")...)
		case k == "ENV":
			all = append(all, environmentCandidates()...)
		case k == "DIR":
			all = append(all, p.files(current, "/")...)
		case strings.HasPrefix(k, "FILE"):
			all = append(all, p.files(current)...)
		case k == strings.ToLower(k):
			all = append(all, words(k)...)
		}
	}
	return all
}

// words are candidates that need no explanation.
func words(all ...string) []candidate {
	var out []candidate
	for _, w := range all {
		out = append(out, candidate{word: w})
	}
	return out
}

func prefixed(prefix string, all []candidate) []candidate {
	for i := range all {
		all[i].word = prefix + all[i].word
	}
	return all
}

// environmentCandidates are the names of the environments here and of the shipped ones.
func environmentCandidates() []candidate {
	var all []candidate
	for _, file := range environmentFiles(environmentsFolder) {
		all = append(all, candidate{strings.TrimSuffix(filepath.Base(file), ".toml"), filepath.ToSlash(file)})
	}
	entries, _ := shipped.Files.ReadDir(".") // what is carried can be read
	for _, e := range entries {
		all = append(all, candidate{strings.TrimSuffix(e.Name(), ".toml"), "shipped environment"})
	}
	return all
}

func collectionCandidates() []candidate {
	var all []candidate
	for _, name := range known() {
		all = append(all, candidate{name, "collection"})
	}
	return all
}

// requestCandidates are the names of the requests in the collections of the line, or in those that are run without any.
func requestCandidates(arguments []string) []candidate {
	var all []candidate
	eachRequest(arguments, func(c *collection.Collection, r *collection.Request, _ []*collection.Folder) {
		if r.Named {
			all = append(all, candidate{r.Name, c.Name})
		}
	})
	return all
}

// folderCandidates are the names of the collections and their folders.
func folderCandidates(arguments []string) []candidate {
	var all []candidate
	eachRequest(arguments, func(c *collection.Collection, _ *collection.Request, folders []*collection.Folder) {
		all = append(all, candidate{c.Name, "collection"})
		for _, f := range folders {
			all = append(all, candidate{f.Name, "folder of " + c.Name})
		}
	})
	return all
}

// eachRequest reads the collections as they are written. Those with mistakes are of use as far as they can be read.
func eachRequest(arguments []string, f func(*collection.Collection, *collection.Request, []*collection.Folder)) {
	var all []found
	if len(arguments) == 0 {
		all = append(all, found{carried, "."})
		if info, err := os.Stat(collectionsFolder); err == nil && info.IsDir() {
			all[0] = found{name: collectionsFolder}
		}
	}
	for _, a := range arguments {
		// Standard input is the shell's.
		if one, err := find(a); err == nil && a != "-" {
			all = append(all, one)
		}
	}
	for _, one := range all {
		collections, _ := one.tree.Load(one.name)
		for _, c := range collections {
			c.Requests(func(r *collection.Request, folders []*collection.Folder) { f(c, r, folders) })
		}
	}
}

// files are the files with one of the endings, or with any if none is given, in the folder that current leads to, and
// the folders there, which end in /.
func (p *program) files(current string, endings ...string) []candidate {
	folder, base := filepath.Split(current)
	place := folder
	if home, _ := p.getenv("HOME"); home != "" && strings.HasPrefix(folder, "~/") {
		place = home + folder[1:]
	}
	if place == "" {
		place = "."
	}
	entries, _ := os.ReadDir(place) // what cannot be read is not offered
	var all []candidate
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, base) || strings.HasPrefix(name, ".") && base == "" {
			continue
		}
		isFolder := e.IsDir()
		if e.Type()&os.ModeSymlink != 0 {
			info, err := os.Stat(filepath.Join(place, name))
			isFolder = err == nil && info.IsDir()
		}
		switch {
		case isFolder:
			all = append(all, candidate{folder + name + "/", "folder"})
		case len(endings) == 0 || slices.Contains(endings, filepath.Ext(name)):
			all = append(all, candidate{folder + name, "file"})
		}
	}
	return all
}
