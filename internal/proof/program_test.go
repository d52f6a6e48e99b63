package proof

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss/fault"
)

// program is all that happens in a world. A random program is made from a seed.
type program struct {
	seed         uint64
	ruleset      int // index into rulesets
	confirm      copier.Confirm
	withoutState bool    // AFTERPUT_STATE is off
	versioned    bool    // the source bucket has versioning
	instantOSS   bool    // requests take no time
	streamed     bool    // the destinations lie in another region
	far          farSide // what that region is like
	slowShare    float64 // the share of requests that are slow
	faults       []fault.Fault
	faultsEnd    time.Duration // when the faults end
	steps        []step
	scans        []scan
	removals     removalPart
	pageSize     int // how many objects a listing shows at once; 0 for OSS's own limit
}

type stepKind int

const (
	stepPut            stepKind = iota
	stepPutSameContent          // the content of the version before, with other attributes
	stepDelete                  // DeleteObject
	stepPutTags                 // PutObjectTagging
	stepDeleteAndPut            // DeleteObject, then PutObject of the same content
	stepChangeClass             // CopyObject onto itself, to another storage class
	stepPutSymlink              // PutSymlink
	stepDeleteVersion           // DeleteObject of the current version, by its id
	stepPutForeign              // PutObject of somebody else where a copy belongs
)

var stepKindNames = []string{
	"put", "put same content", "delete", "put tags", "delete and put", "change class", "put symlink", "delete version",
	"put foreign",
}

// createsVersion reports whether a step of the kind makes a new version of the object.
func (k stepKind) createsVersion() bool {
	return k != stepDelete && k != stepPutTags && k != stepDeleteVersion && k != stepPutForeign
}

// step is something that the user does to a source object.
type step struct {
	kind stepKind
	key  string
	at   time.Duration // since the start of the program
	// watchCopy delays the step until OSS accepts a copy request for the key, for the given number of times after at;
	// that request is held for holdCopy, so that the step happens during it. 0 does not wait.
	watchCopy int
	watchAny  bool // any request about the key counts, not only those of copies
	holdCopy  time.Duration

	content, size int
	pauseBetween  time.Duration // between the requests of one step
	linkTarget    string        // of stepPutSymlink
	attributes    attributes
	acl           string
	tags          tags
	deliveries    []delivery
	lost          bool // its event is lost: there are no deliveries
}

// delivery is an invocation with the event of a step.
type delivery struct {
	after       time.Duration
	instance    int
	batched     bool // one payload with the event before it
	timeout     time.Duration
	disruptions []disruption // by attempt
}

type disruptionKind int

const (
	killBeforeSend disruptionKind = iota // the process is killed before it sends the request
	killInFlight                         // the process is killed before the reply arrives
	killAfterReply                       // the process is killed when the reply has arrived
	loseConnection                       // the connection breaks, while OSS carries out the request
	panicInSend                          // the sending goroutine panics; not drawn with the others
)

var disruptionNames = []string{"killed before", "killed during", "killed after", "connection broken in", "panic in"}

// disruption is what goes wrong on the function's side in one attempt, at one of its requests.
type disruption struct {
	kind    disruptionKind
	request int
	after   time.Duration // after it was sent
}

// The keys are few, so that steps often have the same one.
var (
	matchedKeys  = []string{"in/a b+c", "in/中.bin"}
	unmatchedKey = "other/x"
)

// linkTargets are what links point to: the first exists, in the source bucket only.
var linkTargets = []string{"target/t", "target/none"}

var attributeSets = []attributes{
	{contentType: "text/plain"},
	{contentType: "image/png", color: "red & blue"},
	{contentType: "text/plain", cacheControl: "no-cache", color: "a+b=c"},
	{contentType: "application/json", cacheControl: "max-age=1"},
}

var tagSets = []tags{{}, {"team": "x + y"}, {"team": "a=b:c/d", "k_1": "50 +"}, {"stage": "new"}, {}}

