package rules

import (
	"errors"
	"regexp"
	"testing"

	"afterput/internal/randomrules"
)

// beyondSchema are the messages about what a schema cannot say, or says only in part: what depends on several fields or
// rules, on the environment, or on the grammar of a value.
var beyondSchema = regexp.MustCompile(`^(` +
	`OSS ignores [a-z-]+ under (metadata|tagging)-directive COPY` +
	`|(metadata|tagging)-directive (MERGE|REPLACE) (needs|has nothing)` +
	`|tagging: {} under MERGE changes nothing` +
	`|(tagging|meta) "[^"]*": null` +
	`|[a-z-]+ needs server-side-encryption: KMS` +
	`|rule r\d has delete|rule r\d: for objects of bucket [a-z]+ this is the removed object` +
	`|without-versioning needs delete-source` +
	`|these copies can trigger each other|cannot decide whether these copies` +
	`|rule r\d: .*the destination is the source itself` +
	`|bucket: .* is not one of sources` +
	`|(region|role) without bucket|(region|role): the bucket .* is one of sources` +
	`|external-id needs role|bucket .* is (reached in another way|in another region) here` +
	`|.* is not a valid (bucket name|content type|ETag|time)` +
	`|source-ip: .* is neither` +
	`|key: (.* begins with /, which OSS does not allow|it can be empty)` +
	`|(prefix|suffix): .* matches nothing` +
	`|[a-z-]+: .* names a group|key: .*\$\{re\.` +
	`|traffic-limit must be a number of bit/s` +
	`|size needs at-least|(tagging|meta) is empty|no size is at least|below: 0 matches` +
	`|meta "[^"]*": OSS keeps no empty` +
	`|regexp: ` +
	`|[a-z-]+: [a-z]+ cannot be combined with` +
	`|restore cannot be combined with` +
	`)`)

func TestTheLoaderAndTheSchemaAgreeOnRandomFiles(t *testing.T) {
	s := compiledSchema(t)
	loaded, refused := 0, 0
	randomrules.Seeds(t, 1000, func(t *testing.T, seed uint64) {
		about := randomrules.Wrong
		if seed%2 == 0 {
			about = randomrules.Everything
		}
		text := randomrules.New(seed).Rules(about)
		_, err := Load("r.yaml", []byte(text), testEnv)
		invalid := s.Validate(asJSON(t, []byte(text)))
		var problems Problems
		switch {
		case err == nil:
			loaded++
			if invalid != nil {
				t.Errorf("the loader takes what the schema refuses: %v\n%s", invalid, text)
			}
		case invalid != nil:
			refused++
		case !errors.As(err, &problems):
			t.Error(err)
		}
		for _, p := range problems {
			if !beyondSchema.MatchString(p.Message) {
				t.Errorf("only the loader refuses: %v\n%s", p, text)
			}
		}
	})
	if loaded < 20 || refused < 20 {
		t.Errorf("%d files load, the schema refuses %d: the test shows little", loaded, refused)
	}
}
