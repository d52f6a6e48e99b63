package localoss

// partCopy is an UploadPartCopy: what it copies from its source.
type partCopy struct {
	src    copySource
	off, n int64
	ranged bool // only n bytes from off; otherwise the whole source
}

func (s *Server) uploadPartCopy(r *request) (effect, *Error) {
	if _, e := r.trafficLimit(); e != nil {
		return nil, e
	}
	if e := s.beginPart(r, "0042-00000311"); e != nil {
		return nil, e
	}
	src, e := s.findSource(r)
	if e != nil {
		return nil, e
	}
	if src.Type == typeSymlink {
		return nil, refuse(OperationNotSupported, "")
	}
	c := r.partCopy(src)
	if c.n > maxPutSize {
		return nil, refuse(EntityTooLarge, "")
	}
	r.call.BytesCopied = c.n
	data, err := src.Content.slice(c.off, c.n)
	if err != nil {
		return nil, refuse(InternalError, "")
	}
	etag, err := data.etag()
	if err != nil {
		return nil, refuse(InternalError, "")
	}
	return func() (*Response, *Error) {
		if r.call.ignoreRange && c.ranged {
			c.ranged, data = false, src.Content
			if etag, err = data.etag(); err != nil {
				return nil, refuse(InternalError, "")
			}
		}
		return s.commitPartCopy(r, c, data, etag)
	}, nil
}

// partCopy reads x-oss-copy-source-range. OSS does not refuse a range that is not wholly inside
// the source: it copies the whole source and leaves out Content-Range.
func (r *request) partCopy(src copySource) partCopy {
	size := src.Content.size
	if spec := r.header("x-oss-copy-source-range"); spec != "" {
		if first, last, ok := parseRange(spec, size); ok && last < size {
			return partCopy{src, first, last - first + 1, true}
		}
	}
	return partCopy{src, 0, size, false}
}

func (s *Server) commitPartCopy(r *request, c partCopy, data content, etag string) (*Response, *Error) {
	p, _, e := s.putPart(r, data, etag, "0042-00000311", "ObjectCreated:UploadPartCopy")
	if e != nil {
		return nil, e
	}
	resp := r.replyXML(copyResult("CopyPartResult", p.Modified.Format(xmlTime), p.ETag))
	resp.Header.Set("ETag", `"`+p.ETag+`"`)
	if c.ranged {
		resp.Header.Set("Content-Range", contentRange(c.off, c.n, c.src.Content.size))
	}
	if c.src.versioned {
		resp.Header.Set("x-oss-copy-source-version-id", c.src.ID)
	}
	return resp, nil
}
