package report

import (
	"io"
	"os"
)

// spooled is how many bytes a spool keeps in memory before it turns to a file.
const spooled = 1 << 20

// A spool holds what has to stand behind something that is known only later, such as a count: in memory while it is
// small, then in a temporary file that nobody else can read. The zero spool is empty.
type spool struct {
	memory []byte
	file   *os.File
	named  bool // the file still has its name
	size   int64
	err    error // the first that there was; nothing is kept after it
}

// Write implements [io.Writer]. The error is told again by copyTo.
func (s *spool) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.file == nil && len(s.memory)+len(p) > spooled {
		s.spill()
	}
	if s.file != nil && s.err == nil {
		_, s.err = s.file.Write(p)
	} else if s.err == nil {
		s.memory = append(s.memory, p...)
	}
	if s.err != nil {
		return 0, s.err
	}
	s.size += int64(len(p))
	return len(p), nil
}

// spill moves what is in memory to a file.
func (s *spool) spill() {
	if s.file, s.err = os.CreateTemp("", "postrider-*.tmp"); s.err != nil {
		return
	}
	// Where the system lets go of the name of an open file, nothing is left of it, however the program ends.
	s.named = os.Remove(s.file.Name()) != nil
	_, s.err = s.file.Write(s.memory)
	s.memory = nil
}

// ReadAt implements [io.ReaderAt].
func (s *spool) ReadAt(p []byte, at int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, at)
	}
	if at >= int64(len(s.memory)) {
		return 0, io.EOF
	}
	n := copy(p, s.memory[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// copyTo writes all that was spooled to w, and empties the spool.
func (s *spool) copyTo(w io.Writer) error {
	defer s.reset()
	if s.err != nil {
		return s.err
	}
	if s.file == nil {
		_, err := w.Write(s.memory)
		return err
	}
	_, err := io.Copy(w, io.NewSectionReader(s, 0, s.size))
	return err
}

// reset empties the spool and removes its file.
func (s *spool) reset() {
	if s.file != nil {
		s.file.Close()
		if s.named {
			os.Remove(s.file.Name())
		}
	}
	*s = spool{memory: s.memory[:0]}
}
