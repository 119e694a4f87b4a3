package report

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/postrider/postrider/runner"
)

const (
	// quietTime is how long a run is before its progress is shown: a short one is over before anybody reads it.
	quietTime = time.Second
	// redrawn is how often the line is drawn anew.
	redrawn = 100 * time.Millisecond
	// barWidth is that of the bar, in columns.
	barWidth = 20
)

// LiveOptions say how a [Live] looks.
type LiveOptions struct {
	Color bool
	// Width is the number of columns of the terminal. A line as wide as that would be wrapped.
	Width int
}

// A Live keeps a line about the progress of a long run at the bottom of a terminal: how many of the planned requests are
// done, how quickly, how many failed, how long it may take. What other reporters write to the terminal goes through it,
// above the line. It is told of the run before they are.
type Live struct {
	o LiveOptions
	w io.Writer

	mu      sync.Mutex
	err     error
	line    []byte // as it was drawn last
	shown   bool
	partial bool // what was written last is no whole line, so that nothing may be drawn behind it
	start   time.Time
	planned int
	done    int
	failed  int
	end     chan struct{}
	ended   sync.WaitGroup
}

// NewLive makes one for a terminal.
func NewLive(w io.Writer, o LiveOptions) *Live { return &Live{w: w, o: o} }

// Err implements [Reporter].
func (l *Live) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Write implements [io.Writer]: it writes above the line.
func (l *Live) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	n, err := l.w.Write(p)
	if len(p) > 0 {
		l.partial = p[len(p)-1] != '\n'
	}
	return n, err
}

// RunStarted implements [runner.Reporter].
func (l *Live) RunStarted(info *runner.RunInfo) {
	l.start, l.planned, l.end = time.Now(), info.Planned.Requests.Planned, make(chan struct{})
	l.ended.Go(l.tick)
}

// tick draws the line again and again, once the run is long.
func (l *Live) tick() {
	wait := time.NewTimer(quietTime)
	defer wait.Stop()
	select {
	case <-l.end:
		return
	case <-wait.C:
	}
	again := time.NewTicker(redrawn)
	defer again.Stop()
	for {
		l.mu.Lock()
		l.draw(time.Since(l.start))
		l.mu.Unlock()
		select {
		case <-l.end:
			return
		case <-again.C:
		}
	}
}

// RequestFinished implements [runner.Reporter].
func (l *Live) RequestFinished(r *runner.RequestResult) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	if r.Verdict == runner.Failed || r.Verdict == runner.Errored {
		l.failed++
	}
}

// CollectionFinished implements [runner.Reporter].
func (l *Live) CollectionFinished(*runner.CollectionResult) {}

// RunFinished implements [runner.Reporter]. The line is gone when it returns.
func (l *Live) RunFinished(*runner.Result) {
	if l.end != nil {
		close(l.end)
		l.ended.Wait()
		l.end = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
}

// erase takes the line away.
func (l *Live) erase() {
	if l.shown {
		l.put([]byte("\r\x1b[2K"))
		l.shown = false
	}
}

// draw puts the line there, unless it is there as it is.
func (l *Live) draw(elapsed time.Duration) {
	if l.partial {
		return
	}
	line := progressLine(nil, l.done, l.planned, l.failed, elapsed, l.o)
	if l.shown && string(line) == string(l.line) {
		return
	}
	l.erase()
	l.put(line)
	l.line, l.shown = line, true
}

func (l *Live) put(text []byte) {
	if l.err == nil {
		_, l.err = l.w.Write(text)
	}
}

// progressLine adds the line, without a newline: "━━━━╌╌╌╌ 412/1000 · 38/s · 2 failed · 15 s left".
func progressLine(line []byte, done, planned, failed int, elapsed time.Duration, o LiveOptions) []byte {
	part := 0
	if planned > 0 {
		part = min(barWidth*done/planned, barWidth)
	}
	facts := []string{strconv.Itoa(done) + "/" + strconv.Itoa(max(planned, done)), rate(done, elapsed)}
	if failed > 0 {
		facts = append(facts, strconv.Itoa(failed)+" failed")
	}
	if left := timeLeft(done, planned, elapsed); left >= time.Second/2 {
		facts = append(facts, roundedTime(left)+" left")
	} else if done == 0 {
		facts = append(facts, roundedTime(elapsed)+" so far")
	}
	text := strings.Join(facts, " · ")
	if o.Width > 0 {
		text = truncate(text, max(o.Width-1, 0))
	}
	if o.Width == 0 || width(text)+barWidth+1 < o.Width {
		color := green
		if failed > 0 {
			color = red
		}
		line = paint(line, o.Color, color, strings.Repeat("━", part))
		line = paint(line, o.Color, dim, strings.Repeat("╌", barWidth-part))
		line = append(line, ' ')
	}
	return append(line, text...)
}

// rate is how many requests a second there are: "380/s", "0.4/s".
func rate(done int, elapsed time.Duration) string {
	each := float64(done) / max(elapsed.Seconds(), 1e-9)
	digits := 0
	if each < 9.95 && done > 0 {
		digits = 1
	}
	return strconv.FormatFloat(each, 'f', digits, 64) + "/s"
}

// timeLeft is how long the rest takes if it goes on like this; 0 when that cannot be told.
func timeLeft(done, planned int, elapsed time.Duration) time.Duration {
	if done == 0 || done >= planned {
		return 0
	}
	return time.Duration(float64(elapsed) * float64(planned-done) / float64(done))
}

// roundedTime is a duration in whole seconds, so that it does not flicker.
func roundedTime(d time.Duration) string {
	if d < 100*time.Second {
		return strconv.Itoa(int(d.Round(time.Second).Seconds())) + " s"
	}
	return duration(d)
}
