package environment

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

const (
	folderName    = "environments"
	suffix        = ".toml"
	privateSuffix = ".private.toml"
	shippedPrefix = "postrider:" // before the path of a file that came with the program
)

// A file is one environment file that was read.
type file struct {
	environment string // its name
	name        string // as diagnostics call it
	folder      string // what paths in it are relative to
	shipped     bool
	private     bool
	root        *tomlnode.Node
}

// A loader reads environments and gathers what is wrong with them.
type loader struct {
	options     Options
	environment *Environment           // what becomes of it
	late        map[*Variable]struct{} // secrets that are read when a run needs them
	list        diag.List
	warnings    diag.List
	read        []string
}

func (l *loader) folder() string { return filepath.Join(l.options.Dir, folderName) }

// isPath reports whether the name of an environment is the path of its file.
func isPath(name string) bool {
	return strings.HasSuffix(name, suffix) || strings.ContainsAny(name, `/`+string(filepath.Separator))
}

// A place is where an environment may be found.
type place struct {
	disk    string // path of its file
	shipped string // its name among those that come with the program, "" if it cannot be one of them
	inside  bool   // the shipped one comes first
}

// files reads the files of an environment that was asked for, the widest first.
func (l *loader) files(name string) []*file {
	if isPath(name) {
		return l.chain(place{disk: l.disk(name)}, nil, func() {
			l.list = append(l.list, diag.Diagnostic{Message: "there is no environment file " + strconv.Quote(name), Notes: l.available()})
		})
	}
	at := place{disk: filepath.Join(l.folder(), name+suffix), shipped: name + suffix}
	return l.chain(at, nil, func() {
		l.list = append(l.list, diag.Diagnostic{Message: "there is no environment " + strconv.Quote(name), Notes: l.available(),
			Hint: diag.DidYouMean(name, l.names())})
	})
}

// disk is the path of a file that was asked for. The suffix may be left out, or missing as in /dev/fd/3.
func (l *loader) disk(name string) string {
	disk := filepath.FromSlash(name)
	if !filepath.IsAbs(disk) {
		disk = filepath.Join(l.options.Dir, disk)
	}
	if !strings.HasSuffix(disk, suffix) && !l.exists(disk) {
		disk += suffix
	}
	return disk
}

// exists reports whether there is a file of the user's.
func (l *loader) exists(disk string) bool {
	var err error
	if l.options.FS != nil {
		_, err = fs.Stat(l.options.FS, filepath.ToSlash(disk))
	} else {
		_, err = os.Stat(disk)
	}
	return err == nil
}

// readFile reads a file of the user's.
func (l *loader) readFile(disk string) ([]byte, error) {
	if l.options.FS != nil {
		return fs.ReadFile(l.options.FS, filepath.ToSlash(disk))
	}
	return os.ReadFile(disk)
}

// inFolder is what there is in the folder of the user's environments.
func (l *loader) inFolder() []fs.DirEntry {
	var entries []fs.DirEntry
	if l.options.FS != nil {
		entries, _ = fs.ReadDir(l.options.FS, filepath.ToSlash(l.folder()))
	} else {
		entries, _ = os.ReadDir(l.folder())
	}
	return entries
}

// names are the environments that can be had by name.
func (l *loader) names() []string {
	var names []string
	add := func(entries []fs.DirEntry) {
		for _, entry := range entries {
			name, ok := strings.CutSuffix(entry.Name(), suffix)
			name = strings.TrimSuffix(name, ".private")
			if ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	add(l.inFolder())
	if l.options.Shipped != nil {
		entries, _ := fs.ReadDir(l.options.Shipped, ".")
		add(entries)
	}
	slices.Sort(names)
	return names
}

func (l *loader) available() []string {
	names := l.names()
	if len(names) == 0 {
		return []string{"there are none in " + filepath.ToSlash(l.folder())}
	}
	return []string{"there are: " + strings.Join(names, ", ")}
}

// chain reads a file, what it extends and what is laid over it, the widest first. seen are the files that led here.
func (l *loader) chain(at place, seen []string, missing func()) []*file {
	label := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(at.disk), suffix), ".private")
	f, id := l.open(at, label, seen)
	var private *file
	if overlay := strings.TrimSuffix(at.disk, suffix) + privateSuffix; l.options.FS == nil && !slices.Contains(seen, overlay) {
		private = l.fromDisk(overlay, label)
		seen = append(slices.Clone(seen), overlay)
	}
	if f == nil && private == nil {
		missing()
		return nil
	}
	var files []*file
	if f != nil {
		files = append(l.extended(f, at, append(slices.Clone(seen), id)), f)
	}
	if private != nil {
		files = append(files, private)
	}
	return files
}

