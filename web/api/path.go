package api

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"gatehouse/models"
	"gatehouse/store"
)

// mostSplits bounds how many readings of name++organization are tried, as both parts may hold a ++ of their own.
const mostSplits = 4

// segment is the path's id, decoded: the engine leaves it as it was sent.
func (c *call) segment() string {
	text, err := url.PathUnescape(c.gin.Param("id"))
	if err != nil || strings.ContainsRune(text, 0) {
		return ""
	}
	return text
}

// number reads a path's id that is one; what is no number, or none that a row can have, is 0.
func number(segment string) int64 {
	if segment == "" || strings.Trim(segment, "0123456789") != "" {
		return 0
	}
	id, err := strconv.ParseInt(segment, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// id is the path's id where only a number may stand. 0, which no row has, stands for anything else.
func (c *call) id() int64 { return number(c.segment()) }

// userID is the path's user, at the controller also by username (contract §2.1). An unknown name is 0, like an unknown id.
func (c *call) userID() (int64, error) {
	segment := c.segment()
	if !c.namedIDs || number(segment) != 0 || segment == "" {
		return number(segment), nil
	}
	c.byName = true
	user, err := c.server.UserByName(c.ctx(), c.actor, c.name, segment)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return user.ID, nil
}

// applicationID is the path's application, at the controller also as name++organization.
func (c *call) applicationID() (int64, error) {
	segment := c.segment()
	if !c.namedIDs || number(segment) != 0 || segment == "" {
		return number(segment), nil
	}
	c.byName = true
	for at, tries := 0, 0; tries < mostSplits; tries++ {
		next := strings.Index(segment[at:], "++")
		if next < 0 {
			return 0, nil
		}
		at += next
		application, err := c.applicationNamed(segment[:at], segment[at+2:])
		if err == nil {
			return application.ID, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return 0, err
		}
		at++
	}
	return 0, nil
}

func (c *call) applicationNamed(name, organization string) (*models.Application, error) {
	return c.server.ApplicationByName(c.ctx(), c.actor, c.name, name, organization)
}

// namedApplication is the segment by which the controller's clients may name an application.
func namedApplication(a *models.Application) string {
	return url.PathEscape(a.Name) + "++" + url.PathEscape(a.Organization.Name)
}
