package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/templates"
)

const (
	flashCookie  = "gatehouse_flash"
	flashSeconds = 60
)

// flashes are the messages that one page leaves for the next. The cookie holds only a key of this table, so that nobody can make a
// page say something else.
var flashes = map[string]templates.Flash{
	"welcome":               {Kind: "good", Text: "You are the first administrator, and signed in."},
	"set-up-already":        {Kind: "warning", Text: "This server is set up already. Sign in."},
	"signed-out":            {Kind: "good", Text: "You are signed out."},
	"session-ended":         {Kind: "warning", Text: "You were no longer signed in, so nothing was saved. Sign in and send the form again."},
	"repeated":              {Kind: "warning", Text: "This form was sent before, so nothing was made now. The value was shown once, at the first time."},
	"token-saved":           {Kind: "good", Text: "The token was saved."},
	"token-deleted":         {Kind: "good", Text: "The token was deleted. Programs that use it are refused from now on."},
	"tokens-deleted":        {Kind: "good", Text: "The tokens were deleted. Programs that use them are refused from now on."},
	"nothing-selected":      {Kind: "warning", Text: "Nothing was selected, so nothing was done."},
	"session-over":          {Kind: "good", Text: "The session has ended. Whoever used it has to sign in again."},
	"sessions-ended":        {Kind: "good", Text: "The sessions have ended. Whoever used them has to sign in again."},
	"sessions-over":         {Kind: "good", Text: "All your other sessions have ended."},
	"no-other-sessions":     {Kind: "warning", Text: "You have no other session."},
	"withdrawn":             {Kind: "good", Text: "The consent was withdrawn. Tokens that the application held for you are refused from now on."},
	"application-saved":     {Kind: "good", Text: "The application was saved."},
	"consents-withdrawn":    {Kind: "good", Text: "The consents were withdrawn. Tokens that the applications held for you are refused from now on."},
	"applications-deleted":  {Kind: "good", Text: "The applications were deleted, and all their tokens."},
	"application-deleted":   {Kind: "good", Text: "The application was deleted, and all its tokens."},
	"user-created":          {Kind: "good", Text: "The user was created."},
	"user-saved":            {Kind: "good", Text: "The user was saved."},
	"users-deleted":         {Kind: "good", Text: "The users were deleted, and all their tokens."},
	"user-disabled":         {Kind: "good", Text: "The user is disabled. Nobody can sign in as them, and all their tokens are refused."},
	"users-disabled":        {Kind: "good", Text: "The users are disabled. Nobody can sign in as them, and all their tokens are refused."},
	"user-enabled":          {Kind: "good", Text: "The user is active. They can sign in, and their tokens work again."},
	"user-revoked":          {Kind: "good", Text: "All access tokens of the user were revoked. Programs that use them are refused from now on."},
	"user-revoked-all":      {Kind: "good", Text: "All access tokens and refresh tokens of the user were revoked. Programs that use them are refused from now on."},
	"user-revoked-partly":   {Kind: "error", Text: "Not all tokens could be revoked. What was revoked stays revoked. Start it again."},
	"user-deleted":          {Kind: "good", Text: "The user was deleted, and all their tokens."},
	"password-changed":      {Kind: "good", Text: "The password was changed. Other sessions of this user have ended."},
	"organization-created":  {Kind: "good", Text: "The organization was created."},
	"organization-saved":    {Kind: "good", Text: "The organization was saved."},
	"organizations-deleted": {Kind: "good", Text: "The organizations were deleted, with their applications and their tokens."},
	"organization-deleted":  {Kind: "good", Text: "The organization was deleted, with its applications and their tokens."},
	"device-authorized":     {Kind: "good", Text: "The device is authorized. It may take a few seconds to notice."},
	"device-denied":         {Kind: "good", Text: "You refused. The device gets no access."},
	"task-goes-on":          {Kind: "warning", Text: "This takes longer. It goes on by itself, also when you leave; when it is done, what it did stands among the last runs."},
	"task-refused":          {Kind: "warning", Text: "Another task is under way, so nothing was started. Look again when it is done."},
	"task-failed":           {Kind: "error", Text: "This could not be completed. What was done stays done, and stands among the last runs. Start it again."},
	"task-nothing":          {Kind: "good", Text: "There was nothing to do any more, so nothing was changed."},
	"policy-saved":          {Kind: "good", Text: "The token policy is set, on all servers from now on."},
	"person-added":          {Kind: "good", Text: "The user belongs to the organization now."},
	"person-removed":        {Kind: "good", Text: "The user no longer holds that role in the organization."},
}

// leaveFlash leaves a message for the next page.
func (w *Console) leaveFlash(c *gin.Context, key string) { w.setFlash(c, key, flashSeconds) }

// takeFlash takes the message that the last page left.
func (w *Console) takeFlash(c *gin.Context) []templates.Flash {
	cookie, err := c.Request.Cookie(flashCookie)
	if err != nil {
		return nil
	}
	w.setFlash(c, "", -1)
	if flash, ok := flashes[cookie.Value]; ok {
		return []templates.Flash{flash}
	}
	return nil
}

func (w *Console) setFlash(c *gin.Context, value string, seconds int) {
	// #nosec G124 -- Secure wherever the public URL is https
	http.SetCookie(c.Writer, &http.Cookie{Name: flashCookie, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: w.secure, SameSite: http.SameSiteLaxMode})
}
