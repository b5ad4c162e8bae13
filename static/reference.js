// The reference of the API: Swagger UI, filled with the description that the element names. Requests go to this server only, with the
// session of whoever looks at it.

const root = document.querySelector("[data-reference]");

// A session that changes something sends the value of the cookie along.
function withToken(request) {
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
  if (cookie) request.headers["X-CSRFToken"] = cookie.slice("csrftoken=".length);
  return request;
}

// Names for controls that have none, and a stop of the keyboard for what scrolls: Swagger UI leaves both out.
const names = [
  [".copy-to-clipboard button", "Copy"],
  [".parameters select, .parameters input", "Value"],
  [".examples-select-element", "Example"],
  [".body-param__text", "Body"],
  [".content-type", "Media type"],
  [".operation-filter-input", "Filter by tag"],
];

function nameControls() {
  for (const [selector, name] of names) {
    for (const control of root.querySelectorAll(selector)) {
      if (control.hasAttribute("aria-label")) continue;
      const parameter = control.closest("[data-param-name]")?.dataset.paramName;
      control.setAttribute("aria-label", parameter ?? name);
    }
  }
  for (const text of root.querySelectorAll("pre:not([tabindex])")) text.tabIndex = 0;
}

new MutationObserver(nameControls).observe(root, { childList: true, subtree: true });

globalThis.SwaggerUIBundle({
  domNode: root,
  url: root.dataset.reference,
  presets: [globalThis.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  filter: true,
  validatorUrl: null,
  syntaxHighlight: false,
  requestInterceptor: withToken,
});
