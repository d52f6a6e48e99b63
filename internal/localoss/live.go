package localoss

import "encoding/xml"

type liveChannelsXML struct {
	XMLName     xml.Name `xml:"ListLiveChannelResult"`
	Prefix      string
	Marker      string
	MaxKeys     int
	IsTruncated bool
}

// listLiveChannel lists no channel, since this server has none. Test suites of clients ask for them before they remove
// a bucket.
func (s *Server) listLiveChannel(r *request) (effect, *Error) {
	maxKeys, e := r.limit("max-keys", 100, 1000)
	if e != nil {
		return nil, e
	}
	return s.bucketDocument(r, func(*bucket) any {
		return liveChannelsXML{Prefix: r.param("prefix"), Marker: r.param("marker"), MaxKeys: maxKeys}
	}), nil
}