// situation is a set of situations that random programs get into.
type situation int

const (
	lateEffects      situation = 1 << iota
	rareSteps                  // links, deletions, and versions that come back
	conflictingRules           // two sources with one destination, and changes in place
	needlessWrites             // checks that retries do not write destinations that are correct
	needlessFailures           // duplicate events without faults; checks that no attempt fails
	libraryPanics              // a panic in a library that the engine calls
	lostEvents                 // events that are lost; sweeps, backfills and comparisons beside the others
)

// drawnSituations are those that drawProgram makes.
const drawnSituations = lateEffects | rareSteps | conflictingRules | needlessWrites | needlessFailures | libraryPanics |
	lostEvents

func (f situation) has(one situation) bool { return f&one != 0 }

// drawProgram makes the program of a seed. Each situation has a random source of its own, so that without one of them
// the rest of the program stays the same.
func drawProgram(seed uint64) program {
	r := rand.New(rand.NewPCG(seed, 5))
	p := program{
		seed: seed, ruleset: r.IntN(simpleRulesets), confirm: copier.ConfirmAlways,
		withoutState: r.IntN(4) == 0, versioned: r.IntN(6) == 0,
		slowShare: []float64{0, 0.1, 0.3}[r.IntN(3)], faultsEnd: time.Duration(10+r.IntN(50)) * time.Second,
	}
	if r.IntN(3) == 0 {
		p.confirm = copier.ConfirmSlow
	}
	for range r.IntN(4) {
		p.faults = append(p.faults, drawFault(r))
	}
	at, have := time.Duration(0), map[string]bool{}
	for i := range 2 + r.IntN(6) {
		at += randomDuration(r, 0, 2*time.Second)
		s := p.drawStep(r, i, at)
		if !have[s.key] {
			s.kind, s.watchCopy = stepPut, 0
		}
		have[s.key] = s.kind != stepDelete
		p.steps = append(p.steps, s)
	}
	if r := rand.New(rand.NewPCG(seed, 6)); drawnSituations.has(lateEffects) {
		for range r.IntN(3) {
			p.faults = append(p.faults, drawLateEffect(r))
		}
	}
	if r := rand.New(rand.NewPCG(seed, 7)); drawnSituations.has(rareSteps) {
		p.versioned = p.versioned || r.IntN(4) == 0
		for i := range p.steps {
			if s := &p.steps[i]; i > 0 && s.kind != stepPut || r.IntN(4) == 0 {
				p.drawRareStep(r, s)
			}
		}
	}
	if r := rand.New(rand.NewPCG(seed, 8)); drawnSituations.has(conflictingRules) && r.IntN(4) == 0 {
		p.useConflictingRules(r)
	}
	if r := rand.New(rand.NewPCG(seed, 10)); drawnSituations.has(libraryPanics) && r.IntN(4) == 0 {
		s := p.steps[r.IntN(len(p.steps))]
		d := &s.deliveries[r.IntN(len(s.deliveries))]
		d.disruptions = slices.Insert(d.disruptions, 0, disruption{kind: panicInSend, request: 1 + r.IntN(10)})
	}
	if r := rand.New(rand.NewPCG(seed, 9)); drawnSituations.has(needlessFailures) && r.IntN(5) == 0 {
		p.deliverTwiceWithoutFaults(r)
	}
	if r := rand.New(rand.NewPCG(seed, 11)); drawnSituations.has(lostEvents) && r.IntN(3) == 0 {
		p.loseEvents(r)
	}
	return p
}

// deliverTwiceWithoutFaults removes everything that goes wrong from a program, and delivers every event twice. Requests
// may still be slow.
func (p *program) deliverTwiceWithoutFaults(r *rand.Rand) {
	p.faults, p.slowShare = nil, []float64{0.1, 0.3}[r.IntN(2)]
	for i := range p.steps {
		s := &p.steps[i]
		s.deliveries = append(s.deliveries, p.drawDelivery(r))
		for j := range s.deliveries {
			d := &s.deliveries[j]
			d.disruptions, d.instance, d.timeout = nil, j%3, time.Minute
		}
		if len(s.deliveries) == 2 && r.IntN(2) == 0 {
			s.deliveries[1].after = s.deliveries[0].after + randomDuration(r, 0, 2*time.Second)
		}
	}
}

