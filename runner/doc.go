// Package runner replays collections of HTTP requests and says whether the answers are right.
//
// Data moves one way:
//
//	collection.toml ─ runner/collection ─▶ Collection ┐
//	data rows ─────── runner/rows                       │
//	environment.toml ─ runner/environment ▶ Environment ┼▶ New ─▶ Runner ─▶ Run ─▶ events ─▶ Reporter
//	callback URL ──── runner/environment ▶ variables   ┘
//
// [New] does all that can be done before the first byte is sent: templates, gjson paths, regular expressions and expected
// values are compiled, inheritance is settled, the plan is laid out. What is wrong comes back as diagnostics, all at
// once. A [Runner] does not change; [Run] only fills in, sends, evaluates and tells:
//
// The plan is a tree of blocks, one for each folder: setup, items, teardown (plan.go). A pass walks it, once for each row of
// data, and sees to it that teardown runs in any case (pass.go). A step is sent until it passes or no retry is left
// (retry.go). Each attempt goes through the same stages:
//
//  1. resolve: the step's templates become an [exchange.Request]; a name without a value ends the step here (resolve.go)
//  2. authorise: credentials are put on, and spoiled where the step asks for a bad token (authorize.go,
//     package auth)
//  3. send: the exchange happens (package exchange)
//  4. capture: values of the answer become variables (capture.go)
//  5. judge: each assertion asks its question and holds or does not (judge.go, package assertion)
//  6. redact and tell: every secret that is known by now is removed, then the [Reporter] is told (redact.go, event.go)
//
// [Runner.Explain] goes as far as the first two stages, with placeholders for what only a run can know.
//
// [RunParallel] runs collections side by side and tells of them in the order of the plan; a [Shard] is a part of the plan for
// one of several machines. A [Recorder] tells of every exchange, those for tokens too.
//
// State that changes in a run (variables, cookies, tokens) lives in one small value for each virtual user (user.go). A
// [Crew] is many of them at the same time, of which package load makes a load (crew.go, runner/load).
//
// # Stability
//
// Until version 1 the exported names may still change between minor versions. The report's JSON has a version of its own.
package runner
