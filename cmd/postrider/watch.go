package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settled is how long files must be left alone before they are read again: editors write in several steps.
const settled = 100 * time.Millisecond

// watchRuns runs now and whenever a file changes that the last run read, until it is interrupted. A run that fails, or
// files that cannot be read, end nothing.
func (p *program) watchRuns(ctx context.Context, o runOptions) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return exit{exitError, fmt.Errorf("cannot watch files: %w", err)}
	}
	defer watcher.Close()
	for {
		files := &watched{}
		err := p.runOnce(ctx, o, files)
		if ctx.Err() != nil {
			return err
		}
		p.say(err)
		if err := files.watch(watcher); err != nil {
			return exit{exitError, err}
		}
		fmt.Fprintf(p.Err, "watching %s; interrupt to end\n", count(len(files.names), "file"))
		if !files.await(ctx, watcher) {
			return nil
		}
	}
}

// say tells what ended a run, and goes on.
func (p *program) say(err error) {
	if err != nil {
		p.end(err)
	}
}

// watched are the files that a run has read.
type watched struct {
	names   []string
	folders []string
}

// add notes files, if anybody watches them.
func (w *watched) add(names ...string) {
	if w == nil {
		return
	}
	for _, name := range names {
		if absolute, err := filepath.Abs(filepath.FromSlash(name)); err == nil && !slices.Contains(w.names, absolute) {
			w.names = append(w.names, absolute)
		}
	}
}

// watch asks to be told of changes. Folders are watched, not files: editors put a new file in the place of the old.
func (w *watched) watch(watcher *fsnotify.Watcher) error {
	for _, name := range w.names {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			w.folders = append(w.folders, name)
			continue
		}
		if folder := filepath.Dir(name); !slices.Contains(w.folders, folder) {
			w.folders = append(w.folders, folder)
		}
	}
	for _, old := range watcher.WatchList() {
		if !slices.Contains(w.folders, old) {
			_ = watcher.Remove(old) // it is gone, or not wanted any more
		}
	}
	added := 0
	for _, folder := range w.folders {
		if err := watcher.Add(folder); err == nil {
			added++
		}
	}
	if added == 0 {
		return fmt.Errorf("there is no file to watch")
	}
	return nil
}

// await waits for a change of one of the files, and for the end of what changes it. It reports whether there was one
// before the context ended.
func (w *watched) await(ctx context.Context, watcher *fsnotify.Watcher) bool {
	var quiet <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return false
		case e := <-watcher.Events:
			if w.concerns(e) {
				quiet = time.After(settled)
			}
		case err := <-watcher.Errors:
			if err != nil { // changes were missed: there may have been one of ours
				quiet = time.After(settled)
			}
		case <-quiet:
			return true
		}
	}
}

// concerns reports whether an event is about one of the files, or about a new collection beside them.
func (w *watched) concerns(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod {
		return false
	}
	return slices.Contains(w.names, e.Name) || strings.HasSuffix(e.Name, ".toml") && !strings.HasPrefix(filepath.Base(e.Name), ".")
}