// useConflictingRules gives a program a ruleset with which copies conflict with one another, or with the user.
func (p *program) useConflictingRules(r *rand.Rand) {
	p.ruleset = simpleRulesets + r.IntN(conflictingRulesets)
	for i := range p.steps {
		s := &p.steps[i]
		if rest, in := strings.CutPrefix(s.key, "in/"); in && rulesets[p.ruleset].twoFolders && r.IntN(2) == 0 {
			s.key = "twin/" + rest
		}
		if s.kind == stepPutSymlink && !rulesets[p.ruleset].handlesLinks {
			s.kind = stepDeleteAndPut
		}
	}
}

// drawRareStep makes a step one of the rare kinds.
func (p *program) drawRareStep(r *rand.Rand, s *step) {
	all := []stepKind{stepDeleteAndPut, stepChangeClass, stepPutSymlink, stepDelete}
	if p.versioned {
		all = append(all, stepDeleteVersion, stepDeleteVersion)
	}
	s.kind, s.pauseBetween = all[r.IntN(len(all))], randomDuration(r, 0, 500*time.Millisecond)
	s.linkTarget = linkTargets[r.IntN(len(linkTargets))]
	if s.kind == stepPutSymlink && !rulesets[p.ruleset].handlesLinks {
		s.kind = stepDeleteAndPut
	}
}

func (p *program) drawStep(r *rand.Rand, i int, at time.Duration) step {
	s := step{
		at: at, key: matchedKeys[min(1, r.IntN(4))], content: i,
		attributes: attributeSets[r.IntN(len(attributeSets))], tags: tagSets[r.IntN(len(tagSets))],
	}
	if r.IntN(12) == 0 {
		s.key = unmatchedKey
	}
	switch n := r.IntN(12); {
	case n < 3:
		s.kind = stepPutSameContent
	case n == 3:
		s.kind = stepDelete
	case n == 4:
		s.kind = stepPutTags
	}
	s.size = 20 + r.IntN(40)
	if r.IntN(2) == 0 { // two or three parts, often of equal size
		s.size = []int{130 << 10, 250 << 10}[r.IntN(2)]
	}
	if r.IntN(4) == 0 {
		s.acl = []string{"private", "public-read"}[r.IntN(2)]
	}
	if r.IntN(2) == 0 {
		s.watchCopy, s.holdCopy = 1+r.IntN(4), randomDuration(r, time.Second, 8*time.Second)
	}
	for n := 0; n == 0 || r.IntN(3) == 0; n++ {
		s.deliveries = append(s.deliveries, p.drawDelivery(r))
	}
	return s
}

func (p *program) drawDelivery(r *rand.Rand) delivery {
	d := delivery{
		instance: r.IntN(3), batched: r.IntN(8) == 0, timeout: randomDuration(r, 20*time.Second, 90*time.Second),
	}
	d.after = []time.Duration{
		0, randomDuration(r, 0, 300*time.Millisecond),
		randomDuration(r, 0, 3*time.Second), randomDuration(r, 0, 20*time.Second),
	}[r.IntN(4)]
	if p.confirm == copier.ConfirmSlow {
		// ConfirmSlow assumes that no new version is announced and copied during a fast copy.
		d.after += 200 * time.Millisecond
	}
	for r.IntN(4) == 0 {
		s := disruption{
			kind: disruptionKind(r.IntN(int(panicInSend))), request: 1 + r.IntN(12),
			after: randomDuration(r, 0, 3*time.Second),
		}
		if r.IntN(2) == 0 {
			s.request = 1 + r.IntN(3)
		}
		d.disruptions = append(d.disruptions, s)
	}
	return d
}

