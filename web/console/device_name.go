package console

import "strings"

// Words of a User-Agent header, the telling ones first: every browser names those that it descends from.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"},
		{"Safari/", "Safari"}, {"curl/", "curl"}, {"python-requests/", "Python"}, {"Ansible", "Ansible"}, {"ansible-httpget", "Ansible"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"CrOS", "ChromeOS"},
		{"Linux", "Linux"}}
)

// deviceOf is the browser and system that a User-Agent header tells of, as far as it is known: "Firefox on Linux".
func deviceOf(agent string) string {
	browser, system := wordOf(browsers, agent), wordOf(systems, agent)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser+system != "":
		return browser + system
	}
	return "Unknown device"
}

func wordOf(words [][2]string, agent string) string {
	for _, each := range words {
		if strings.Contains(agent, each[0]) {
			return each[1]
		}
	}
	return ""
}
