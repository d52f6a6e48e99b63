// Package rules is the rules language of afterput. [Load] reads and checks a rules file;
// [Set.Plan] says for one object which copies to make.
//
// The package is pure: it does no I/O and reads neither clock nor environment. What the
// planner has to know beyond the event it asks [Facts], one request at a time.
//
// # The language
//
// A rules file names the buckets whose uploads it is about (sources) and a list of rules.
// A rule has a match block, possibly except blocks, and a list of copies:
//
//	version: 1
//	sources: [photos]
//	rules:
//	  - name: thumbnails
//	    match: {prefix: in/, suffix: .jpg, size: {below: 1MiB}}
//	    copy:
//	      - {bucket: archive, key: "${time.date}/${base}", storage-class: IA}
//
// A rule takes an object if all conditions of match hold and no except block accepts it.
// The conditions are bucket, event, prefix, suffix, glob, regexp, size, principal,
// source-ip, content-type, storage-class, meta and tagging. All rules are tried, in the
// file's order; a rule with stop keeps the objects that it takes from the rules below. If
// several copies have the same destination, the first one is made.
//
// Every copy is one CopyObject request: its fields are the headers of that request, and
// bucket, key, tags, content headers, metadata and the KMS key are templates with placeholders
// such as ${base} or ${tag.project}. The project's docs/rules.md describes the language in full.
//
// # Loading
//
// Load reports every mistake of a file at once, with its location and how to fix it
// ([Problems]). It also refuses files whose copies could trigger each other in an endless
// loop: a copy into a source bucket raises an event that runs the function again. What is
// valid but probably not intended is left to [Set.Lint].
//
// # Planning and explaining
//
// A [Plan] has the copies to make. [Plan.Verdicts] explains for every rule why it takes
// the object or not, [Copy.Values] where each value of a copy comes from, and [Copy.Chain]
// which copies follow from it. Verdicts and values are computed when they are asked for.
//
// # Deploying
//
// [Set.Wants] lists the events that triggers have to deliver, [Set.Misdeliveries] checks
// that given triggers do, and [Set.Accesses] lists what the function's role needs access
// to. [Schema] is for editors.
package rules
