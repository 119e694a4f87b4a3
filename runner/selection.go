package runner

import (
	"strings"

	"github.com/tidwall/match"
)

// A Selection chooses requests by name. A pattern is a name, or has * for any letters and ? for one.
type Selection struct {
	// Requests match a request's name, or its title with the case: "Refuse a bad token [tampered]".
	Requests []string
	// Folders match the name of a folder, or of the collection, or the path of names: "users/admins".
	Folders []string
}

// keeps reports whether a planned request is chosen, and marks the patterns that chose it.
func (s *Selection) keeps(collection string, p *Planned, used map[string]bool) bool {
	folder := len(s.Folders) == 0
	for _, pattern := range s.Folders {
		if matchesFolder(pattern, collection, p.Folder) {
			folder, used[pattern] = true, true
		}
	}
	request := len(s.Requests) == 0
	for _, pattern := range s.Requests {
		if matches(pattern, p.Name) || matches(pattern, p.Title()) {
			request = true
			used[pattern] = used[pattern] || folder
		}
	}
	return folder && request
}

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
