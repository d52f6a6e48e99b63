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

// program is all that happens to a world, drawn from a seed.
type program struct {
	seed      uint64
	rules     int // index of the ruleset
	confirm   copier.Confirm
	forget    bool // no state objects
	versioned bool // the source bucket
	still     bool // OSS takes no time
	slow      float64
	faults    []fault.Fault
	calm      time.Duration // from when on nothing goes wrong any more
	steps     []step
}

type kind int

const (
	put     kind = iota
	again        // the content of the upload before, with another look
	remove       // DeleteObject
	retag        // PutObjectTagging
	back         // DeleteObject, and the same content once more
	reclass      // CopyObject onto itself, to another class
	link         // PutSymlink
	drop         // DeleteObject of the current version by its id
)

var kinds = []string{"put", "put again", "remove", "retag", "put back", "reclass", "link", "drop"}

// creates reports whether it leaves a new version of the object behind.
func (k kind) creates() bool { return k != remove && k != retag && k != drop }

// step is something a user does to a source object.
type step struct {
	kind kind
	key  string
	at   time.Duration // since the start
	// ambush waits, from then on, for the so-manieth time that OSS accepts a
	// request which copies the key, and holds that one up meanwhile. 0 is now.
	ambush int
	hold   time.Duration

	content, size int
	gap           time.Duration // between what one step is made of
	target        string        // of a link
	look          look
	acl           string
	tags          tags
	deliveries    []delivery
}

// delivery is one invocation that a step's event leads to.
type delivery struct {
	after    time.Duration
	instance int
	batched  bool // with the event before it in one payload
	timeout  time.Duration
	strikes  []strike // what befalls its tries
}

type evil int

const (
	killBefore evil = iota // before the request is sent
	killDuring             // while it is on its way
	killAfter              // when it was answered
	lose                   // the connection breaks, the request goes on
	panics                 // who sends it panics; drawn apart from the others
)

var evils = []string{"killed before", "killed during", "killed after", "connection broken in", "panic in"}

// strike befalls one try, at its so-manieth request.
type strike struct {
	evil    evil
	request int
	after   time.Duration // of sending it
}

// uploadsKeys: few, so that they meet.
var (
	wantedKeys = []string{"in/a b+c", "in/中.bin"}
	otherKey   = "other/x"
)

// targets of links: the first is there, in the source bucket alone.
var targets = []string{"target/t", "target/none"}

var looks = []look{
	{contentType: "text/plain"},
	{contentType: "image/png", color: "red & blue"},
	{contentType: "text/plain", cacheControl: "no-cache", color: "a+b=c"},
	{contentType: "application/json", cacheControl: "max-age=1"},
}

var tagSets = []tags{{}, {"team": "x + y"}, {"team": "a=b:c/d", "k_1": "50 +"}, {"stage": "new"}, {}}

// family is a kind of trouble that programs meet.
type family int

const (
	effectsAfterErrors family = 1 << iota
	changesOfMind             // links, removals and returns of the source
	meetings                  // rules of two sources and one destination, and rules in place
	retries                   // which are to leave alone what stands
	overtaking                // which is to be no error
	panicking                 // of a library that the engine calls
)

// families are those that are drawn.
const families family = effectsAfterErrors | changesOfMind | meetings | retries | overtaking | panicking

func (f family) has(one family) bool { return f&one != 0 }

// draw makes the program of a seed. What a family adds is drawn apart, so that a
// program is otherwise the same without it.
func draw(seed uint64) program {
	r := rand.New(rand.NewPCG(seed, 5))
	p := program{
		seed: seed, rules: r.IntN(plainRules), confirm: copier.ConfirmAlways,
		forget: r.IntN(4) == 0, versioned: r.IntN(6) == 0,
		slow: []float64{0, 0.1, 0.3}[r.IntN(3)], calm: time.Duration(10+r.IntN(50)) * time.Second,
	}
	if r.IntN(3) == 0 {
		p.confirm = copier.ConfirmSlow
	}
	for range r.IntN(4) {
		p.faults = append(p.faults, drawFault(r))
	}
	at, have := time.Duration(0), map[string]bool{}
	for i := range 2 + r.IntN(6) {
		at += span(r, 0, 2*time.Second)
		s := p.drawStep(r, i, at)
		if !have[s.key] {
			s.kind, s.ambush = put, 0
		}
		have[s.key] = s.kind != remove
		p.steps = append(p.steps, s)
	}
	if r := rand.New(rand.NewPCG(seed, 6)); families.has(effectsAfterErrors) {
		for range r.IntN(3) {
			p.faults = append(p.faults, drawAftermath(r))
		}
	}
	if r := rand.New(rand.NewPCG(seed, 7)); families.has(changesOfMind) {
		p.versioned = p.versioned || r.IntN(4) == 0
		for i := range p.steps {
			if s := &p.steps[i]; i > 0 && s.kind != put || r.IntN(4) == 0 {
				p.change(r, s)
			}
		}
	}
	if r := rand.New(rand.NewPCG(seed, 8)); families.has(meetings) && r.IntN(4) == 0 {
		p.meet(r)
	}
	if r := rand.New(rand.NewPCG(seed, 10)); families.has(panicking) && r.IntN(4) == 0 {
		s := p.steps[r.IntN(len(p.steps))]
		d := &s.deliveries[r.IntN(len(s.deliveries))]
		d.strikes = slices.Insert(d.strikes, 0, strike{evil: panics, request: 1 + r.IntN(10)})
	}
	if r := rand.New(rand.NewPCG(seed, 9)); families.has(overtaking) && r.IntN(5) == 0 {
		p.overtake(r)
	}
	return p
}

