package server

import (
	"slices"
	"strings"

	"gatehouse/models"
	"gatehouse/store"
)

// requestedAudience reads the resources that a request names (RFC 8707 §2): none, our own, and registered ones. Another is
// invalid_target.
func (s *Server) requestedAudience(r store.Reader, f form) (models.Words, error) {
	requested := f.resources()
	if len(requested) > mostResources {
		return nil, invalidTarget("The request names too many resources.")
	}
	for _, uri := range requested {
		known := s.policy.OwnResources().Has(uri)
		if !known {
			var err error
			if known, err = r.ResourceKnown(uri); err != nil {
				return nil, err
			}
		}
		if !known {
			return nil, invalidTarget("The requested resource is unknown or malformed.")
		}
	}
	return requested, nil
}

// narrowAudience is what a request names out of what was granted; all of that where it names nothing (RFC 8707 §2.2).
func (s *Server) narrowAudience(granted, requested models.Words) (models.Words, error) {
	if len(requested) == 0 {
		return granted, nil
	}
	for _, uri := range requested {
		if !s.policy.Audience(granted).Has(uri) {
			return nil, invalidTarget("The requested resource was not granted.")
		}
	}
	return requested, nil
}

// mostResources is how many resources one request may name.
const mostResources = 20

// resources are those that a form names, each once; one more than mostResources where there are too many.
func (f form) resources() models.Words {
	var once models.Words
	for uri := range strings.SplitSeq(f[resourceParameter], "\x00") {
		if uri != "" && !slices.Contains(once, uri) {
			once = append(once, uri)
		}
		if len(once) > mostResources {
			break
		}
	}
	return once
}

func invalidTarget(description string) error {
	return &Error{Code: InvalidTarget, Description: description}
}
