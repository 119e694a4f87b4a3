package collection

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/diag"
)

// A LoadPlan is what the [load] table of a collection says: how `postrider load` runs it, and what must hold then. What is
// not said is zero.
type LoadPlan struct {
	Users      int // "vus"
	MaxUsers   int // "max_vus"
	Iterations int
	Duration   time.Duration
	Grace      *time.Duration
	Rate       *Rate
	Stages     []LoadStage
	Thresholds []Threshold
}

// A Rate is how many iterations begin in a unit of time.
type Rate struct {
	Count float64
	Per   time.Duration // a second or a minute
}

// PerSecond is the rate of a second.
func (r Rate) PerSecond() float64 { return r.Count / r.Per.Seconds() }

// A LoadStage goes to its target, in a straight line from where the stage before ended.
type LoadStage struct {
	Over   time.Duration
	Target float64 // users, or iterations in the unit of the rate
}

// A Threshold is what must hold of a load.
type Threshold struct {
	Metric string // of ThresholdMetrics
	Op     string // of ThresholdOps
	Value  float64
	Text   string    // the value as written: "200ms"
	Span   diag.Span // of the value
}

// The limits of a load.
const (
	MaxLoadUsers      = 100_000
	MaxLoadIterations = math.MaxInt32
	MaxLoadStages     = 1000
	maxLoadTarget     = 1_000_000 // users, or iterations a second
	maxLoadTime       = 30 * 24 * time.Hour
)

// timeMetrics are times, shareMetrics are from 0 to 1, countMetrics are numbers from 0.
var (
	timeMetrics  = []string{"avg", "p50", "p90", "p95", "p99", "p999", "max"}
	shareMetrics = []string{"error_rate", "checks"}
	countMetrics = []string{"requests_per_second", "dropped"}
)

// ThresholdMetrics are what a threshold may speak of.
func ThresholdMetrics() []string { return slices.Concat(timeMetrics, shareMetrics, countMetrics) }

// ThresholdOps are how a threshold compares.
func ThresholdOps() []string { return []string{"lt", "lte", "gt", "gte"} }

// OfTime reports whether the threshold speaks of a time, in seconds.
func (t *Threshold) OfTime() bool { return slices.Contains(timeMetrics, t.Metric) }

var loadKeys = slices.Concat([]string{"vus", "max_vus", "iterations", "duration", "grace", "rate", "stages"}, ThresholdMetrics())

const loadExample = `load = { vus = 10, duration = "1m", p95 = { lt = "200ms" } }`

// load reads the [load] table.
func (d *decoder) load(e entry) *LoadPlan {
	if e.Node.Kind != Table {
		d.wrong(e, "a table", loadExample)
		return nil
	}
	p := &LoadPlan{}
	for _, f := range e.Node.Entries {
		switch f.Key {
		case "vus":
			p.Users, _ = d.whole(f, 1, MaxLoadUsers, "vus = 10")
		case "max_vus":
			p.MaxUsers, _ = d.whole(f, 1, MaxLoadUsers, "max_vus = 100")
		case "iterations":
			p.Iterations, _ = d.whole(f, 1, MaxLoadIterations, "iterations = 1000")
		case "duration":
			if v := d.duration(f, `duration = "30s" or "5m"`, 1); v != nil {
				p.Duration = *v
			}
		case "grace":
			p.Grace = d.duration(f, `grace = "30s" or "0s"`, 0)
		case "rate":
			p.Rate = d.rate(f)
		case "stages":
			p.Stages = d.stages(f)
		default:
			if !slices.Contains(ThresholdMetrics(), f.Key) {
				d.unknown(f, "load", loadKeys)
				continue
			}
			p.Thresholds = append(p.Thresholds, d.thresholds(f)...)
		}
	}
	if other, ok := e.Node.Get("duration"); ok && len(p.Stages) > 0 {
		d.errorf(other.Span, "leave one of them out", `"duration" is said beside "stages", which last as long as they say`)
	}
	if other, ok := e.Node.Get("max_vus"); ok && p.MaxUsers > 0 && p.MaxUsers < p.Users {
		d.errorf(other.Node.Span, "", `"max_vus" is less than "vus"`)
	}
	return p
}

func (d *decoder) rate(e entry) *Rate {
	text, ok := e.Node.Text()
	if number, isNumber := e.Node.Number(); isNumber {
		text, ok = number.String(), true
	}
	if !ok {
		d.wrong(e, "a number or a string", rateExample)
		return nil
	}
	r, err := ParseRate(text)
	if err != nil {
		d.errorf(e.Node.Span, "for example "+rateExample, "%s", err)
		return nil
	}
	return &r
}

const rateExample = `rate = 50, "50/s" or "600/m"`

