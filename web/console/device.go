package console

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/templates"
)

// wrongUserCode is said of every code that cannot be used, whatever the reason.
const wrongUserCode = "This code cannot be used. It may be mistyped, used or expired: compare it with the device, or let the device show a new one."

// showDevice asks for the user code (RFC 8628 §3.3). What a link brings along is filled in and nothing more (RFC 8628 §3.3.1).
func (w *Console) showDevice(c *gin.Context) error {
	data := templates.DevicePage{}
	if code, whole := models.ParseUserCode(c.Query("user_code")); whole {
		data.UserCode = models.ShowUserCode(code)
	}
	return w.renderDevice(c, http.StatusOK, data)
}

// enterUserCode asks the person who typed a code whether they agree. Only they can answer from then on.
func (w *Console) enterUserCode(c *gin.Context) error {
	request, err := w.server.EnterUserCode(c.Request.Context(), actorOf(c), field(c, "user_code"))
	if err != nil {
		return w.deviceRefused(c, err)
	}
	data := templates.DeviceConfirmPage{Page: w.page(c, ""), Application: request.Application.Name, Description: request.Application.Description,
		Scopes: request.Scope.Words(), Resources: request.Audience, UserCode: request.UserCode}
	if request.Application.Organization != nil {
		data.Organization = request.Application.Organization.Name
	}
	return w.render(c, http.StatusOK, "device_confirm", data)
}

// decideDevice acts on what the person decided; anything but the one button is no.
func (w *Console) decideDevice(c *gin.Context) error {
	approve, message := field(c, "decision") == "authorize", "device-denied"
	if approve {
		message = "device-authorized"
	}
	if err := w.server.DecideDevice(c.Request.Context(), actorOf(c), field(c, "user_code"), approve); err != nil {
		return w.deviceRefused(c, err)
	}
	return w.done(c, "/device/done", message)
}

// deviceRefused says beside the field that a code cannot be used; another error stays as it is.
func (w *Console) deviceRefused(c *gin.Context, err error) error {
	if !errors.Is(err, server.ErrWrongUserCode) {
		return err
	}
	return w.renderDevice(c, http.StatusUnprocessableEntity, templates.DevicePage{UserCode: typed(c, "user_code"),
		Errors: templates.Errors{{Field: "user_code", Message: wrongUserCode}}})
}

func (w *Console) showDeviceDone(c *gin.Context) error {
	return w.render(c, http.StatusOK, "device_done", templates.DeviceDonePage{Page: w.page(c, "")})
}

func (w *Console) renderDevice(c *gin.Context, status int, data templates.DevicePage) error {
	data.Page = w.page(c, "")
	return w.render(c, status, "device", data)
}
