package fake

import (
	"strconv"
	"strings"
)

func files() []variable {
	return []variable{
		{"$randomFileName", func(d *drawer) any { return d.fileName("media_type") }},
		{"$randomFileType", func(d *drawer) any { return fileType(d.mediaType("media_type")) }},
		{"$randomFileExt", func(d *drawer) any { return d.extension("media_type") }},
		{"$randomCommonFileName", func(d *drawer) any { return d.fileName("common_media_type") }},
		{"$randomCommonFileType", func(d *drawer) any { return fileType(d.mediaType("common_media_type")) }},
		{"$randomCommonFileExt", func(d *drawer) any { return d.extension("common_media_type") }},
		{"$randomFilePath", func(d *drawer) any { return d.pick("directory") + "/" + d.fileName("media_type") }},
		{"$randomDirectoryPath", item("directory")},
		{"$randomMimeType", func(d *drawer) any { return d.mediaType("media_type")[0] }},
		{"$randomSemver", func(d *drawer) any {
			return d.join(3, ".", func() string { return strconv.Itoa(d.between(0, 9)) })
		}},
	}
}

// mediaType draws a media type and its file extensions.
func (d *drawer) mediaType(list string) []string { return strings.Fields(d.pick(list)) }

// fileType is what stands before the / of a media type.
func fileType(mediaType []string) string {
	before, _, _ := strings.Cut(mediaType[0], "/")
	return before
}

func (d *drawer) extension(list string) string { return d.of(d.mediaType(list)[1:]...) }

// fileName is one to three words with _ between them, and an extension.
func (d *drawer) fileName(list string) string {
	name := strings.NewReplacer(" ", "_", "-", "_", "'", "_").Replace(strings.ToLower(d.words(1, 3)))
	return name + "." + d.extension(list)
}