// ParseRate reads how many iterations begin in a second, "50" and "50/s", or in a minute, "600/m".
func ParseRate(text string) (Rate, error) {
	number, unit, _ := strings.Cut(strings.TrimSpace(text), "/")
	r := Rate{Per: time.Second}
	switch {
	case unit == "m":
		r.Per = time.Minute
	case unit != "s" && strings.Contains(text, "/"):
		return r, fmt.Errorf("%q is no rate a second or minute", text)
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(n > 0) || n/r.Per.Seconds() > maxLoadTarget {
		return r, fmt.Errorf("%q is no rate above zero, up to %d a second", text, maxLoadTarget)
	}
	r.Count = n
	return r, nil
}

const stagesExample = `stages = ["30s:10", "1m:50"]`

func (d *decoder) stages(e entry) []LoadStage {
	if e.Node.Kind != Array || len(e.Node.Items) > MaxLoadStages {
		d.wrong(e, "an array of at most "+strconv.Itoa(MaxLoadStages)+" strings", stagesExample)
		return nil
	}
	if len(e.Node.Items) == 0 {
		d.errorf(e.Node.Span, "for example "+stagesExample, `"stages" names none`)
	}
	var out []LoadStage
	for _, item := range e.Node.Items {
		text, ok := item.Text()
		if !ok {
			d.errorf(item.Span, "for example "+stagesExample, "a stage must be a string, not %s", item.Kind)
			continue
		}
		s, err := ParseStage(text)
		if err != nil {
			d.errorf(item.Span, "for example "+stagesExample, "%s", err)
			continue
		}
		out = append(out, s)
	}
	return out
}

// ParseStage reads how long a stage takes and where it leads to: "30s:10".
func ParseStage(text string) (LoadStage, error) {
	over, target, ok := strings.Cut(text, ":")
	if !ok {
		return LoadStage{}, fmt.Errorf("the stage %q is not DURATION:TARGET", text)
	}
	long, err := time.ParseDuration(over)
	if err != nil || long < 0 || long > maxLoadTime {
		return LoadStage{}, fmt.Errorf("the stage %q does not begin with a duration", text)
	}
	n, err := strconv.ParseUint(target, 10, 64)
	if err != nil || n > maxLoadTarget {
		return LoadStage{}, fmt.Errorf("the stage %q does not end with a whole number up to %d", text, maxLoadTarget)
	}
	return LoadStage{long, float64(n)}, nil
}

// thresholds reads what must hold of a metric.
func (d *decoder) thresholds(e entry) []Threshold {
	example := e.Key + " = { lt = " + thresholdExample(e.Key) + " }"
	if e.Node.Kind != Table {
		d.wrong(e, "a table", example)
		return nil
	}
	if len(e.Node.Entries) == 0 {
		d.errorf(e.Node.Span, "for example "+example, "nothing is said about %q", e.Key)
	}
	var out []Threshold
	for _, f := range e.Node.Entries {
		if !slices.Contains(ThresholdOps(), f.Key) {
			d.unknown(f, e.Key, ThresholdOps())
			continue
		}
		t := Threshold{Metric: e.Key, Op: f.Key, Span: f.Node.Span}
		text, isText := f.Node.Text()
		if number, ok := f.Node.Number(); ok && !t.OfTime() {
			text, isText = number.String(), true
		} else if isText && !t.OfTime() {
			isText = false
		}
		if !isText {
			d.wrong(f, kindOfThreshold(&t), example)
			continue
		}
		if err := t.read(text); err != nil {
			d.errorf(f.Node.Span, "for example "+example, "%s", err)
			continue
		}
		out = append(out, t)
	}
	return out
}

func kindOfThreshold(t *Threshold) string {
	switch {
	case t.OfTime():
		return "a duration"
	case slices.Contains(shareMetrics, t.Metric):
		return "a number from 0 to 1"
	}
	return "a number from 0"
}

func thresholdExample(metric string) string {
	switch {
	case slices.Contains(timeMetrics, metric):
		return `"200ms"`
	case slices.Contains(shareMetrics, metric):
		return "0.01"
	}
	return "100"
}

// read takes the value that is compared with.
func (t *Threshold) read(text string) error {
	t.Text = text
	if t.OfTime() {
		v, err := time.ParseDuration(text)
		if err != nil || v < 0 {
			return fmt.Errorf("%q is not a duration", text)
		}
		t.Value = v.Seconds()
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) || v > 1 && slices.Contains(shareMetrics, t.Metric) {
		return fmt.Errorf("%q must be compared with %s, not %s", t.Metric, kindOfThreshold(t), text)
	}
	t.Value = v
	return nil
}

// ParseThreshold reads a threshold in one word: "p95<200ms", "checks >= 0.99".
func ParseThreshold(text string) (Threshold, error) {
	i := strings.IndexAny(text, "<>")
	if i < 0 {
		return Threshold{}, fmt.Errorf("%q does not compare with <, <=, > or >=", text)
	}
	t := Threshold{Metric: strings.TrimSpace(text[:i]), Op: map[byte]string{'<': "lt", '>': "gt"}[text[i]]}
	value := text[i+1:]
	if strings.HasPrefix(value, "=") {
		t.Op, value = t.Op+"e", value[1:]
	}
	if !slices.Contains(ThresholdMetrics(), t.Metric) {
		err := diag.Diagnostic{Message: fmt.Sprintf("there is no %q to compare", t.Metric), Hint: diag.DidYouMean(t.Metric, ThresholdMetrics())}
		if err.Hint == "" {
			err.Hint = diag.OneOf(ThresholdMetrics())
		}
		return t, err
	}
	if err := t.read(strings.TrimSpace(value)); err != nil {
		return t, err
	}
	source := diag.NewSource("--threshold", text)
	t.Span = diag.Span{Source: source, End: len(text)}
	return t, nil
}
