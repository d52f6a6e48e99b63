package proof

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
)

// Random programs in which sources are archived, removed or moved. They are random programs like the others, with other
// rules, more steps, and events that are not the user's.

// removalPart is what such a program has besides.
type removalPart struct {
	versionedCopies bool // the buckets of the destinations have versioning
	suspendedCopies bool // and it is suspended
	markerEvents    bool // DeleteObject raises an event where it makes a delete marker, see localoss.Config
	restoreTakes    map[string]time.Duration
	// fates are the deliveries of events that the user does not raise: of ends of restores, and of removals by moves.
	// None means that the event is lost.
	fates [][]delivery
	givingUp
}

// neverEnds is how long a restore takes that does not end while the program runs.
const neverEnds = 1000 * time.Hour

// drawRemovals makes the program of a seed in which sources are archived, removed or moved.
func drawRemovals(seed uint64) program {
	p := drawProgram(seed)
	r := rand.New(rand.NewPCG(seed, 12))
	p.ruleset = firstRemovalRuleset + r.IntN(len(removalRulesets))
	rules := &rulesets[p.ruleset]
	if rules.twoFolders {
		for i := range p.steps {
			if rest, in := strings.CutPrefix(p.steps[i].key, "in/"); in && r.IntN(2) == 0 {
				p.steps[i].key = "twin/" + rest
			}
		}
	}
	p.versioned = r.IntN(2) == 0 && !rules.unversioned || rules.versioned
	p.removals = removalPart{versionedCopies: rules.keepsVersions || r.IntN(4) == 0, markerEvents: r.IntN(2) == 0,
		restoreTakes: map[string]time.Duration{
			"Archive":         randomDuration(r, 20*time.Second, 3*time.Minute),
			"ColdArchive":     randomDuration(r, time.Second, 5*time.Hour),
			"DeepColdArchive": []time.Duration{randomDuration(r, time.Minute, 8*time.Hour), neverEnds}[r.IntN(2)],
		}}
	for range 4 {
		var fate []delivery
		for n := []int{0, 1, 1, 1, 2}[r.IntN(5)]; n > 0; n-- {
			fate = append(fate, p.drawDelivery(r))
		}
		p.removals.fates = append(p.removals.fates, fate)
	}
	p.addRemovals(r)
	for i := range p.steps {
		p.fitToRules(r, &p.steps[i])
	}
	p.drawGivingUp(rand.New(rand.NewPCG(seed, 13)))
	if rules.follows() && r.IntN(3) == 0 {
		s := p.drawScan(r)
		s.kind, s.runs = scanLeftovers, s.runs[:1]
		p.scans = append(p.scans, s)
	}
	if len(p.faults) > 0 {
		p.addRemovalFault(r)
	}
	return p
}

// addRemovalFault adds a fault of a request that the others seldom meet; or OSS does not say for a while what is there.
func (p *program) addRemovalFault(r *rand.Rand) {
	name := []string{"", "RestoreObject", "DeleteObject", "ListObjectVersions", "HeadObject"}[r.IntN(5)]
	f := drawFault(r)
	if f.Corrupt != nil || f.IgnoreRange || f.WithoutETag || name == "" {
		return
	}
	if f.Operations = []string{name}; name == "HeadObject" {
		first := 1 + r.IntN(12)
		f = fault.Fault{Operations: f.Operations, Error: &localoss.Error{Code: localoss.InternalError},
			Calls: fault.Calls{First: first, Last: first + 20}}
	}
	p.faults = append(p.faults, f)
}

// addRemovals adds steps that often happen while a request about the same object is under way.
func (p *program) addRemovals(r *rand.Rand) {
	last := p.steps[len(p.steps)-1].at
	for i := range 1 + r.IntN(5) {
		last += randomDuration(r, 0, 2*time.Second)
		s := p.drawStep(r, 200+i, last)
		s.kind = []stepKind{stepDelete, stepDelete, stepPut, stepPutSameContent, stepPutForeign}[r.IntN(5)]
		s.key = p.steps[r.IntN(len(p.steps))].key
		if s.watchCopy > 0 {
			s.watchCopy, s.watchAny = 1+r.IntN(8), r.IntN(3) > 0
		}
		if p.withoutFaults() {
			for j := range s.deliveries {
				d := &s.deliveries[j]
				d.disruptions, d.timeout = nil, time.Minute
			}
		}
		p.steps = append(p.steps, s)
		if s.kind == stepPutForeign && r.IntN(2) == 0 {
			last += randomDuration(r, 0, 2*time.Second)
			removal := s
			removal.kind, removal.at, removal.watchCopy = stepDelete, last, 0
			p.steps = append(p.steps, removal)
		}
	}
	if len(p.scans) == 0 && r.IntN(4) > 0 { // the others lose events anyway
		return
	}
	for i := range p.steps {
		if s := &p.steps[i]; r.IntN(4) == 0 {
			s.lost, s.deliveries = true, nil
		}
	}
}

