package templates

// connecting are the snippets by the platform's word for the grant, in the order curl, Go, Python, JavaScript, Ansible. Lines with {s} are for
// clients that have a secret, those with {p} for those that have none.
var connecting = map[string][5]string{
	"client-credentials": {`
curl -u {id}:"$CLIENT_SECRET" \
  -d grant_type=client_credentials -d scope=read {token}
`, `
config := clientcredentials.Config{ // golang.org/x/oauth2/clientcredentials
	ClientID:     {id},
	ClientSecret: os.Getenv("CLIENT_SECRET"),
	TokenURL:     {token},
	Scopes:       []string{"read"},
}
client := config.Client(context.Background()) // an http.Client that carries the token
`, `
import os, requests

answer = requests.post({token}, auth=({id}, os.environ["CLIENT_SECRET"]),
                       data={"grant_type": "client_credentials", "scope": "read"}, timeout=10)
answer.raise_for_status()
token = answer.json()["access_token"]
`, `
const credentials = btoa(encodeURIComponent({id}) + ":" + encodeURIComponent(process.env.CLIENT_SECRET));
const answer = await fetch({token}, {
  method: "POST",
  headers: { Authorization: "Basic " + credentials },
  body: new URLSearchParams({ grant_type: "client_credentials", scope: "read" }),
});
const { access_token } = await answer.json();
`, `
- name: Get a token
  ansible.builtin.uri:
    url: {token}
    method: POST
    url_username: {id}
    url_password: "{{ lookup('env', 'CLIENT_SECRET') }}"
    force_basic_auth: true
    body_format: form-urlencoded
    body: { grant_type: client_credentials, scope: read }
  register: issued
  no_log: true
`},
	"password": {`
curl -u {id}:"$CLIENT_SECRET" -d grant_type=password --data-urlencode username="$USERNAME" \{s}
curl -d client_id={id} -d grant_type=password --data-urlencode username="$USERNAME" \{p}
  --data-urlencode password="$PASSWORD" -d scope=read {token}
`, `
config := oauth2.Config{ // golang.org/x/oauth2
	ClientID:     {id},
	ClientSecret: os.Getenv("CLIENT_SECRET"),{s}
	Endpoint:     oauth2.Endpoint{TokenURL: {token}},
	Scopes:       []string{"read"},
}
token, err := config.PasswordCredentialsToken(context.Background(), os.Getenv("USERNAME"), os.Getenv("PASSWORD"))
`, `
import os, requests

answer = requests.post({token}, auth=({id}, os.environ["CLIENT_SECRET"]), timeout=10,{s}
                       data={"grant_type": "password", "scope": "read",{s}
answer = requests.post({token}, timeout=10,{p}
                       data={"grant_type": "password", "scope": "read", "client_id": {id},{p}
                             "username": os.environ["USERNAME"], "password": os.environ["PASSWORD"]})
answer.raise_for_status()
token = answer.json()["access_token"]
`, `
const credentials = btoa(encodeURIComponent({id}) + ":" + encodeURIComponent(process.env.CLIENT_SECRET));{s}
const answer = await fetch({token}, {
  method: "POST",
  headers: { Authorization: "Basic " + credentials },{s}
  body: new URLSearchParams({
    grant_type: "password", scope: "read", username: process.env.USERNAME, password: process.env.PASSWORD,
    client_id: {id},{p}
  }),
});
const { access_token } = await answer.json();
`, `
- name: Get a token
  ansible.builtin.uri:
    url: {token}
    method: POST
    url_username: {id}{s}
    url_password: "{{ lookup('env', 'CLIENT_SECRET') }}"{s}
    force_basic_auth: true{s}
    body_format: form-urlencoded
    body:
      client_id: {id}{p}
      grant_type: password
      scope: read
      username: "{{ lookup('env', 'USERNAME') }}"
      password: "{{ lookup('env', 'PASSWORD') }}"
  register: issued
  no_log: true
`},
	"authorization-code": {`
# Send the browser to this address, with a STATE of your own and the CHALLENGE of a code verifier (RFC 7636):
echo {authorize}
# It comes back with a code:
curl -u {id}:"$CLIENT_SECRET" -d grant_type=authorization_code -d code="$CODE" \{s}
curl -d client_id={id} -d grant_type=authorization_code -d code="$CODE" \{p}
  -d code_verifier="$VERIFIER" --data-urlencode redirect_uri={redirect} {token}
`, `
config := oauth2.Config{ // golang.org/x/oauth2
	ClientID:     {id},
	ClientSecret: os.Getenv("CLIENT_SECRET"),{s}
	RedirectURL:  {redirect},
	Endpoint:     oauth2.Endpoint{AuthURL: {auth}, TokenURL: {token}},
	Scopes:       []string{"read"},
}
verifier := oauth2.GenerateVerifier()
address := config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)) // where to send the browser
token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))  // when it comes back with the code
`, `
import os, requests

answer = requests.post({token}, auth=({id}, os.environ["CLIENT_SECRET"]), timeout=10, data={{s}
answer = requests.post({token}, timeout=10, data={"client_id": {id},{p}
    "grant_type": "authorization_code", "code": code, "code_verifier": verifier,
    "redirect_uri": {redirect}})
answer.raise_for_status()
token = answer.json()["access_token"]
`, `
import * as client from "openid-client"; // version 6

const configuration = await client.discovery(new URL({issuer}), {id}, process.env.CLIENT_SECRET, undefined,{s}
const configuration = await client.discovery(new URL({issuer}), {id}, undefined, client.None(),{p}
  { algorithm: "oauth2" });
const verifier = client.randomPKCECodeVerifier();
const address = client.buildAuthorizationUrl(configuration, {
  redirect_uri: {redirect}, scope: "read", state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
});
const tokens = await client.authorizationCodeGrant(configuration, currentUrl, { pkceCodeVerifier: verifier, expectedState: state });
`, `
# A playbook has no browser. Give it a personal token instead:
- name: Ask who I am
  ansible.builtin.uri:
    url: {me}
    headers: { Authorization: "Bearer {{ lookup('env', 'TOKEN') }}" }
`},
}