// randomDuration draws a duration that no other draw equals, because events of the same instant happen in any order.
func randomDuration(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

func (p program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rules %q, confirm %s, state off %t, versioned %t, slow requests %v, faults end at %v\n",
		rulesets[p.ruleset].name, p.confirm, p.withoutState, p.versioned, p.slowShare, p.faultsEnd)
	if p.removals.fates != nil {
		fmt.Fprintf(&b, "  %v\n", p.removals)
	}
	if p.streamed {
		fmt.Fprintf(&b, "  the other region: %+v\n", p.far)
	}
	for _, f := range p.faults {
		fmt.Fprintf(&b, "  fault %s\n", describeFault(f))
	}
	for _, s := range p.steps {
		fmt.Fprintf(&b, "  %v %s %s %dB %+v %v", s.at, stepKindNames[s.kind], s.key, s.size, s.attributes, s.tags)
		if s.kind == stepPutSymlink {
			fmt.Fprintf(&b, " to %s", s.linkTarget)
		}
		if s.watchCopy > 0 {
			fmt.Fprintf(&b, ", at request %d, which is held for %v", s.watchCopy, s.holdCopy)
		}
		for _, d := range s.deliveries {
			fmt.Fprintf(&b, "; delivered after %v", d.after)
			if d.batched {
				b.WriteString(" batched")
			}
			for _, k := range d.disruptions {
				fmt.Fprintf(&b, ", %s request %d (%v)", disruptionNames[k.kind], k.request, k.after)
			}
		}
		if s.lost {
			b.WriteString("; its event is lost")
		}
		b.WriteString("\n")
	}
	for _, s := range p.scans {
		fmt.Fprintf(&b, "  %v %v\n", s.at, s)
	}
	return b.String()
}

// smallerPrograms returns every program that has one thing less than p.
func (p program) smallerPrograms() (all []program) {
	for i := range p.faults {
		q := p.clone()
		q.faults = slices.Delete(q.faults, i, i+1)
		all = append(all, q)
	}
	for i, s := range p.steps {
		q := p.clone()
		q.steps = slices.Delete(q.steps, i, i+1)
		all = append(all, q)
		for j, d := range s.deliveries {
			if j > 0 {
				q := p.clone()
				q.steps[i].deliveries = slices.Delete(q.steps[i].deliveries, j, j+1)
				all = append(all, q)
			}
			if d.batched {
				q := p.clone()
				q.steps[i].deliveries[j].batched = false
				all = append(all, q)
			}
			for k := range d.disruptions {
				q := p.clone()
				q.steps[i].deliveries[j].disruptions = slices.Delete(q.steps[i].deliveries[j].disruptions, k, k+1)
				all = append(all, q)
			}
		}
	}
	for i := range p.scans {
		q := p.clone()
		q.scans = slices.Delete(q.scans, i, i+1)
		all = append(all, q)
		all = append(all, p.smallerScans(i)...)
	}
	if p.slowShare > 0 {
		q := p.clone()
		q.slowShare = 0
		all = append(all, q)
	}
	for _, g := range p.removals.simpler() {
		q := p.clone()
		q.removals.givingUp = g
		all = append(all, q)
	}
	for _, far := range p.far.simpler() {
		q := p.clone()
		q.far = far
		all = append(all, q)
	}
	return all
}

func (p program) clone() program {
	p.faults, p.steps, p.scans = slices.Clone(p.faults), slices.Clone(p.steps), slices.Clone(p.scans)
	for i := range p.scans {
		p.scans[i].runs = slices.Clone(p.scans[i].runs)
	}
	for i := range p.steps {
		s := &p.steps[i]
		s.deliveries = slices.Clone(s.deliveries)
		for j := range s.deliveries {
			s.deliveries[j].disruptions = slices.Clone(s.deliveries[j].disruptions)
		}
	}
	return p
}
