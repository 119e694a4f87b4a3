package runner

// A Shard is one of several equal parts of a plan, so that several machines share the work: together they send all of
// it, and nothing twice but the setup and teardown of what they share. Iterations are dealt out one by one; the requests
// and folders of a collection that runs once are if none of them captures anything that another may need. A collection
// that cannot be split goes to one shard as a whole. The zero Shard is all of the plan.
type Shard struct {
	Index, Of int // the Index-th, from 1, of so many
	// From is the part that gets what comes first, from 0: the place of the collection in the plan, so that not all of what
	// cannot be split goes to the first shard.
	From int
}

// has reports whether the k-th of what is dealt out is of this shard.
func (s Shard) has(k int) bool { return s.Of <= 1 || (s.From+k)%s.Of == s.Index-1 }

// Share is how many of n that are dealt out one by one are of this shard.
func (s Shard) Share(n int) int {
	if s.Of <= 1 {
		return n
	}
	return (n - s.Index + s.Of) / s.Of
}

// Number is the number, from 1, that the n-th of this shard has among all that are dealt out.
func (s Shard) Number(n int) int {
	if s.Of <= 1 {
		return n
	}
	return (n-1)*s.Of + s.Index
}

// iteration reports whether an iteration, from 0, of so many is of this shard.
func (s Shard) iteration(i, of int) bool { return of == 1 || s.has(i) }

// iterations is how many iterations of so many are of this shard.
func (s Shard) iterations(of int) int {
	n := 0
	for i := range of {
		if s.iteration(i, of) {
			n++
		}
	}
	return n
}

// items leaves what of a collection that runs once is of this shard, and says how often that runs: once, or not at all.
func (s Shard) items(b *block) int {
	if s.Of <= 1 {
		return 1
	}
	if !splits(b) {
		if s.has(0) {
			return 1
		}
		return 0
	}
	var ours []node
	for k, n := range b.items {
		if s.has(k) {
			ours = append(ours, n)
		}
	}
	if b.items = ours; len(ours) == 0 {
		return 0
	}
	return 1
}

// splits reports whether no item needs what another one captures.
func splits(b *block) bool {
	for s := range steps(b.items) {
		if len(s.captures) > 0 {
			return false
		}
	}
	return len(b.items) > 0
}
