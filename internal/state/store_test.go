package state_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/state"
)

func TestStateObjectIsFoundByItsSourceAndDestinationAlone(t *testing.T) {
	inWorld(t, nil, nil, func(t *testing.T, w *world) {
		o := w.begin()
		if found := w.find(); len(found) != 1 || found[0].Upload != o.Upload {
			t.Errorf("found %+v, want %+v", found, o.Upload)
		}
		source := osscall.URL(from, key)
		for _, other := range []state.Upload{
			{Bucket: to, Key: key, Source: osscall.URL(from, "another")}, {Bucket: to, Key: "another", Source: source},
			{Bucket: from, Key: key, Source: source}, {Bucket: to, Key: key, Source: source, SourceVersion: "v1"},
		} {
			found, err := w.store.Find(w.ctx, other)
			if len(found) != 0 || err != nil {
				t.Errorf("found %+v of %+v, %v", found, other, err)
			}
		}
		w.fatal(w.store.Forget(w.ctx, o))
		w.wantNothingNamed()
	})
}

func TestStateObjectOfSomebodyElseIsNotFound(t *testing.T) {
	inWorld(t, nil, nil, func(t *testing.T, w *world) {
		w.begin()
		named := w.Objects(to)[0].Key
		for _, content := range []string{
			"not JSON", "{}", `{"bucket":"b","key":"k","upload_id":"u","source":"oss://s/k"}`,
		} {
			_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
				Bucket: oss.Ptr(to), Key: &named, Body: strings.NewReader(content)})
			w.fatal(err)
			if found := w.find(); len(found) != 0 {
				t.Errorf("found %+v in %s", found, content)
			}
		}
	})
}

func TestFindReadsSixteenStateObjectsAtMostInTheOrderOfTheirUploadIDs(t *testing.T) {
	inWorld(t, nil, nil, func(t *testing.T, w *world) {
		for i := range 20 {
			u := state.Upload{Bucket: to, Key: key, UploadID: strconv.Itoa(100 - i), Source: osscall.URL(from, key)}
			w.fatal(w.store.Write(w.ctx, w.store.New(u)))
		}
		w.ResetCounts()
		found := w.find()
		if n := w.Counts()["GetObject"]; len(found) != 16 || n != 16 {
			t.Fatalf("found %d with %d × GetObject, want 16", len(found), n)
		}
		for i := range found[1:] {
			if found[i].UploadID >= found[i+1].UploadID {
				t.Errorf("%s comes before %s", found[i].UploadID, found[i+1].UploadID)
			}
		}
	})
}

func TestStateIsNeitherListedNorReadWhereItIsOff(t *testing.T) {
	inWorld(t, nil, nil, func(t *testing.T, w *world) {
		w.begin()
		w.ResetCounts()
		w.store.At = state.Location{Off: true}
		if found := w.find(); len(found) != 0 || len(w.Counts()) != 0 {
			t.Errorf("found %+v with %v", found, w.Counts())
		}
	})
}

func TestStateObjectThatWasWrittenTwiceIsForgottenInBothVersions(t *testing.T) {
	lost := fault.Fault{
		Operations: []string{"PutObject"}, Key: ".afterput/**", Calls: fault.Nth(1), Drop: true, Committed: true}
	versioned := []localoss.BucketOption{localoss.WithVersioning()}
	inWorld(t, []fault.Fault{lost}, versioned, func(t *testing.T, w *world) {
		o := w.begin()
		if n := len(w.Versions(to, w.Objects(to)[0].Key)); n != 2 {
			t.Fatalf("%d versions were written, want 2", n)
		}
		w.fatal(w.store.Forget(w.ctx, o))
		w.wantNothingNamed()
	})
}

func TestUploadIsRemovedWithItsStateObject(t *testing.T) {
	inWorld(t, nil, nil, func(t *testing.T, w *world) {
		o := w.begin()
		gone, err := w.store.Remove(w.ctx, o, "")
		if !gone || err != nil || len(w.Uploads(to)) != 0 {
			t.Errorf("gone %t, %v; open %+v", gone, err, w.Uploads(to))
		}
		w.wantNothingNamed()
	})
}

func TestUploadThatPartsKeepOpenStaysNamed(t *testing.T) {
	slow := fault.Fault{Operations: []string{"UploadPartCopy"}, Delay: time.Minute}
	inWorld(t, []fault.Fault{slow}, nil, func(t *testing.T, w *world) {
		o := w.begin()
		done := make(chan error)
		go func() {
			_, err := w.client.UploadPartCopy(w.ctx, &oss.UploadPartCopyRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key),
				UploadId: &o.UploadID, PartNumber: 1, SourceBucket: oss.Ptr(from), SourceKey: oss.Ptr(key)})
			done <- err
		}()
		time.Sleep(time.Second) // the part is under way
		if gone, err := w.store.Remove(w.ctx, o, ""); gone || err != nil || len(w.find()) != 1 {
			t.Errorf("gone %t, %v, named %+v", gone, err, w.find())
		}
		<-done
		if gone, err := w.store.Remove(w.ctx, o, ""); !gone || err != nil || len(w.Uploads(to)) != 0 {
			t.Errorf("afterwards: gone %t, %v, open %+v", gone, err, w.Uploads(to))
		}
		w.wantNothingNamed()
	})
}

func TestCopyObjectIsForgottenWithoutAnAbort(t *testing.T) {
	inWorld(t, nil, nil, func(t *testing.T, w *world) {
		o := w.store.New(state.Upload{Bucket: to, Key: key, Source: osscall.URL(from, key), Single: true})
		w.fatal(w.store.Write(w.ctx, o))
		gone, err := w.store.Remove(w.ctx, w.find()[0], "")
		if n := w.Counts()["AbortMultipartUpload"]; !gone || err != nil || n != 0 {
			t.Errorf("gone %t, %v, %d × AbortMultipartUpload", gone, err, n)
		}
		w.wantNothingNamed()
	})
}

func TestStateThatMayNotBeWrittenNamesItselfAndItsSetting(t *testing.T) {
	denied := fault.Fault{
		Operations: []string{"PutObject"}, Key: ".afterput/**", Error: &localoss.Error{Code: "AccessDenied"}}
	inWorld(t, []fault.Fault{denied}, nil, func(t *testing.T, w *world) {
		o := w.store.New(state.Upload{Bucket: to, Key: key, UploadID: "u", Source: osscall.URL(from, key)})
		err := w.store.Write(w.ctx, o)
		if !osscall.Is(err, osscall.KindPermanent) || !strings.Contains(err.Error(), "AFTERPUT_STATE") ||
			!strings.Contains(err.Error(), "oss://"+to+"/"+state.DefaultPrefix) {
			t.Errorf("%v", err)
		}
	})
}