// overtake makes a program one in which nothing goes wrong, but that all events come
// twice, and requests may be slow.
func (p *program) overtake(r *rand.Rand) {
	p.faults, p.slow = nil, []float64{0.1, 0.3}[r.IntN(2)]
	for i := range p.steps {
		s := &p.steps[i]
		s.deliveries = append(s.deliveries, p.drawDelivery(r))
		for j := range s.deliveries {
			d := &s.deliveries[j]
			d.strikes, d.instance, d.timeout = nil, j%3, time.Minute
		}
		if len(s.deliveries) == 2 && r.IntN(2) == 0 {
			s.deliveries[1].after = s.deliveries[0].after + span(r, 0, 2*time.Second)
		}
	}
}

// meet gives a program one of the rules files under which copies meet: those
// that draw does not pick by itself.
func (p *program) meet(r *rand.Rand) {
	p.rules = plainRules + r.IntN(len(rulesets)-plainRules)
	for i := range p.steps {
		s := &p.steps[i]
		if rest, in := strings.CutPrefix(s.key, "in/"); in && rulesets[p.rules].twins && r.IntN(2) == 0 {
			s.key = "twin/" + rest
		}
		if s.kind == link && !rulesets[p.rules].links {
			s.kind = back
		}
	}
}

// change makes a step one of the rarer ones.
func (p *program) change(r *rand.Rand, s *step) {
	all := []kind{back, reclass, link, remove}
	if p.versioned {
		all = append(all, drop, drop)
	}
	s.kind, s.gap, s.target = all[r.IntN(len(all))], span(r, 0, 500*time.Millisecond), targets[r.IntN(len(targets))]
	if s.kind == link && !rulesets[p.rules].links {
		s.kind = back
	}
}

func (p *program) drawStep(r *rand.Rand, i int, at time.Duration) step {
	s := step{at: at, key: wantedKeys[min(1, r.IntN(4))], content: i, look: looks[r.IntN(len(looks))], tags: tagSets[r.IntN(len(tagSets))]}
	if r.IntN(12) == 0 {
		s.key = otherKey
	}
	switch n := r.IntN(12); {
	case n < 3:
		s.kind = again
	case n == 3:
		s.kind = remove
	case n == 4:
		s.kind = retag
	}
	s.size = 20 + r.IntN(40)
	if r.IntN(2) == 0 { // two or three parts, often of one length
		s.size = []int{130 << 10, 250 << 10}[r.IntN(2)]
	}
	if r.IntN(4) == 0 {
		s.acl = []string{"private", "public-read"}[r.IntN(2)]
	}
	if r.IntN(2) == 0 {
		s.ambush, s.hold = 1+r.IntN(4), span(r, time.Second, 8*time.Second)
	}
	for n := 0; n == 0 || r.IntN(3) == 0; n++ {
		s.deliveries = append(s.deliveries, p.drawDelivery(r))
	}
	return s
}

func (p *program) drawDelivery(r *rand.Rand) delivery {
	d := delivery{instance: r.IntN(3), batched: r.IntN(8) == 0, timeout: span(r, 20*time.Second, 90*time.Second)}
	d.after = []time.Duration{0, span(r, 0, 300*time.Millisecond), span(r, 0, 3*time.Second), span(r, 0, 20*time.Second)}[r.IntN(4)]
	if p.confirm == copier.ConfirmSlow {
		// What it rests on: a new version is not announced and copied while a
		// quick copy is under way.
		d.after += 200 * time.Millisecond
	}
	for r.IntN(4) == 0 {
		s := strike{evil: evil(r.IntN(int(panics))), request: 1 + r.IntN(12), after: span(r, 0, 3*time.Second)}
		if r.IntN(2) == 0 {
			s.request = 1 + r.IntN(3)
		}
		d.strikes = append(d.strikes, s)
	}
	return d
}

// span draws a time that no other draw is equal to: what happens at one instant
// happens in any order.
func span(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

func (p program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rules %q, confirm %s, forget %t, versioned %t, slow %v, calm at %v\n", rulesets[p.rules].name, p.confirm, p.forget, p.versioned, p.slow, p.calm)
	for _, f := range p.faults {
		fmt.Fprintf(&b, "  fault %s\n", describe(f))
	}
	for _, s := range p.steps {
		fmt.Fprintf(&b, "  %v %s %s %dB %+v %v", s.at, kinds[s.kind], s.key, s.size, s.look, s.tags)
		if s.kind == link {
			fmt.Fprintf(&b, " to %s", s.target)
		}
		if s.ambush > 0 {
			fmt.Fprintf(&b, ", at copy %d, which is held for %v", s.ambush, s.hold)
		}
		for _, d := range s.deliveries {
			fmt.Fprintf(&b, "; delivered after %v", d.after)
			if d.batched {
				b.WriteString(" batched")
			}
			for _, k := range d.strikes {
				fmt.Fprintf(&b, ", %s request %d (%v)", evils[k.evil], k.request, k.after)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// smaller gives every program that lacks one thing of p.
func (p program) smaller() (all []program) {
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
			for k := range d.strikes {
				q := p.clone()
				q.steps[i].deliveries[j].strikes = slices.Delete(q.steps[i].deliveries[j].strikes, k, k+1)
				all = append(all, q)
			}
		}
	}
	if p.slow > 0 {
		q := p.clone()
		q.slow = 0
		all = append(all, q)
	}
	return all
}

func (p program) clone() program {
	p.faults, p.steps = slices.Clone(p.faults), slices.Clone(p.steps)
	for i := range p.steps {
		s := &p.steps[i]
		s.deliveries = slices.Clone(s.deliveries)
		for j := range s.deliveries {
			s.deliveries[j].strikes = slices.Clone(s.deliveries[j].strikes)
		}
	}
	return p
}
