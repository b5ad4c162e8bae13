// Package importer brings the users, applications and tokens of an automation controller or a platform gateway along, from its database.
// It reads what those keep in forms of their own and hands it to package store. It is for the command line: it knows no request, no page
// and no OAuth endpoint, and asks no policy, since whoever runs it is the machine's administrator.
package importer
