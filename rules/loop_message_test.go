package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var exceptFix = regexp.MustCompile(`to end it, add to rule (r\d+): except: \[(.*)\]$`)

// addExcept does to a file what a message proposes.
func addExcept(file, rule, block string) string {
	head, rest, _ := strings.Cut(file, "  - name: "+rule+"\n")
	own, others, _ := strings.Cut(rest, "  - name: ")
	if strings.Contains(own, "    except: [") {
		own = strings.Replace(own, "    except: [", "    except: ["+block+", ", 1)
	} else {
		own = strings.Replace(own, "    copy: ", "    except: ["+block+"]\n    copy: ", 1)
	}
	if others != "" {
		others = "  - name: " + others
	}
	return head + "  - name: " + rule + "\n" + own + others
}

// proposedException is the first exception that problems propose, nil if none does.
func proposedException(ps Problems) []string {
	for _, p := range ps {
		if m := exceptFix.FindStringSubmatch(p.Message); m != nil {
			return m
		}
	}
	return nil
}

// Whoever does what the messages say ends with a file that loads, or with one
// whose messages propose something else.
func TestProposedExceptionsEndTheirLoops(t *testing.T) {
	fixed := 0
	rapid.Check(t, func(t *rapid.T) {
		file, _ := drawRules(t, simpleRule, 3)
		var proposed []string
		for range 12 {
			_, err := Load("r.yaml", []byte(file), testEnv)
			if err == nil {
				return
			}
			m := proposedException(err.(Problems))
			if m == nil {
				return
			}
			if proposal := m[1] + " " + m[2]; slices.Contains(proposed, proposal) {
				t.Fatalf("%s\n%v\nis proposed again", file, err)
			} else {
				proposed = append(proposed, proposal)
			}
			file = addExcept(file, m[1], m[2])
			fixed++
		}
		t.Fatalf("%s\nstill does not load", file)
	})
	if fixed == 0 {
		t.Error("no exception was proposed")
	}
}

func TestProposedExceptionForEverythingUnderAPrefix(t *testing.T) {
	file := chainFile(`{bucket: in-bucket} -> {key: "copies/${key}"}`)
	_, err := Load("r.yaml", []byte(file), testEnv)
	m := exceptFix.FindStringSubmatch(fmt.Sprint(err))
	if m == nil {
		t.Fatal(err)
	}
	if _, err := Load("r.yaml", []byte(addExcept(file, m[1], m[2])), testEnv); err != nil {
		t.Error(err)
	}
}
