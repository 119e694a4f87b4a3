package report

import (
	"bytes"
	"errors"
	"iter"
	"testing"

	"github.com/postrider/postrider/runner"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]PlanOptions{"plain": {}, "terminal-80": {Width: 80}, "color": {Color: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			infos := append(mixed().info.Collections, cognito(true).info.Collections...)
			for _, info := range infos {
				for planned := range info.Plan {
					info.Planned.Requests.Planned += info.Iterations
					info.Planned.Assertions.Planned += info.Iterations * planned.Assertions
				}
			}
			if err := Plan(&out, infos, o); err != nil {
				t.Fatal(err)
			}
			golden(t, "plan-"+name+".txt", out.Bytes())
		})
	}
}

func TestPlanWriteFails(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	endless := &runner.CollectionInfo{Name: "long", Plan: iter.Seq[runner.Planned](func(yield func(runner.Planned) bool) {
		for i := 0; i < 10_000 && yield(runner.Planned{Name: "request"}); i++ {
		}
	})}
	if err := Plan(&failing{err: full, after: 3}, []*runner.CollectionInfo{endless}, PlanOptions{}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}