// open reads the file of an environment, but none of those seen: a file may extend the shipped one of its own name.
func (l *loader) open(at place, label string, seen []string) (f *file, id string) {
	if !at.inside && !slices.Contains(seen, at.disk) {
		f, id = l.fromDisk(at.disk, label), at.disk
	}
	if f == nil && at.shipped != "" && !slices.Contains(seen, shippedPrefix+at.shipped) {
		f, id = l.fromShipped(at.shipped, label), shippedPrefix+at.shipped
	}
	if f == nil && at.inside && !slices.Contains(seen, at.disk) {
		f, id = l.fromDisk(at.disk, label), at.disk
	}
	return f, id
}

// extended reads what a file extends: a file beside it, else one that comes with the program.
func (l *loader) extended(f *file, at place, seen []string) []*file {
	e, ok := f.root.Get("extends")
	if !ok {
		return nil
	}
	name, ok := e.Node.Text()
	if !ok || name == "" {
		l.list.Add(e.Node.Span, "extends must be the name of an environment, not "+described(e.Node), "")
		return nil
	}
	target := place{disk: strings.TrimSuffix(filepath.FromSlash(name), suffix) + suffix, inside: f.shipped}
	if filepath.Base(target.disk) == target.disk {
		target.shipped = target.disk
	}
	if !filepath.IsAbs(target.disk) {
		target.disk = filepath.Join(filepath.Dir(at.disk), target.disk)
	}
	return l.chain(target, seen, func() {
		if slices.Contains(seen, target.disk) || slices.Contains(seen, shippedPrefix+target.shipped) {
			l.list.Add(e.Node.Span, "environment "+strconv.Quote(f.environment)+" extends itself: "+cycle(seen, target.disk), "")
			return
		}
		others := slices.DeleteFunc(l.names(), func(n string) bool { return n == f.environment })
		l.list.Add(e.Node.Span, "there is no environment "+strconv.Quote(name)+" to extend", diag.DidYouMean(name, others))
	})
}

// cycle is a chain of files that leads back to one of them, by their names.
func cycle(seen []string, back string) string {
	var names []string
	for _, id := range append(slices.Clone(seen[max(slices.Index(seen, back), 0):]), back) {
		if !strings.HasSuffix(id, privateSuffix) {
			names = append(names, strings.TrimSuffix(filepath.Base(strings.TrimPrefix(id, shippedPrefix)), suffix))
		}
	}
	return strings.Join(names, " → ")
}

// fromDisk reads a file of the user's, nil if there is none.
func (l *loader) fromDisk(disk, label string) *file {
	name := filepath.ToSlash(disk)
	text, err := l.readFile(disk)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f := &file{environment: label, name: name, folder: filepath.Dir(disk), private: strings.HasSuffix(disk, privateSuffix)}
	if err != nil {
		l.list.Add(diag.Span{Source: diag.NewSource(name, "")}, "the environment cannot be read: "+reason(err), "")
	}
	l.parse(f, string(text))
	if f.private && l.options.FS == nil {
		l.checkMode(f, disk)
	}
	return f
}

// fromShipped reads a file that came with the program, nil if there is none.
func (l *loader) fromShipped(shipped, label string) *file {
	if l.options.Shipped == nil || !fs.ValidPath(shipped) {
		return nil
	}
	text, err := fs.ReadFile(l.options.Shipped, shipped)
	if err != nil {
		return nil
	}
	name := shippedPrefix + path.Join(folderName, shipped)
	return l.parse(&file{environment: label, name: name, folder: l.folder(), shipped: true}, string(text))
}

// parse gives a file its tree, an empty one if there are mistakes in it.
func (l *loader) parse(f *file, text string) *file {
	root, list := tomlnode.Parse(diag.NewSource(f.name, text))
	l.concealSyntax(f.private, list)
	l.list = append(l.list, list...)
	if root == nil {
		root = tomlnode.NewTable(diag.Span{})
	}
	f.root = root
	l.conceal(f)
	l.read = append(l.read, f.name)
	return f
}

// checkMode warns of a private file that others may read.
func (l *loader) checkMode(f *file, disk string) {
	info, err := os.Stat(disk)
	if err != nil || !hasModes || info.Mode().Perm()&0o077 == 0 {
		return
	}
	l.warnings.Warn(diag.Span{Source: f.root.Span.Source}, "others may read this file: its mode is "+octal(info.Mode().Perm()),
		"chmod 600 "+f.name)
}

func octal(mode fs.FileMode) string { return "0" + strconv.FormatUint(uint64(mode), 8) }

// reason is an error of the file system without the path that it repeats.
func reason(err error) string {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}
