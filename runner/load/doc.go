// Package load runs a collection again and again by many virtual users, and measures.
//
//	plan, err := load.NewPlan(collection.Load)
//	result := load.Run(ctx, runner, load.Options{Plan: plan})
//
// A [Plan] is closed or open. In a closed one each user begins its next iteration when the last has ended (closed.go). In
// an open one iterations begin when a [curve] says so, whatever the answers do (open.go): those that find no free user wait
// for one, and what they wait counts as latency, for that is what whoever comes at that time goes through. A
// measurement that leaves it out is blind to the very moments at which a server stalls (coordinated omission).
//
// Each user gathers samples of its own and hands them over now and then (recorder.go), so that users do not wait for
// each other. What they add up to is bounded, however long the load and however many its requests (tally.go): histograms
// (latency.go), a timeline whose slices grow longer (timeline.go), and some failures of each kind (failures.go).
package load
