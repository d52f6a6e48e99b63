package localoss

import "encoding/xml"

// Test suites of clients list live channels and access points before they remove a bucket. This server has none.

type liveChannelsXML struct {
	XMLName     xml.Name `xml:"ListLiveChannelResult"`
	Prefix      string
	Marker      string
	MaxKeys     int
	IsTruncated bool
}

func (s *Server) listLiveChannel(r *request) (effect, *Error) {
	maxKeys, e := r.limit("max-keys", 100, 1000)
	if e != nil {
		return nil, e
	}
	return s.bucketDocument(r, func(*bucket) any {
		return liveChannelsXML{Prefix: r.param("prefix"), Marker: r.param("marker"), MaxKeys: maxKeys}
	}), nil
}

type accessPointsXML struct {
	XMLName     xml.Name `xml:"ListAccessPointsResult"`
	IsTruncated bool
	AccountID   string `xml:"AccountId"`
}

func (s *Server) listAccessPoints(r *request) (effect, *Error) {
	return s.bucketDocument(r, func(b *bucket) any { return accessPointsXML{AccountID: b.owner} }), nil
}
