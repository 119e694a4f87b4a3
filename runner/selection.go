package runner

import (
	"slices"
	"strings"

	"github.com/tidwall/match"
)

// A Selection chooses requests by name. A pattern is a name, or has * for any letters and ? for one.
type Selection struct {
	// Requests match a request's name, or its title with the case: "Refuse a bad token [tampered]".
	Requests []string
	// Folders match the name of a folder, or of the collection, or the path of names: "users/admins".
	Folders []string
	// Tags choose what has one of them, and SkipTags leave out what has one.
	Tags, SkipTags []string
}

// names reports whether requests are chosen by name, or all are.
func (s *Selection) names() bool {
	return len(s.Requests) > 0 || len(s.Folders)+len(s.Tags)+len(s.SkipTags) == 0
}

// keeps reports whether a step is chosen, and marks the patterns that chose it.
func (s *Selection) keeps(collection string, step *step, used map[string]bool) bool {
	p := step.planned(1)
	if !s.tagged(&p, used) {
		return false
	}
	folder := len(s.Folders) == 0
	for _, pattern := range s.Folders {
		if matchesFolder(pattern, collection, p.Folder) {
			folder, used[pattern] = true, true
		}
	}
	request := len(s.Requests) == 0
	for _, pattern := range s.Requests {
		if matches(pattern, p.Name) || matches(pattern, p.Title()) || matches(pattern, title(p.Name, step.row)) || step.repeat > 1 && step.matchesOnce(pattern) {
			request = true
			used[pattern] = used[pattern] || folder
		}
	}
	return folder && request
}

// tagged reports whether the tags of a planned request are among those asked for.
func (s *Selection) tagged(p *Planned, used map[string]bool) bool {
	chosen := len(s.Tags) == 0
	for _, tag := range p.Tags {
		for _, pattern := range s.Tags {
			if matches(pattern, tag) {
				chosen, used[pattern] = true, true
			}
		}
		if slices.ContainsFunc(s.SkipTags, func(pattern string) bool { return matches(pattern, tag) }) {
			return false
		}
	}
	return chosen
}

// matchesOnce reports whether a pattern is the title of one of the times that a request is repeated.
func (s *step) matchesOnce(pattern string) bool {
	for n := range min(s.repeat, maxNamed) {
		if matches(pattern, title(s.source.Name, s.label(n+1))) {
			return true
		}
	}
	return false
}

// maxNamed is how many times of a repeated request can be chosen by their titles.
const maxNamed = 1000

func matches(pattern, name string) bool {
	return pattern == name || match.Match(name, pattern)
}

func matchesFolder(pattern, collection string, folders []string) bool {
	if matches(pattern, collection) {
		return true
	}
	for i, name := range folders {
		if matches(pattern, name) || matches(pattern, strings.Join(folders[:i+1], "/")) {
			return true
		}
	}
	return false
}