// fitToRules archives the object of a step, and makes another step of one that the user cannot take if the object is
// archived, or was moved.
func (p *program) fitToRules(r *rand.Rand, s *step) {
	rules := &rulesets[p.ruleset]
	if s.kind == stepPutSymlink && !rules.handlesLinks {
		s.kind = stepDeleteAndPut
	}
	if rules.moves && slices.Contains([]stepKind{stepChangeClass, stepPutTags, stepDeleteVersion}, s.kind) ||
		rules.restores && s.kind == stepChangeClass {
		s.kind = stepPutSameContent
	}
	if rules.restores && slices.Contains([]stepKind{stepPut, stepPutSameContent, stepDeleteAndPut}, s.kind) {
		s.attributes.class = []string{"", "", "Archive", "ColdArchive", "ColdArchive", "DeepColdArchive"}[r.IntN(6)]
	}
}

func (p removalPart) String() string {
	s := fmt.Sprintf("copies versioned %t, suspended %t, events of markers %t, restores take %v, %v", p.versionedCopies,
		p.suspendedCopies, p.markerEvents, p.restoreTakes, p.givingUp)
	for i, fate := range p.fates {
		s += fmt.Sprintf("; other event %d:", i)
		for _, d := range fate {
			s += fmt.Sprintf(" after %v", d.after)
		}
	}
	return s
}

// firstRemovalRuleset is the index of the first of removalRulesets in rulesets.
var firstRemovalRuleset = len(rulesets)

func init() { rulesets = append(rulesets, removalRulesets...) }

func underAll(v *sourceVersion) string { return "all/" + v.key }

var removalRulesets = []ruleset{
	{
		name: "restore", handlesLinks: true, restores: true,
		yaml: `
  - name: restore
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        restore: {days: 1, tier: Expedited}
      - bucket: second-bucket
        restore: {days: 2}
        tagging: {}`,
		expected: []expectedCopy{
			{rule: "restore", bucket: mirrorBucket, condition: inFirstFolder},
			{rule: "restore", bucket: secondBucket, condition: inFirstFolder, tags: noTags},
		},
	}, {
		name: "follow", handlesLinks: true,
		yaml: `
  - name: follow
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
      - bucket: second-bucket
        key: all/${key}
        object-acl: public-read
    delete:
      - bucket: mirror-bucket
        without-versioning: true
      - bucket: second-bucket
        key: all/${key}
        without-versioning: true`,
		expected: []expectedCopy{
			{rule: "follow", bucket: mirrorBucket, condition: inFirstFolder, follows: true},
			{rule: "follow", bucket: secondBucket, condition: inFirstFolder, follows: true, key: underAll,
				acl: func(string) string { return "public-read" }},
		},
	}, {
		name: "follow with versions", handlesLinks: true, keepsVersions: true, restores: true,
		yaml: `
  - name: follow
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        restore: {}
      - bucket: second-bucket
        restore: {}
    delete:
      - bucket: mirror-bucket`,
		expected: []expectedCopy{
			{rule: "follow", bucket: mirrorBucket, condition: inFirstFolder, follows: true, needsVersions: true},
			{rule: "follow", bucket: secondBucket, condition: inFirstFolder},
		},
	}, {
		name: "follow two folders", handlesLinks: true, twoFolders: true,
		yaml: `
  - name: left
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        key: merged/${key#in/}
    delete:
      - bucket: mirror-bucket
        key: merged/${key#in/}
        without-versioning: true
  - name: right
    match: {prefix: twin/}
    copy:
      - bucket: mirror-bucket
        key: merged/${key#twin/}
        object-acl: public-read
    delete:
      - bucket: mirror-bucket
        key: merged/${key#twin/}
        without-versioning: true`,
		expected: []expectedCopy{
			{rule: "left", bucket: mirrorBucket, condition: inFirstFolder, key: mergedKey, follows: true},
			{rule: "right", bucket: mirrorBucket, condition: inSecondFolder, key: mergedKey, follows: true,
				acl: func(string) string { return "public-read" }},
		},
	}, {
		name: "move", handlesLinks: true, moves: true, versioned: true,
		yaml: `
  - name: move
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        delete-source: true
  - name: keep
    match: {prefix: in/}
    copy:
      - bucket: second-bucket
        tagging: {}
  - name: follow
    match: {prefix: in/}
    delete:
      - bucket: mirror-bucket
        without-versioning: true`,
		expected: []expectedCopy{
			{rule: "move", bucket: mirrorBucket, condition: inFirstFolder, needsVersions: true},
			{rule: "keep", bucket: secondBucket, condition: inFirstFolder, tags: noTags},
		},
	}, {
		name: "move without versions", handlesLinks: true, moves: true, restores: true, unversioned: true,
		yaml: `
  - name: move
    match: {prefix: in/}
    copy:
      - bucket: mirror-bucket
        restore: {}
        delete-source: true
        without-versioning: true`,
		expected: []expectedCopy{{rule: "move", bucket: mirrorBucket, condition: inFirstFolder}},
	},
}

// follows reports whether a removal of a source is followed.
func (r *ruleset) follows() bool {
	return slices.ContainsFunc(r.expected, func(e expectedCopy) bool { return e.follows })
}
